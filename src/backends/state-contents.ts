/**
 * The values inside the content of a key, by the kind of its state: the one of a value, the items of a list, the values of a
 * map. With a time to live each of them carries the time of its last use: it is *stamped*.
 */
import { StreamError } from '../core/errors.ts'
import type { StateKind } from '../core/state-handles.ts'

/** A value with the processing time, in milliseconds, of its last use. */
export type Stamped = readonly [usedMs: number, value: unknown]

/** The content with each of its values replaced. Fails with `STATE_FILE_DAMAGED` when it is not of this kind. */
export function mapContent(kind: StateKind, content: unknown, change: (value: unknown) => unknown): unknown {
  if (kind === 'list') {
    if (!Array.isArray(content)) throw damaged('a list')
    return content.map(change)
  }
  if (kind !== 'map') return change(content)
  if (!(content instanceof Map)) throw damaged('a map')
  return new Map([...content].map(([key, value]) => [key, change(value)] as const))
}

/** Fails with `STATE_FILE_DAMAGED` when it is none. */
export function checkStamped(value: unknown): Stamped {
  if (Array.isArray(value) && value.length === 2 && Number.isFinite(value[0])) return value as unknown as Stamped
  throw damaged('a value with the time of its last use')
}

const damaged = (expected: string): StreamError =>
  new StreamError('STATE_FILE_DAMAGED', `State bytes are damaged: expected ${expected} as the content of a key.`)
