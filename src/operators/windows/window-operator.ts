/**
 * The operator of windows in general: any assigner, trigger, evictor and function, with all of its state in ordinary keyed state.
 *
 * Owns the loop over a batch, and what is too late. Windows of a key are in `separate-windows.ts` or `merging-windows.ts`,
 * when they fire in `triggering.ts`, what they give out in `window-firing.ts`. Tests: test/operators/windows.
 */
import type { RecordBatch } from '../../core/elements.ts'
import { assert } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import type { OperatorFactory } from '../operator.ts'
import { requireTimestamps } from '../require-timestamps.ts'
import type { TimeDomain } from '../timer-service.ts'
import { assignedWindows } from './assigned-windows.ts'
import type { WindowDefinition } from './definition.ts'
import type { KeyWindows } from './key-windows.ts'
import { MergingWindows, mergingState } from './merging-windows.ts'
import { SeparateWindows, separateState } from './separate-windows.ts'
import { WindowTimeOperator } from './time-operator.ts'
import { triggeringOf } from './triggering.ts'
import type { Window } from './window.ts'
import { contentsOf } from './window-contents.ts'
import { windowFactory } from './window-factory.ts'
import { firingOf } from './window-firing.ts'

/**
 * The operator for any definition, which must have been checked.
 *
 * @example
 * const counts = generalWindowOperator(definition)
 */
export const generalWindowOperator = (definition: WindowDefinition): OperatorFactory =>
  windowFactory(
    definition,
    [definition.assigner.merging ? mergingState(definition) : separateState(definition)],
    () => new WindowOperator(definition),
  )

class WindowOperator extends WindowTimeOperator {
  #windows!: KeyWindows
  readonly #assigning = { processingTime: 0 }
  /** What was assigned last, and is fine. */
  #assigned: readonly Window[] = []

  protected openWindows(): void {
    const { definition, context, state: backend, timers, calls } = this
    const parts = {
      definition,
      calls,
      contents: contentsOf(definition.computation, definition.evictor !== undefined),
      triggering: triggeringOf({ definition, timers, backend, owner: context }),
      fire: firingOf(definition, calls),
      time: this.eventTime ? timers : { watermark: Number.NEGATIVE_INFINITY },
    }
    this.#windows = definition.assigner.merging
      ? new MergingWindows(backend, parts)
      : new SeparateWindows(backend, parts)
    if (backend.entryCount > 0 && parts.triggering.adopts) this.#windows.adopt()
  }

  batch(input: 0 | 1, batch: RecordBatch): void {
    const { values, keys, keyGroups } = batch
    if (values.length === 0) return
    assert(keys !== undefined, `a batch for ${this.context.operatorName} carries its keys`)
    const timestamps = this.eventTime ? requireTimestamps(batch, this.context) : batch.timestamps
    const { assigner, inputs } = this.definition
    const state = this.state
    const windows = this.#windows
    const now = this.context.now()
    this.#assigning.processingTime = now
    for (let i = 0; i < values.length; i++) {
      state.setCurrentKey(keys[i] as Key, keyGroups === undefined ? undefined : keyGroups[i])
      const value = inputs === 1 ? values[i] : [input, values[i]]
      const timestamp = timestamps === undefined ? now : timestamps[i]!
      const assigned = assigner.assign(value as never, this.eventTime ? timestamp : now, this.#assigning)
      if (assigned !== this.#assigned) this.#assigned = assignedWindows(assigned)
      if (!windows.element(value, timestamp, assigned)) this.#left(value, timestamp)
    }
    this.calls.flush()
  }

  timer(timestamp: number, domain: TimeDomain): void {
    this.#windows.timer(timestamp, domain)
  }

  /** No window has taken the record: all are over, or there is none. */
  #left(value: unknown, timestamp: number): void {
    if (!this.eventTime || timestamp + this.definition.allowedLatenessMs > this.timers.watermark) return
    this.tooLate(value, timestamp)
  }
}
