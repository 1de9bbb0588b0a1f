/** What a process function calls to register and delete timers: the rules when, and at which times. */
import { StreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { Timers } from './keyed-context.ts'
import type { OperatorContext } from './operator.ts'
import type { TimerService } from './timer-service.ts'

/** What is said of an event-time timer that does not come any more. */
export const timerDropped = (atMs: number): string =>
  `registered an event-time timer at ${atMs} when the last watermark had come: no timer follows on that, so it does not fire.`

export class CallbackTimers implements Timers {
  readonly #context: OperatorContext
  readonly #timers: TimerService | undefined
  readonly #check: () => void
  #warned = false

  /** `check` fails where no key is the current one. */
  constructor(context: OperatorContext, timers: TimerService | undefined, check: () => void) {
    this.#check = check
    this.#context = context
    this.#timers = timers
  }

  registerProcessingTime(atMs: number): void {
    this.#usable(atMs).registerProcessingTime(atMs)
  }

  deleteProcessingTime(atMs: number): void {
    this.#usable().processing.delete(atMs)
  }

  registerEventTime(atMs: number): void {
    const timers = this.#usable(atMs)
    if (timers.mayRegisterEventTime(atMs)) timers.event.add(atMs)
    else this.#dropped(atMs)
  }

  deleteEventTime(atMs: number): void {
    this.#usable().event.delete(atMs)
  }

  #dropped(atMs: number): void {
    if (this.#warned) return
    this.#warned = true
    this.#context.log('warn', `Operator ${operatorLabel(this.#context)} ${timerDropped(atMs)}`)
  }

  #usable(atMs = 0): TimerService {
    this.#check()
    if (this.#timers === undefined) {
      throw new StreamError(
        'STATE_ACCESS_INVALID',
        `Operator ${operatorLabel(this.#context)} used a timer but has no timer callback: expected one in its definition.`,
        { restartable: true, details: { operator: this.#context.operatorName } },
      )
    }
    if (Number.isFinite(atMs)) return this.#timers
    throw new StreamError(
      'ARGUMENT_INVALID',
      `Operator ${operatorLabel(this.#context)} registered a timer at ${atMs}: expected milliseconds since 1970.`,
      { restartable: true, details: { operator: this.#context.operatorName } },
    )
  }
}
