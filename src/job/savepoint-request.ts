/** What a caller says about a savepoint or a stop, checked: callers without types are told here, and not by the disk. */
import type { SavepointFormat } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { parseTriggerId, type TriggerId } from '../core/ids.ts'
import { nearest } from '../core/nearest-name.ts'
import type { SavepointRequest, StopOptions } from '../program/job-handle.ts'
import type { AskedOperation } from './savepoint-operations.ts'

/** Fails with `ARGUMENT_INVALID` or `TRIGGER_ID_INVALID`. */
export function savepointAsked(target: string | SavepointRequest | undefined): AskedOperation {
  const request = typeof target === 'string' ? { dir: target } : target
  const names = ['dir', 'format', 'triggerId']
  const { dir, format, triggerId } = checkNames<SavepointRequest>(request, 'a savepoint', names)
  return { kind: 'savepoint', dir: directoryOf(dir), format: formatOf(format), triggerId: idOf(triggerId) }
}

/** Fails with `ARGUMENT_INVALID` or `TRIGGER_ID_INVALID`. */
export function stopAsked(options: StopOptions | undefined): AskedOperation {
  const names = ['savepoint', 'drain', 'format', 'triggerId']
  const { savepoint = true, drain = false, format, triggerId } = checkNames<StopOptions>(options, 'a stop', names)
  if (savepoint === false) {
    throw new StreamError('ARGUMENT_INVALID', 'A job stops with a savepoint: to end it without one, cancel it.')
  }
  const dir = savepoint === true ? undefined : directoryOf(savepoint)
  return { kind: drain ? 'drain' : 'stop', dir, format: formatOf(format), triggerId: idOf(triggerId) }
}

function checkNames<T extends object>(options: unknown, what: string, known: readonly string[]): Partial<T> {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const expected = `an object with ${known.join(', ')}`
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${JSON.stringify(options)} says nothing about ${what}: expected ${expected}.`,
    )
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const guess = nearest(name, known)
    const hint = guess === undefined ? `expected ${known.join(', ')}.` : `did you mean ${guess}?`
    throw new StreamError('ARGUMENT_INVALID', `${name} is not an option of ${what}: ${hint}`)
  }
  return options as Partial<T>
}

const idOf = (text: string | undefined): TriggerId | undefined =>
  text === undefined ? undefined : parseTriggerId(String(text))

function formatOf(format: unknown): SavepointFormat | undefined {
  if (format === undefined || format === 'pointer' || format === 'self-contained') return format
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${JSON.stringify(format)} is not a format of a savepoint: expected 'pointer' or 'self-contained'.`,
  )
}

/** An empty text comes from a form that nobody filled in. */
function directoryOf(dir: unknown): string | undefined {
  if (dir === undefined || (typeof dir === 'string' && dir !== '')) return dir
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${JSON.stringify(dir)} is not a directory for a savepoint: expected a path.`,
  )
}
