/**
 * The calls of the window function, and what leaves the operator: results, side outputs, late records.
 *
 * Owns the emitted records until `flush`, and the rule that nothing is emitted between two calls. Does not own when a window
 * fires.
 */
import { StreamError } from '../../core/errors.ts'
import { operatorLabel } from '../../core/operator-label.ts'
import { EmitBuffer } from '../emit-buffer.ts'
import { openStates } from '../open-state.ts'
import type { OperatorContext } from '../operator.ts'
import type { OutputTag } from '../output-tag.ts'
import { refusePromise } from '../refuse-promise.ts'
import type { StateCleanup } from '../state-cleanup.ts'
import { descriptorsOf, type StateDeclarations, type StateHandles } from '../state-descriptors.ts'
import type { TimerService } from '../timer-service.ts'
import type { WindowFunction, WindowProcessContext } from './definition.ts'
import { globalWindow, maxTimestampOf, type Window } from './window.ts'
import { openWindowStates, type WindowScope } from './window-states.ts'

/** Before the names of the states of windows that a window function declares. */
export const windowStatePrefix = 'window:'

type AnyFunction = WindowFunction<unknown, unknown, unknown>

export class WindowCalls implements WindowProcessContext<unknown, unknown> {
  window: Window = globalWindow
  readonly windowState: StateHandles<StateDeclarations>
  readonly state: StateHandles<StateDeclarations>
  /** Of state of keys with a time to live. */
  readonly cleanup: StateCleanup | undefined
  readonly #context: OperatorContext
  readonly #timers: TimerService
  readonly #function: AnyFunction | undefined
  readonly #scope: WindowScope = { name: '' }
  readonly #main: EmitBuffer
  readonly #sides = new Map<string, EmitBuffer>()
  #calling = false

  constructor(context: OperatorContext, timers: TimerService, windowFunction: AnyFunction | undefined) {
    this.#context = context
    this.#timers = timers
    this.#function = windowFunction
    this.#main = new EmitBuffer(context.output, context.batchRecords)
    const { windowState = {}, state = {} } = windowFunction ?? {}
    const backend = context.state!
    const open = openStates(backend, descriptorsOf(state), context)
    this.state = open.handles as StateHandles<StateDeclarations>
    this.cleanup = open.cleanup
    this.windowState = openWindowStates(windowStatePrefix, windowState, { backend, owner: context, scope: this.#scope })
  }

  get key(): unknown {
    return this.#context.state!.currentKey
  }

  get processingTime(): number {
    return this.#context.now()
  }

  get currentWatermark(): number {
    return this.#timers.watermark
  }

  /** Gives the elements of the window, or the value that they make, to the function; without one, the value is the result. */
  result(value: unknown, window: Window, name: string): void {
    if (this.#function === undefined) {
      this.#main.push(value, maxTimestampOf(window))
      return
    }
    this.#enter(window, name)
    try {
      refusePromise(this.#function.process(value, this), 'The process function')
    } finally {
      this.#calling = false
    }
  }

  /** The window is over. */
  clear(window: Window, name: string): void {
    if (this.#function?.clear === undefined) return
    this.#enter(window, name)
    try {
      refusePromise(this.#function.clear(this), 'The clear function')
    } finally {
      this.#calling = false
    }
  }

  emit(value: unknown): void {
    if (!this.#calling) this.#refuseEmit()
    this.#main.push(value, maxTimestampOf(this.window))
  }

  sideOutput<T>(tag: OutputTag<T>, value: T): void {
    if (!this.#calling) this.#refuseEmit()
    this.toSide(tag.name, value, maxTimestampOf(this.window))
  }

  toSide(tag: string, value: unknown, timestamp: number | undefined): void {
    let side = this.#sides.get(tag)
    if (side === undefined) {
      side = new EmitBuffer(this.#context.sideOutput(tag), this.#context.batchRecords)
      this.#sides.set(tag, side)
    }
    side.push(value, timestamp)
  }

  flush(): void {
    this.#main.flush()
    if (this.#sides.size > 0) for (const side of this.#sides.values()) side.flush()
  }

  #enter(window: Window, name: string): void {
    this.window = window
    this.#scope.name = name
    this.#calling = true
  }

  #refuseEmit(): never {
    throw new StreamError(
      'EMIT_INVALID',
      `The window function of operator ${operatorLabel(this.#context)} emitted a record after it had returned: expected emit before it returns.`,
      { restartable: true, details: { operator: this.#context.operatorName } },
    )
  }
}
