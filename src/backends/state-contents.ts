/**
 * The values inside the content of a key, by the kind of its state: the one of a value, the items of a list, the values of a
 * map. With a time to live each of them carries the time of its last use: it is *stamped*.
 */
import { StreamError } from '../core/errors.ts'
import type { StateKind } from '../core/state-handles.ts'

/** A value with the processing time, in milliseconds, of its last use. */
export type Stamped = readonly [usedMs: number, value: unknown]

/** Every value in a content. Fails with `STATE_FILE_DAMAGED` when it is not of this kind. */
export function eachValue(kind: StateKind, content: unknown, look: (value: unknown) => void): void {
  if (kind === 'list') {
    for (const item of checkList(content)) look(item)
  } else if (kind === 'map') {
    for (const value of checkMap(content).values()) look(value)
  } else look(content)
}

/** The content with each of its values replaced. Fails like `eachValue`. */
export function mapContent(kind: StateKind, content: unknown, change: (value: unknown) => unknown): unknown {
  if (kind === 'list') return checkList(content).map((item) => change(item))
  if (kind !== 'map') return change(content)
  return new Map([...checkMap(content)].map(([key, value]) => [key, change(value)] as const))
}

/** The earliest use of the stamped values in a content; infinity when it has none. Fails like `eachValue`. */
export function earliestUse(kind: StateKind, content: unknown): number {
  let earliest = Number.POSITIVE_INFINITY
  eachValue(kind, content, (value) => {
    const [usedMs] = checkStamped(value)
    if (usedMs < earliest) earliest = usedMs
  })
  return earliest
}

/** Fails with `STATE_FILE_DAMAGED` when it is none. */
export function checkStamped(value: unknown): Stamped {
  if (Array.isArray(value) && value.length === 2 && Number.isFinite(value[0])) return value as unknown as Stamped
  throw damaged('a value with the time of its last use')
}

function checkList(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content
  throw damaged('a list')
}

function checkMap(content: unknown): ReadonlyMap<unknown, unknown> {
  if (content instanceof Map) return content
  throw damaged('a map')
}

const damaged = (expected: string): StreamError =>
  new StreamError('STATE_FILE_DAMAGED', `State bytes are damaged: expected ${expected} as the content of a key.`)
