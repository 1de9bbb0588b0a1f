/**
 * The ready-made window assigners. Windows of one size begin at the epoch plus an offset, also before 1970.
 *
 * Assigners remember the windows they gave last, since most records are in the same ones as the record before: so they
 * allocate nothing for these, and whoever gets the same array knows that the windows are the same.
 */
import { StreamError } from '../../core/errors.ts'
import { checkNames } from '../option-names.ts'
import { refusePromise } from '../refuse-promise.ts'
import { eventTimeTrigger, neverTrigger, processingTimeTrigger } from './triggers.ts'
import { globalWindow, type Window, type WindowAssigner } from './window.ts'

type TimeDomain = WindowAssigner['timeDomain']

export interface AlignedWindowOptions {
  /** Where windows begin, in milliseconds after (or before) a multiple of their distance: `-8 * 3_600_000` for days in UTC+8. */
  readonly offsetMs?: number
}

/** The gap after which a session is over, in milliseconds: for all records, or of each one. */
export type SessionGap<T> = number | ((value: T) => number)

/**
 * Windows of one size, one after the other, by event time. Fails with `ARGUMENT_INVALID` unless the size is whole milliseconds
 * from 1 and the offset is smaller.
 *
 * @example clicks.keyBy((click) => click.user).window(tumblingEventTimeWindows(60_000))
 */
export const tumblingEventTimeWindows = (sizeMs: number, options: AlignedWindowOptions = {}): WindowAssigner<unknown> =>
  alignedWindows('tumblingEventTimeWindows', 'event-time', { size: sizeMs, slide: sizeMs }, options)

/**
 * The same by the clock of the machine.
 *
 * @example clicks.keyBy((click) => click.user).window(tumblingProcessingTimeWindows(60_000))
 */
export const tumblingProcessingTimeWindows = (
  sizeMs: number,
  options: AlignedWindowOptions = {},
): WindowAssigner<unknown> =>
  alignedWindows('tumblingProcessingTimeWindows', 'processing-time', { size: sizeMs, slide: sizeMs }, options)

/**
 * Windows of one size that begin every `slideMs`, by event time, so that a record is in several; in none, where they leave gaps.
 * Fails with `ARGUMENT_INVALID` unless both are whole milliseconds from 1 and the offset is smaller than the slide.
 *
 * @example clicks.keyBy((click) => click.user).window(slidingEventTimeWindows(3_600_000, 60_000))
 */
export const slidingEventTimeWindows = (
  sizeMs: number,
  slideMs: number,
  options: AlignedWindowOptions = {},
): WindowAssigner<unknown> =>
  alignedWindows('slidingEventTimeWindows', 'event-time', { size: sizeMs, slide: slideMs }, options)

/**
 * The same by the clock of the machine.
 *
 * @example clicks.keyBy((click) => click.user).window(slidingProcessingTimeWindows(3_600_000, 60_000))
 */
export const slidingProcessingTimeWindows = (
  sizeMs: number,
  slideMs: number,
  options: AlignedWindowOptions = {},
): WindowAssigner<unknown> =>
  alignedWindows('slidingProcessingTimeWindows', 'processing-time', { size: sizeMs, slide: slideMs }, options)

/**
 * Sessions by event time: a session of a key goes on while records come that are `gap` apart or less. Fails with
 * `ARGUMENT_INVALID` for a gap that is not whole milliseconds from 1; a function that gives such a gap fails the job.
 *
 * @example clicks.keyBy((click) => click.user).window(eventTimeSessionWindows(30_000))
 *
 * @example clicks.keyBy((click) => click.user).window(eventTimeSessionWindows((click) => (click.mobile ? 60_000 : 30_000)))
 */
export const eventTimeSessionWindows = <T = unknown>(gap: SessionGap<T>): WindowAssigner<T> =>
  sessionWindows('eventTimeSessionWindows', 'event-time', gap)

/**
 * The same by the clock of the machine.
 *
 * @example clicks.keyBy((click) => click.user).window(processingTimeSessionWindows(30_000))
 */
export const processingTimeSessionWindows = <T = unknown>(gap: SessionGap<T>): WindowAssigner<T> =>
  sessionWindows('processingTimeSessionWindows', 'processing-time', gap)

const onlyGlobal: readonly Window[] = [globalWindow]
const global: WindowAssigner<unknown> = {
  description: 'global windows',
  timeDomain: 'processing-time',
  assign: () => onlyGlobal,
  defaultTrigger: neverTrigger(),
}

/**
 * One window for all records of a key. It never gives out a result by itself, so a trigger belongs to it; its results have the
 * last timestamp of all.
 *
 * @example clicks.keyBy((click) => click.user).window(globalWindows()).trigger(purgingTrigger(countTrigger(100)))
 */
export const globalWindows = (): WindowAssigner<unknown> => global

interface Shape {
  readonly size: number
  readonly slide: number
}

function alignedWindows(
  call: string,
  timeDomain: TimeDomain,
  { size, slide }: Shape,
  options: AlignedWindowOptions,
): WindowAssigner<unknown> {
  checkNames(options, ['offsetMs'], `The options of ${call}`)
  const { offsetMs: offset = 0 } = options
  checkMs(call, 'size', size)
  checkMs(call, 'slide', slide)
  if (!Number.isSafeInteger(offset) || Math.abs(offset) >= slide) {
    throw invalid(`${call} was given the offset ${offset}`, `whole milliseconds between -${slide} and ${slide}`)
  }
  const kind = size === slide ? 'tumbling' : 'sliding'
  const every = size === slide ? '' : ` every ${slide} ms`
  return {
    description: `${kind} ${timeDomain} windows of ${size} ms${every}`,
    timeDomain,
    assign: alignedAssign(size, slide, offset),
    aligned: { size, slide, offset },
    defaultTrigger: timeDomain === 'event-time' ? eventTimeTrigger() : processingTimeTrigger(),
  }
}

/** Earliest window first. */
function alignedAssign(size: number, slide: number, offset: number): WindowAssigner<unknown>['assign'] {
  // All times between these two are in the same windows.
  let from = 0
  let to = 0
  let last: readonly Window[] = []
  return (_value, timestamp) => {
    if (timestamp >= from && timestamp < to) return last
    const latest = startOf(timestamp, slide, offset)
    const windows: Window[] = []
    for (let start = latest; start > timestamp - size; start -= slide) windows.unshift({ start, end: start + size })
    const earliest = windows[0]
    if (earliest === undefined) return windows
    from = Math.max(latest, earliest.start - slide + size)
    to = Math.min(latest + slide, earliest.end)
    last = windows
    return windows
  }
}

/** Of the latest window that begins at this time or before. */
const startOf = (timestamp: number, slide: number, offset: number): number => {
  const since = (timestamp - offset) % slide
  return timestamp - (since < 0 ? since + slide : since)
}

function sessionWindows<T>(call: string, timeDomain: TimeDomain, gap: SessionGap<T>): WindowAssigner<T> {
  if (typeof gap !== 'function') checkMs(call, 'gap', gap)
  return {
    description: `${timeDomain} sessions with ${typeof gap === 'function' ? 'gaps by record' : `a gap of ${gap} ms`}`,
    timeDomain,
    assign:
      typeof gap === 'function'
        ? (value, timestamp) => [{ start: timestamp, end: timestamp + checkedGap(gap(value)) }]
        : (_value, timestamp) => [{ start: timestamp, end: timestamp + gap }],
    merging: true,
    defaultTrigger: timeDomain === 'event-time' ? eventTimeTrigger() : processingTimeTrigger(),
  }
}

/** Whoever runs the operator adds its name. */
function checkedGap(gap: number): number {
  if (Number.isSafeInteger(gap) && gap > 0) return gap
  refusePromise(gap, 'The gap function of session windows')
  throw new Error(`the gap function of session windows gave ${String(gap)}: expected whole milliseconds from 1`)
}

function checkMs(call: string, what: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) > 0) return
  throw invalid(`${call} was given the ${what} ${String(value)}`, 'whole milliseconds from 1')
}

const invalid = (what: string, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${what}: expected ${expected}.`)
