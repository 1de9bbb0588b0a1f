/** What a caller says about a savepoint or a stop, checked: callers without types are told here, and not by the disk. */
import type { SavepointFormat } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { parseTriggerId, type TriggerId } from '../core/ids.ts'
import type { SavepointRequest, StopOptions } from '../program/job-handle.ts'
import { knownOptions } from './known-options.ts'
import type { AskedOperation } from './savepoint-operations.ts'

/** Fails with `ARGUMENT_INVALID` or `TRIGGER_ID_INVALID`. */
export function savepointAsked(target: string | SavepointRequest | undefined): AskedOperation {
  const request = typeof target === 'string' ? { dir: target } : target
  const names = ['dir', 'format', 'triggerId'] as const
  const { dir, format, triggerId } = knownOptions<SavepointRequest>(request, 'a savepoint', names)
  return { kind: 'savepoint', dir: directoryOf(dir), format: formatOf(format), triggerId: idOf(triggerId) }
}

/** Fails with `ARGUMENT_INVALID` or `TRIGGER_ID_INVALID`. */
export function stopAsked(options: StopOptions | undefined): AskedOperation {
  const names = ['savepoint', 'drain', 'format', 'triggerId'] as const
  const { savepoint = true, drain = false, format, triggerId } = knownOptions<StopOptions>(options, 'a stop', names)
  if (savepoint === false) {
    throw new StreamError('ARGUMENT_INVALID', 'A job stops with a savepoint: to end it without one, cancel it.')
  }
  const dir = savepoint === true ? undefined : directoryOf(savepoint)
  return { kind: drain ? 'drain' : 'stop', dir, format: formatOf(format), triggerId: idOf(triggerId) }
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
