/**
 * The ready-made triggers. What they remember is in the state of their window, so one trigger serves all keys.
 *
 * A trigger that a program sets takes the place of the assigner's own: `countTrigger(100)` on tumbling windows says nothing at
 * their end.
 */

import type { ValueState } from '../../backends/state-backend.ts'
import { StreamError } from '../../core/errors.ts'
import { type StateDeclaration, type StateDeclarations, valueState } from '../state-descriptors.ts'
import { checkDelta } from './check-delta.ts'
import { maxTimestampOf, type Trigger } from './window.ts'

const eventTime: Trigger<unknown> = {
  description: 'event-time trigger',
  onElement(_value, _timestamp, window, ctx) {
    const end = maxTimestampOf(window)
    if (end <= ctx.currentWatermark) return 'fire'
    ctx.registerEventTime(end)
    return 'continue'
  },
  onEventTime: (timestamp, window) => (timestamp === maxTimestampOf(window) ? 'fire' : 'continue'),
  onProcessingTime: () => 'continue',
  onMerge(window, _merged, ctx) {
    const end = maxTimestampOf(window)
    if (end > ctx.currentWatermark) ctx.registerEventTime(end)
  },
  clear: (window, ctx) => ctx.deleteEventTime(maxTimestampOf(window)),
}

/**
 * The usual trigger of event-time windows: fires once the watermark has come to the end of the window, and again for each
 * record that comes later. On global windows it fires when the input ends.
 *
 * @example words.window(globalWindows()).trigger(eventTimeTrigger())
 */
export const eventTimeTrigger = (): Trigger<unknown> => eventTime

const processingTime: Trigger<unknown> = {
  description: 'processing-time trigger',
  onElement(_value, _timestamp, window, ctx) {
    ctx.registerProcessingTime(maxTimestampOf(window))
    return 'continue'
  },
  onEventTime: () => 'continue',
  onProcessingTime: (timestamp, window) => (timestamp === maxTimestampOf(window) ? 'fire' : 'continue'),
  onMerge: (window, _merged, ctx) => ctx.registerProcessingTime(maxTimestampOf(window)),
  clear: (window, ctx) => ctx.deleteProcessingTime(maxTimestampOf(window)),
}

/**
 * The usual trigger of processing-time windows: fires when the clock has come to the end of the window.
 *
 * @example words.window(tumblingEventTimeWindows(1_000)).trigger(processingTimeTrigger())
 */
export const processingTimeTrigger = (): Trigger<unknown> => processingTime

/** Does this trigger fire at the end of windows of this time, and for late records, and does nothing else? */
export const firesAtEnd = (trigger: Trigger<unknown>, timeDomain: 'event-time' | 'processing-time'): boolean =>
  trigger === (timeDomain === 'event-time' ? eventTime : processingTime)

/**
 * Fires whenever so many records have come to the window since it last fired. Fails with `ARGUMENT_INVALID` unless that is a
 * whole number from 1.
 *
 * @example words.window(globalWindows()).trigger(countTrigger(100))
 */
export function countTrigger(
  count: number,
): Trigger<unknown, { readonly count: StateDeclaration<ValueState<number>> }> {
  checkWhole('countTrigger', count, 'a whole number from 1')
  return {
    description: `count trigger of ${count}`,
    state: { count: valueState(0) },
    onElement(_value, _timestamp, _window, { state }) {
      const seen = state.count.value() + 1
      if (seen < count) {
        state.count.update(seen)
        return 'continue'
      }
      state.count.clear()
      return 'fire'
    },
    onEventTime: () => 'continue',
    onProcessingTime: () => 'continue',
    onMerge(_window, merged, ctx) {
      const seen = merged.reduce((sum, window) => sum + ctx.stateOf(window).count.value(), 0)
      if (seen > 0) ctx.state.count.update(seen)
    },
    clear: (_window, { state }) => state.count.clear(),
  }
}

/**
 * Never fires: what the global window has when nothing else is said.
 *
 * @example words.window(globalWindows()).trigger(neverTrigger())
 */
export const neverTrigger = (): Trigger<unknown> => never

const never: Trigger<unknown> = {
  description: 'never',
  onElement: () => 'continue',
  onEventTime: () => 'continue',
  onProcessingTime: () => 'continue',
  onMerge() {},
  clear() {},
}

/**
 * Drops what is in the window whenever the other trigger fires, so that nothing counts twice.
 *
 * @example words.window(globalWindows()).trigger(purgingTrigger(countTrigger(100)))
 */
export function purgingTrigger<T, States extends StateDeclarations>(trigger: Trigger<T, States>): Trigger<T, States> {
  if (typeof trigger?.description !== 'string') {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `purgingTrigger was given a value of type ${typeof trigger}, or one without a description: expected a trigger.`,
    )
  }
  const purging = (result: ReturnType<typeof trigger.onEventTime>) => (result === 'fire' ? 'fire-and-purge' : result)
  return {
    description: `purging ${trigger.description}`,
    ...(trigger.state !== undefined && { state: trigger.state }),
    onElement: (value, timestamp, window, ctx) => purging(trigger.onElement(value, timestamp, window, ctx)),
    onEventTime: (timestamp, window, ctx) => purging(trigger.onEventTime(timestamp, window, ctx)),
    onProcessingTime: (timestamp, window, ctx) => purging(trigger.onProcessingTime(timestamp, window, ctx)),
    ...(trigger.onMerge !== undefined && { onMerge: trigger.onMerge.bind(trigger) }),
    clear: (window, ctx) => trigger.clear(window, ctx),
  }
}

/**
 * Fires when a record is further than `threshold` from the one for which it last fired; the first one only sets the mark. Fails with
 * `ARGUMENT_INVALID` unless `threshold` is a number and `delta` a function.
 *
 * @example
 * // Every 100 metres.
 * cars.window(globalWindows()).trigger(deltaTrigger(100, (last, car) => car.metres - last.metres))
 */
export function deltaTrigger<T>(
  threshold: number,
  delta: (last: T, value: T) => number,
): Trigger<T, { readonly last: StateDeclaration<ValueState<T | undefined>> }> {
  checkDelta('deltaTrigger', threshold, delta)
  return {
    description: `delta trigger of ${threshold}`,
    state: { last: valueState<T | undefined>(undefined) },
    onElement(value, _timestamp, _window, { state }) {
      const last = state.last.value()
      if (last !== undefined && !(delta(last, value) > threshold)) return 'continue'
      state.last.update(value)
      return last === undefined ? 'continue' : 'fire'
    },
    onEventTime: () => 'continue',
    onProcessingTime: () => 'continue',
    clear: (_window, { state }) => state.last.clear(),
  }
}

function checkWhole(call: string, value: unknown, expected: string): void {
  if (Number.isSafeInteger(value) && (value as number) > 0) return
  throw new StreamError('ARGUMENT_INVALID', `${call} was given ${String(value)}: expected ${expected}.`)
}
