/**
 * The operator behind every process function, with one input or two, keyed or not: the loop over a batch that sets the
 * key and calls the user's function, and the firing of processing-time timers between batches.
 *
 * Owns when callbacks run. Does not own what they may use (`keyed-context.ts`) nor the waking: it asks the chain with
 * `requestProcessingTime`.
 */
import type { KeyedStateBackend, TimerQueue } from '../backends/state-backend.ts'
import type { RecordBatch } from '../core/elements.ts'
import { assert, StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { DividedState } from '../core/operator-state.ts'
import { type CallbackLoops, callbackLoops, type ElementCallback } from './callback-loops.ts'
import { CallbackContext, phases } from './keyed-context.ts'
import type { Operator, OperatorContext, OperatorSnapshot } from './operator.ts'
import type { OperatorStateDeclarations } from './operator-state-declarations.ts'
import { refusePromise } from './refuse-promise.ts'
import type { StateDeclarations } from './state-descriptors.ts'

/** The callbacks of a definition, already bound, so that calling one is a plain call. */
export interface Callbacks {
  readonly state: StateDeclarations
  readonly operatorState: OperatorStateDeclarations
  readonly open: ((ctx: CallbackContext) => unknown) | undefined
  /** One function per input. What they return is only looked at to refuse promises. */
  readonly elements: readonly ElementCallback[]
  readonly timer: ((timestamp: number, ctx: CallbackContext) => unknown) | undefined
  readonly endOfKey: ((ctx: CallbackContext) => unknown) | undefined
  readonly endOfData: ((ctx: CallbackContext) => unknown) | undefined
}

/** The name of the timers in a snapshot. */
export const processingTimers = 'processing-time'

export class CallbackOperator implements Operator {
  readonly #callbacks: Callbacks
  readonly #keyed: boolean
  readonly #watermarks: number[]
  #watermark = Number.NEGATIVE_INFINITY
  #context!: OperatorContext
  #ctx!: CallbackContext
  /** One per input. */
  #loops!: readonly CallbackLoops[]
  #state: KeyedStateBackend | undefined
  #timers: TimerQueue | undefined

  constructor(callbacks: Callbacks, keyed: boolean) {
    this.#callbacks = callbacks
    this.#keyed = keyed
    this.#watermarks = callbacks.elements.map(() => Number.NEGATIVE_INFINITY)
  }

  open(context: OperatorContext, restored: unknown): void {
    assert(!this.#keyed || context.state !== undefined, `keyed operator ${context.operatorName} has a state backend`)
    this.#context = context
    this.#loops = this.#callbacks.elements.map((_, input) =>
      callbackLoops(`${context.jobId} ${context.operatorId} ${input}`),
    )
    this.#state = this.#keyed ? context.state : undefined
    if (this.#callbacks.timer !== undefined) this.#timers = this.#state?.timers(processingTimers)
    const { state, operatorState } = this.#callbacks
    this.#ctx = new CallbackContext(context, state, this.#timers, {
      declared: operatorState,
      restored: dividedState(context, restored),
    })
    this.#unkeyed(this.#callbacks.open, 'The open function')
    this.#requestNextWake()
  }

  batch(input: 0 | 1, batch: RecordBatch): void {
    if (batch.values.length === 0) return
    try {
      if (this.#state === undefined) this.#eachRecord(input, batch)
      else this.#eachKeyedRecord(input, batch, this.#state)
    } finally {
      this.#ctx.phase = phases.idle
    }
    this.#ctx.finish()
  }

  #eachRecord(input: 0 | 1, batch: RecordBatch): void {
    const { values, timestamps } = batch
    const ctx = this.#ctx
    const element = this.#callbacks.elements[input]!
    ctx.phase = phases.unkeyed
    ctx.timestamp = timestamps === undefined ? undefined : timestamps[0]
    // Outside the loop, so that the loop has no branch for it.
    refusePromise(element(values[0], ctx), 'The element function')
    this.#loops[input]!.unkeyed(element, ctx, batch, 1)
  }

  #eachKeyedRecord(input: 0 | 1, batch: RecordBatch, state: KeyedStateBackend): void {
    const { values, timestamps, keys, keyGroups } = batch
    assert(keys !== undefined, `a batch for ${this.#context.operatorName} carries its keys`)
    const ctx = this.#ctx
    const element = this.#callbacks.elements[input]!
    const key = keys[0] as Key
    ctx.phase = phases.keyed
    state.setCurrentKey(key, keyGroups === undefined ? undefined : keyGroups[0])
    ctx.key = key
    ctx.timestamp = timestamps === undefined ? undefined : timestamps[0]
    refusePromise(element(values[0], ctx), 'The element function')
    this.#loops[input]!.keyed(element, ctx, batch, 1, state)
  }

  watermark(input: 0 | 1, timestamp: number): void {
    this.#watermarks[input] = timestamp
    const lowest = Math.min(...this.#watermarks)
    if (lowest <= this.#watermark) return
    this.#watermark = lowest
    this.#context.output.watermark(lowest)
  }

  /**
   * Fires what is due, earliest first. No more than were registered at the start: a callback that registers a timer
   * in the past gets it in the next call, so that it cannot hold the subtask for ever.
   */
  processingTime(now: number): void {
    this.#ctx.cleanup?.run(now)
    this.#fireTimers(now)
    this.#requestNextWake()
  }

  #fireTimers(now: number): void {
    const { timer } = this.#callbacks
    const timers = this.#timers
    if (timer === undefined || timers === undefined) return
    const ctx = this.#ctx
    try {
      for (let left = timers.size; left > 0; left--) {
        const timestamp = timers.poll(now)
        if (timestamp === undefined) break
        ctx.phase = phases.keyed
        ctx.key = this.#state?.currentKey
        refusePromise(timer(timestamp, ctx), 'The timer function')
      }
    } finally {
      ctx.phase = phases.idle
    }
    ctx.finish()
  }

  endOfData(): void {
    this.#eachKey(this.#callbacks.endOfKey)
    this.#unkeyed(this.#callbacks.endOfData, 'The endOfData function')
  }

  snapshot(): OperatorSnapshot {
    return { state: this.#ctx.snapshot(), keyed: this.#state?.mark(), durable: undefined }
  }

  close(): void {}

  #eachKey(callback: Callbacks['endOfKey']): void {
    const state = this.#state
    if (callback === undefined || state === undefined) return
    const ctx = this.#ctx
    ctx.cleanup?.runAll(this.#context.now())
    ctx.phase = phases.keyed
    try {
      for (const [key, keyGroup] of state.keys()) {
        state.setCurrentKey(key, keyGroup)
        ctx.key = key
        refusePromise(callback(ctx), 'The endOfKey function')
      }
    } finally {
      ctx.phase = phases.idle
    }
    ctx.finish()
  }

  #unkeyed(callback: Callbacks['open'], subject: string): void {
    if (callback === undefined) return
    this.#ctx.phase = phases.unkeyed
    try {
      refusePromise(callback(this.#ctx), subject)
    } finally {
      this.#ctx.phase = phases.idle
    }
    this.#ctx.finish()
  }

  #requestNextWake(): void {
    for (const next of [this.#timers?.next(), this.#ctx.cleanup?.next()]) {
      if (next !== undefined) this.#context.requestProcessingTime(next)
    }
  }
}

/** What a process function wrote that belongs to no key. Fails with `RESTORE_STATE_INCOMPATIBLE`. */
function dividedState(context: OperatorContext, restored: unknown): DividedState | undefined {
  if (restored === undefined || restored instanceof DividedState) return restored
  throw new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `The restored state of operator ${operatorLabel(context)} is not that of a process function: it was written by another kind of operator. Give this operator another uid, and drop that state with --allowNonRestoredState.`,
    { details: { operator: context.operatorName, subtask: context.subtaskIndex } },
  )
}
