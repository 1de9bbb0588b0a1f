/** The triggers that fire again and again while a window is open: at every multiple of an interval, and at its end. */
import type { ValueState } from '../../backends/state-backend.ts'
import { endOfTime } from '../../core/elements.ts'
import { StreamError } from '../../core/errors.ts'
import { type StateDeclaration, valueState } from '../state-descriptors.ts'
import { maxTimestampOf, type Trigger, type TriggerContext, type Window } from './window.ts'

/** The next multiple of the interval; undefined before the first record. */
type ContinuousState = { readonly next: StateDeclaration<ValueState<number | undefined>> }
type Context = TriggerContext<ContinuousState>

/**
 * Fires when the watermark has come to the next multiple of the interval, once if it has come past several, at the end of the
 * window, and for each record that comes later. Fails with `ARGUMENT_INVALID` unless the interval is whole milliseconds from 1.
 *
 * @example words.window(tumblingEventTimeWindows(3_600_000)).trigger(continuousEventTimeTrigger(60_000))
 */
export function continuousEventTimeTrigger(intervalMs: number): Trigger<unknown, ContinuousState> {
  checkInterval('continuousEventTimeTrigger', intervalMs)
  const { begin, again, merged } = series(intervalMs, (next, window, ctx) => {
    // What is behind the end would fire once more for the same result.
    if (next < maxTimestampOf(window)) ctx.registerEventTime(next)
  })
  return {
    description: `continuous event-time trigger of ${intervalMs} ms`,
    state: { next: valueState<number | undefined>(undefined) },
    onElement(_value, timestamp, window, ctx) {
      const end = maxTimestampOf(window)
      if (end <= ctx.currentWatermark) return 'fire'
      ctx.registerEventTime(end)
      begin(timestamp, window, ctx)
      return 'continue'
    },
    onEventTime: (timestamp, window, ctx) =>
      again(timestamp, ctx.currentWatermark, window, ctx) || timestamp === maxTimestampOf(window) ? 'fire' : 'continue',
    onProcessingTime: () => 'continue',
    onMerge(window, windows, ctx) {
      if (maxTimestampOf(window) > ctx.currentWatermark) ctx.registerEventTime(maxTimestampOf(window))
      merged(
        windows.map((one) => ctx.stateOf(one).next.value()),
        window,
        ctx,
      )
    },
    clear(window, ctx) {
      ctx.deleteEventTime(maxTimestampOf(window))
      const next = ctx.state.next.value()
      if (next !== undefined) ctx.deleteEventTime(next)
      ctx.state.next.clear()
    },
  }
}

/**
 * The same by the clock of the machine: at every multiple of the interval that it has not passed over, for as long as the window
 * is there, and when the clock comes to its end.
 *
 * @example words.window(globalWindows()).trigger(continuousProcessingTimeTrigger(60_000))
 */
export function continuousProcessingTimeTrigger(intervalMs: number): Trigger<unknown, ContinuousState> {
  checkInterval('continuousProcessingTimeTrigger', intervalMs)
  const { begin, again, merged } = series(intervalMs, (next, _window, ctx) => ctx.registerProcessingTime(next))
  const registerEnd = (window: Window, ctx: Context) => {
    const end = maxTimestampOf(window)
    if (end > ctx.processingTime) ctx.registerProcessingTime(end)
  }
  return {
    description: `continuous processing-time trigger of ${intervalMs} ms`,
    state: { next: valueState<number | undefined>(undefined) },
    onElement(_value, _timestamp, window, ctx) {
      registerEnd(window, ctx)
      begin(ctx.processingTime, window, ctx)
      return 'continue'
    },
    onEventTime: () => 'continue',
    onProcessingTime: (timestamp, window, ctx) =>
      // Of what the clock shows now, more records may come.
      again(timestamp, ctx.processingTime - 1, window, ctx) || timestamp === maxTimestampOf(window)
        ? 'fire'
        : 'continue',
    onMerge(window, windows, ctx) {
      registerEnd(window, ctx)
      merged(
        windows.map((one) => ctx.stateOf(one).next.value()),
        window,
        ctx,
      )
    },
    clear(window, ctx) {
      ctx.deleteProcessingTime(maxTimestampOf(window))
      const next = ctx.state.next.value()
      if (next !== undefined) ctx.deleteProcessingTime(next)
      ctx.state.next.clear()
    },
  }
}

/** The multiples of an interval, of which the state of a window knows the next one. */
function series(intervalMs: number, register: (next: number, window: Window, ctx: Context) => void) {
  const behind = (time: number) => (Math.floor(time / intervalMs) + 1) * intervalMs
  const goOn = (next: number, window: Window, ctx: Context) => {
    ctx.state.next.update(next)
    register(next, window, ctx)
  }
  return {
    /** At the first record, behind `time`. */
    begin(time: number, window: Window, ctx: Context): void {
      if (ctx.state.next.value() !== undefined) return
      goOn(behind(time), window, ctx)
    },
    /** Is it the next one? Those up to `now` would give the same result, so they are left out; behind the end of time there is none. */
    again(timestamp: number, now: number, window: Window, ctx: Context): boolean {
      if (timestamp !== ctx.state.next.value()) return false
      if (now >= endOfTime) ctx.state.next.clear()
      else goOn(behind(Math.max(timestamp, now)), window, ctx)
      return true
    },
    merged(nexts: readonly (number | undefined)[], window: Window, ctx: Context): void {
      const known = nexts.filter((next) => next !== undefined)
      if (known.length > 0) goOn(Math.min(...known), window, ctx)
    },
  }
}

function checkInterval(call: string, intervalMs: unknown): void {
  if (Number.isSafeInteger(intervalMs) && (intervalMs as number) > 0) return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${call} was given ${String(intervalMs)}: expected whole milliseconds from 1.`,
  )
}
