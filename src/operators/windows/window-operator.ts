/**
 * The operator of windows in general: any assigner, trigger, evictor and function, with all of its state in ordinary keyed state.
 *
 * Owns the loop over a batch, what is too late, and time. Windows of a key are in `separate-windows.ts` or `merging-windows.ts`,
 * when they fire in `triggering.ts`, what they give out in `window-firing.ts`. Tests: test/operators/windows.
 */
import type { KeyedStateBackend } from '../../backends/state-backend.ts'
import type { RecordBatch } from '../../core/elements.ts'
import { assert } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import { operatorLabel } from '../../core/operator-label.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from '../operator.ts'
import { requireTimestamps } from '../require-timestamps.ts'
import { descriptorsOf } from '../state-descriptors.ts'
import { restoredWatermark, withWatermark } from '../stored-watermark.ts'
import { type TimeDomain, type TimerHandler, TimerService, timerNames } from '../timer-service.ts'
import type { WindowDefinition } from './definition.ts'
import type { KeyWindows } from './key-windows.ts'
import { MergingWindows, mergingDescriptors } from './merging-windows.ts'
import { SeparateWindows, separateDescriptors } from './separate-windows.ts'
import { triggeringDescriptors, triggeringOf } from './triggering.ts'
import { WindowCalls, windowStatePrefix } from './window-calls.ts'
import { contentsOf } from './window-contents.ts'
import { firingOf, functionOf } from './window-firing.ts'
import { windowStateDescriptors } from './window-states.ts'

/**
 * The operator for any definition, which must have been checked.
 *
 * @example
 * const counts = generalWindowOperator(definition)
 */
export const generalWindowOperator = (definition: WindowDefinition): OperatorFactory => {
  const { state = {}, windowState = {} } = functionOf(definition.computation) ?? {}
  return {
    kind: 'window',
    stateful: true,
    states: {
      ...descriptorsOf(state),
      ...windowStateDescriptors(windowStatePrefix, windowState),
      ...triggeringDescriptors(definition),
      ...(definition.assigner.merging ? mergingDescriptors : separateDescriptors),
    },
    operatorStates: {},
    timers: timerNames,
    inputCount: definition.inputs,
    chaining: 'always',
    keyed: true,
    create: () => new WindowOperator(definition),
  }
}

class WindowOperator implements Operator, TimerHandler {
  readonly #definition: WindowDefinition
  readonly #eventTime: boolean
  #context!: OperatorContext
  #state!: KeyedStateBackend
  #timers!: TimerService
  #calls!: WindowCalls
  #windows!: KeyWindows
  readonly #assigning = { processingTime: 0 }
  #lateSeen = false

  constructor(definition: WindowDefinition) {
    this.#definition = definition
    this.#eventTime = definition.assigner.timeDomain === 'event-time'
  }

  open(context: OperatorContext, restored: unknown): void {
    assert(context.state !== undefined, `keyed operator ${context.operatorName} has a state backend`)
    const backend = context.state
    const definition = this.#definition
    this.#context = context
    this.#state = backend
    const timers = new TimerService(context, backend, this, restoredWatermark(restored))
    const calls = new WindowCalls(context, timers, functionOf(definition.computation))
    const parts = {
      definition,
      calls,
      contents: contentsOf(definition.computation, definition.evictor !== undefined),
      triggering: triggeringOf({ definition, timers, backend, owner: context }),
      fire: firingOf(definition, calls),
      time: this.#eventTime ? timers : { watermark: Number.NEGATIVE_INFINITY },
    }
    this.#timers = timers
    this.#calls = calls
    this.#windows = definition.assigner.merging
      ? new MergingWindows(backend, parts)
      : new SeparateWindows(backend, parts)
    this.#requestCleanup()
  }

  batch(input: 0 | 1, batch: RecordBatch): void {
    const { values, keys, keyGroups } = batch
    if (values.length === 0) return
    assert(keys !== undefined, `a batch for ${this.#context.operatorName} carries its keys`)
    const timestamps = this.#eventTime ? requireTimestamps(batch, this.#context) : batch.timestamps
    const { assigner, inputs } = this.#definition
    const state = this.#state
    const windows = this.#windows
    const now = this.#context.now()
    this.#assigning.processingTime = now
    for (let i = 0; i < values.length; i++) {
      state.setCurrentKey(keys[i] as Key, keyGroups === undefined ? undefined : keyGroups[i])
      const value = inputs === 1 ? values[i] : [input, values[i]]
      const timestamp = timestamps === undefined ? now : timestamps[i]!
      const assigned = assigner.assign(value as never, this.#eventTime ? timestamp : now, this.#assigning)
      if (!windows.element(value, timestamp, assigned)) this.#left(value, timestamp)
    }
    this.#calls.flush()
  }

  watermark(timestamp: number): void {
    this.#timers.advanceWatermark(timestamp)
  }

  get unfinished(): boolean {
    return this.#timers.unfinished
  }

  proceed(): void {
    this.#timers.proceed()
  }

  processingTime(now: number): void {
    this.#calls.cleanup?.run(now)
    this.#timers.processingTime(now)
    this.#requestCleanup()
  }

  timer(timestamp: number, domain: TimeDomain): void {
    this.#windows.timer(timestamp, domain)
  }

  flush(): void {
    this.#calls.flush()
  }

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return {
      state: withWatermark(undefined, this.#timers.watermark),
      keyed: this.#state.mark(),
      durable: undefined,
    }
  }

  close(): void {}

  /** No window has taken the record. */
  #left(value: unknown, timestamp: number): void {
    const { allowedLatenessMs, lateTag } = this.#definition
    if (!this.#eventTime || timestamp + allowedLatenessMs > this.#timers.watermark) return
    if (lateTag !== undefined) {
      this.#calls.toSide(lateTag, value, timestamp)
      return
    }
    if (this.#lateSeen) return
    this.#lateSeen = true
    this.#context.log(
      'warn',
      `Operator ${operatorLabel(this.#context)} drops records that come too late for their windows, such as one of ${timestamp} at watermark ${this.#timers.watermark}: sideOutputLateData gives them out, allowedLateness waits for them.`,
    )
  }

  #requestCleanup(): void {
    const next = this.#calls.cleanup?.next()
    if (next !== undefined) this.#context.requestProcessingTime(next)
  }
}
