/**
 * The operator behind every process function, with one input or two, keyed or not: the loop over a batch that sets the
 * key and calls the user's function, and the callbacks of timers.
 *
 * Owns when callbacks run. Does not own what they may use (`keyed-context.ts`) nor when timers fire (`timer-service.ts`).
 */
import type { KeyedStateBackend } from '../backends/state-backend.ts'
import type { RecordBatch } from '../core/elements.ts'
import { assert } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { type CallbackLoops, callbackLoops, type ElementCallback } from './callback-loops.ts'
import { CallbackContext, phases } from './keyed-context.ts'
import type { Operator, OperatorContext, OperatorSnapshot } from './operator.ts'
import type { OperatorStateDeclarations } from './operator-state-declarations.ts'
import { refusePromise } from './refuse-promise.ts'
import { requireTimestamps } from './require-timestamps.ts'
import { restoredLists } from './restored-lists.ts'
import type { StateDeclarations } from './state-descriptors.ts'
import { restoredWatermark, withWatermark } from './stored-watermark.ts'
import { type TimeDomain, type TimerHandler, TimerService } from './timer-service.ts'

/** The callbacks of a definition, already bound, so that calling one is a plain call. */
export interface Callbacks {
  readonly state: StateDeclarations
  readonly operatorState: OperatorStateDeclarations
  readonly open: ((ctx: CallbackContext) => unknown) | undefined
  /** One function per input. What they return is only looked at to refuse promises. */
  readonly elements: readonly ElementCallback[]
  /** Has the second input no keys, although the operator has? */
  readonly broadcastInput?: boolean
  /** Does a record without timestamp fail the job? */
  readonly timestamped?: boolean
  readonly timer: ((timestamp: number, ctx: CallbackContext) => unknown) | undefined
  readonly endOfKey: ((ctx: CallbackContext) => unknown) | undefined
  readonly endOfData: ((ctx: CallbackContext) => unknown) | undefined
  readonly lateRecordsDropped?: () => number
  readonly close?: () => void
}

/** Timers are state: a savepoint must find them again. */
export const keepsState = ({ state, operatorState, timer }: Callbacks): boolean =>
  timer !== undefined || Object.keys(state).length > 0 || Object.keys(operatorState).length > 0

export class CallbackOperator implements Operator, TimerHandler {
  readonly #callbacks: Callbacks
  readonly #keyed: boolean
  #context!: OperatorContext
  #ctx!: CallbackContext
  /** One per input. */
  #loops!: readonly CallbackLoops[]
  #state: KeyedStateBackend | undefined
  #timers: TimerService | undefined

  constructor(callbacks: Callbacks, keyed: boolean) {
    this.#callbacks = callbacks
    this.#keyed = keyed
  }

  open(context: OperatorContext, restored: unknown): void {
    assert(!this.#keyed || context.state !== undefined, `keyed operator ${context.operatorName} has a state backend`)
    this.#context = context
    this.#loops = this.#callbacks.elements.map((_, input) =>
      callbackLoops(`${context.jobId} ${context.operatorId} ${input}`),
    )
    this.#state = this.#keyed ? context.state : undefined
    const watermark = restoredWatermark(restored)
    if (this.#callbacks.timer !== undefined && this.#state !== undefined) {
      this.#timers = new TimerService(context, this.#state, this, watermark)
    }
    const { state, operatorState } = this.#callbacks
    this.#ctx = new CallbackContext(context, state, this.#timers, {
      declared: operatorState,
      restored: restoredLists(context, restored, 'a process function'),
    })
    this.#ctx.currentWatermark = watermark
    this.#unkeyed(this.#callbacks.open, 'The open function')
    this.#requestCleanup()
  }

  batch(input: 0 | 1, batch: RecordBatch): void {
    if (batch.values.length === 0) return
    if (this.#callbacks.timestamped === true) requireTimestamps(batch, this.#context)
    try {
      if (this.#state === undefined || (input === 1 && this.#callbacks.broadcastInput === true))
        this.#eachRecord(input, batch)
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

  watermark(timestamp: number): void {
    const ctx = this.#ctx
    if (timestamp <= ctx.currentWatermark) return
    ctx.currentWatermark = timestamp
    if (this.#timers === undefined) this.#context.output.watermark(timestamp)
    else this.#timers.advanceWatermark(timestamp)
  }

  get unfinished(): boolean {
    return this.#timers?.unfinished === true
  }

  proceed(): void {
    this.#timers?.proceed()
  }

  get lateRecordsDropped(): number {
    return this.#callbacks.lateRecordsDropped?.() ?? 0
  }

  processingTime(now: number): void {
    this.#ctx.cleanup?.run(now)
    this.#timers?.processingTime(now)
    this.#requestCleanup()
  }

  /** A timer is due. */
  timer(timestamp: number, domain: TimeDomain): void {
    const ctx = this.#ctx
    ctx.phase = phases.keyed
    ctx.key = this.#state?.currentKey
    ctx.timeDomain = domain
    ctx.timestamp = domain === 'event-time' ? timestamp : undefined
    try {
      refusePromise(this.#callbacks.timer?.(timestamp, ctx), 'The timer function')
    } finally {
      ctx.phase = phases.idle
      ctx.timeDomain = undefined
    }
  }

  flush(): void {
    this.#ctx.finish()
  }

  endOfData(): void {
    this.#eachKey(this.#callbacks.endOfKey)
    this.#unkeyed(this.#callbacks.endOfData, 'The endOfData function')
  }

  snapshot(): OperatorSnapshot {
    const divided = this.#ctx.snapshot()
    // Who has no other state is not restored, so that the watermark would only be left over.
    // And where none has come yet nothing is late: nobody loses a record when another subtask has come further.
    const { currentWatermark } = this.#ctx
    const timed = this.#keyed && keepsState(this.#callbacks) && Number.isFinite(currentWatermark)
    return {
      state: timed ? withWatermark(divided, currentWatermark) : divided,
      keyed: this.#state?.mark(),
      durable: undefined,
    }
  }

  close(): void {
    this.#callbacks.close?.()
  }

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

  #requestCleanup(): void {
    const next = this.#ctx.cleanup?.next()
    if (next !== undefined) this.#context.requestProcessingTime(next)
  }
}
