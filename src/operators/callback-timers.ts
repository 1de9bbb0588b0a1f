/** What a process function calls to register and delete timers: the rules when, and at which times. */
import { StreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { Timers } from './keyed-context.ts'
import type { OperatorContext } from './operator.ts'
import type { TimerService } from './timer-service.ts'

export class CallbackTimers implements Timers {
  readonly #context: OperatorContext
  readonly #timers: TimerService | undefined
  readonly #check: () => void

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
    this.#usable(atMs).event.add(atMs)
  }

  deleteEventTime(atMs: number): void {
    this.#usable().event.delete(atMs)
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
