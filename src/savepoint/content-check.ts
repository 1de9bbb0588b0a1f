/**
 * Is what a key is to hold of the kind of its state? A restore takes it for granted, so that it is refused before it is written.
 * Tests: test/savepoint/content-check.test.ts.
 */
import { cellForms } from '../backends/heap-cells.ts'
import type { StoredState } from '../backends/manifest.ts'
import { checkStamped, eachValue } from '../backends/state-contents.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { isKey, type Key } from '../core/key-groups.ts'
import { keyLabel } from '../core/key-label.ts'
import { labelOf } from './operator-facts.ts'

interface Owner {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
}

/** Fails with `ARGUMENT_INVALID`, naming operator and state. */
export function checkKey(key: unknown, state: string, owner: Owner): asserts key is Key {
  if (isKey(key)) return
  // An object without a prototype has no text of its own.
  const got = typeof key === 'object' ? Object.prototype.toString.call(key) : String(key)
  throw new StreamError(
    'ARGUMENT_INVALID',
    `State "${state}" of operator ${labelOf(owner)} got a row whose key is ${got}: expected a string, number, bigint, boolean or null.`,
    { details: { operator: owner.name, uid: owner.uid ?? null, state } },
  )
}

/** Fails with `ARGUMENT_INVALID`, naming operator, state and key. */
export function checkContent({ name, kind, ttl }: StoredState, key: Key, content: unknown, owner: Owner): void {
  const refusal = (what: string, cause?: unknown) =>
    new StreamError(
      'ARGUMENT_INVALID',
      `State "${name}" of operator ${labelOf(owner)} ${what.replace('<key>', () => keyLabel(key))}`,
      { cause, details: { operator: owner.name, uid: owner.uid ?? null, state: name, key: keyLabel(key) } },
    )
  try {
    cellForms[kind].cell(content)
  } catch (error) {
    throw refusal(`is of kind ${kind}, but the value of key <key> is not: ${messageOf(error)}`, error)
  }
  if (kind === 'timers') {
    const bad = [content].flat().filter((time) => !Number.isFinite(time))
    if (bad.length === 0) return
    throw refusal(`got a timer at ${String(bad[0])} for key <key>: expected milliseconds since 1970.`)
  }
  if (ttl !== true) return
  try {
    eachValue(kind, content, checkStamped)
  } catch (error) {
    const each = kind === 'list' ? 'each item' : kind === 'map' ? 'the value of each entry' : 'the value'
    throw refusal(
      `has a time to live, but the value of key <key> does not say when it was used last: expected ${each} as ` +
        '[time in milliseconds, value].',
      error,
    )
  }
}
