/** What the assigner of a program may give for a record: checked where windows are not those of the record before. */
import { shortJson } from '../../core/short-json.ts'
import { ResultRefused, refusePromise } from '../refuse-promise.ts'
import type { Window } from './window.ts'

const subject = 'The assign function'

/** The windows themselves. Fails with `ResultRefused` for what is no list of windows. */
export function assignedWindows(given: unknown): readonly Window[] {
  refusePromise(given, subject)
  if (!Array.isArray(given)) throw refused(shortJson(given))
  for (const window of given as readonly unknown[]) if (!isWindow(window)) throw refused(describe(window))
  return given as readonly Window[]
}

function isWindow(value: unknown): value is Window {
  if (typeof value !== 'object' || value === null) return false
  const { start, end } = value as Partial<Record<keyof Window, unknown>>
  return typeof start === 'number' && typeof end === 'number' && start < end
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `an array with ${shortJson(value)}`
  const { start, end } = value as Partial<Record<keyof Window, unknown>>
  return `a window from ${shortJson(start)} to ${shortJson(end)}`
}

const refused = (returned: string): ResultRefused =>
  new ResultRefused(
    subject,
    returned,
    'expected an array of windows, each { start, end } in milliseconds with the start before the end.',
  )
