/** The ready-made evictors: which elements of a window stay. By default they work before the function of the window. */
import { StreamError } from '../../core/errors.ts'
import { checkNames } from '../option-names.ts'
import { checkDelta } from './check-delta.ts'
import type { Evictor, WindowElement } from './window.ts'

export interface EvictorOptions {
  /** Work after the function of the window, so that what goes is only missing when it fires again. */
  readonly after?: boolean
}

type Keeps<T> = <E extends WindowElement<T>>(elements: readonly E[]) => readonly E[]

/**
 * Keeps the newest elements, up to so many. Fails with `ARGUMENT_INVALID` unless that is a whole number from 1.
 *
 * @example words.window(globalWindows()).trigger(countTrigger(1)).evictor(countEvictor(10))
 */
export function countEvictor(count: number, options: EvictorOptions = {}): Evictor<unknown> {
  if (!(Number.isSafeInteger(count) && count > 0)) throw invalid('countEvictor', count, 'a whole number from 1')
  return evictor(`count evictor of ${count}`, options, (elements) =>
    elements.length <= count ? elements : elements.slice(-count),
  )
}

/**
 * Keeps the elements that are less than so many milliseconds older than the newest one. Fails with `ARGUMENT_INVALID` unless that
 * is a number above 0.
 *
 * @example words.window(globalWindows()).trigger(countTrigger(1)).evictor(timeEvictor(60_000))
 */
export function timeEvictor(keepMs: number, options: EvictorOptions = {}): Evictor<unknown> {
  if (!(typeof keepMs === 'number' && keepMs > 0)) throw invalid('timeEvictor', keepMs, 'milliseconds above 0')
  return evictor(`time evictor of ${keepMs} ms`, options, (elements) => {
    const newest = elements.reduce((latest, { timestamp }) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY)
    return elements.filter(({ timestamp }) => timestamp > newest - keepMs)
  })
}

/**
 * Keeps the elements that are less than `threshold` from the last one.
 *
 * @example cars.window(globalWindows()).trigger(countTrigger(1)).evictor(deltaEvictor(100, (car, last) => last.metres - car.metres))
 */
export function deltaEvictor<T>(
  threshold: number,
  delta: (value: T, last: T) => number,
  options: EvictorOptions = {},
): Evictor<T> {
  checkDelta('deltaEvictor', threshold, delta)
  return evictor(`delta evictor of ${threshold}`, options, (elements) => {
    const last = elements.at(-1)
    return last === undefined ? elements : elements.filter(({ value }) => delta(value, last.value) < threshold)
  })
}

function evictor<T>(description: string, options: EvictorOptions, keeps: Keeps<T>): Evictor<T> {
  checkNames(options, ['after'], `The options of the ${description}`)
  const { after = false } = options
  return { description, ...(after ? { after: keeps } : { before: keeps }) }
}

const invalid = (call: string, got: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${call} was given ${String(got)}: expected ${expected}.`)
