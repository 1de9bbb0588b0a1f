/**
 * What the functions of a user make of rows, and of state without keys.
 *
 * INV-RC-1 What a function returns is a row, several, or `undefined`, and anything else is refused: rows that were left out by
 *   mistake would be lost for good. Tests: test/savepoint/row-changes.test.ts.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import { keyLabel } from '../core/key-label.ts'
import { isPromise, promiseReturned } from '../operators/refuse-promise.ts'
import { checkContent, checkKey } from './content-check.ts'
import type { ChangedRow, OperatorDraft, StateDraft } from './operator-draft.ts'
import { labelOf } from './operator-facts.ts'
import type { KeyedRow, OperatorStateRow } from './savepoint-reader.ts'

type Owner = Pick<OperatorDraft, 'id' | 'uid' | 'name'>

/**
 * A row goes through each change in turn, as none, one or several. Fails with `ARGUMENT_INVALID` for what is none of these, and
 * with `USER_FUNCTION_FAILED` when a change throws.
 */
export function changedRows(row: ChangedRow, draft: StateDraft, owner: Owner): readonly ChangedRow[] {
  const { name: state, kind, changes } = draft
  let rows: readonly ChangedRow[] = [row]
  for (const change of changes) {
    rows = rows.flatMap((one) => {
      checkKey(one.key, state, owner)
      // A change of timers gets them in order.
      if (kind === 'timers') checkContent(draft, one.key, one.value, owner)
      const blamed = blame(`the key ${keyLabel(one.key)} of state "${state}"`, owner, { state, key: keyLabel(one.key) })
      const result = calling(blamed, () => listOf(change(one as KeyedRow)))
      for (const made of result) checkRow(made, blamed)
      return result as readonly ChangedRow[]
    })
  }
  return rows
}

/**
 * The same for state without keys: an item that has become `undefined` is gone, and one that was `undefined` before is an item
 * none the less.
 */
export function changedItems(
  rows: readonly OperatorStateRow[],
  changes: readonly ((row: OperatorStateRow) => unknown)[],
  owner: Owner,
): readonly OperatorStateRow[] {
  let kept = rows
  for (const change of changes) {
    kept = kept.flatMap((row) => {
      const what = row.list === undefined ? 'the state without keys' : `an item of list "${row.list}"`
      const blamed = blame(`${what} of subtask ${row.subtask}`, owner, { state: row.list ?? null })
      const value = calling(blamed, () => change(row))
      if (isPromise(value)) throw promised(value, blamed)
      return value === undefined && row.value !== undefined ? [] : [{ ...row, value }]
    })
  }
  return kept
}

interface Blamed {
  /** `the change of the key "a" of state "s" of operator "o" (uid "o")`. */
  readonly what: string
  readonly details: StreamError['details']
}

const blame = (what: string, owner: Owner, details: StreamError['details']): Blamed => ({
  what: `the change of ${what} of operator ${labelOf(owner)}`,
  details: { operator: owner.name, uid: owner.uid ?? null, ...details },
})

function calling<T>({ what, details }: Blamed, call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw new StreamError('USER_FUNCTION_FAILED', `${sentence(what)} failed: ${messageOf(thrown)}`, {
      cause: thrown,
      details,
    })
  }
}

/** What was returned, one thing after the other; whether they are rows is not known yet. */
function listOf(result: unknown): readonly unknown[] {
  if (result === undefined) return []
  const isMany = typeof result === 'object' && result !== null && Symbol.iterator in result
  return isMany ? [...(result as Iterable<unknown>)] : [result]
}

function checkRow(made: unknown, blamed: Blamed): asserts made is ChangedRow {
  if (isPromise(made)) throw promised(made, blamed)
  const isRow = typeof made === 'object' && made !== null && 'key' in made && 'value' in made
  if (!isRow) {
    throw invalid(
      `what is no row (${describeValue(made)}): expected { key, value }, an array of them, or undefined for none`,
      blamed,
    )
  }
  if (isPromise(made.value)) throw promised(made.value, blamed)
}

function promised(promise: PromiseLike<unknown>, blamed: Blamed): StreamError {
  promiseReturned(promise, blamed.what)
  return invalid('a promise: changes are synchronous. Await what they need before the savepoint is written', blamed)
}

const invalid = (got: string, { what, details }: Blamed): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${sentence(what)} returned ${got}.`, { details })

const sentence = (what: string): string => `${what.slice(0, 1).toUpperCase()}${what.slice(1)}`

/** `5`, `"text"`, `an object of a, b`: short, for a message. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return keyLabel(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 60)
  if (Array.isArray(value)) return `an array of ${value.length}`
  const fields = Object.keys(value).slice(0, 5).join(', ').slice(0, 60)
  return fields === '' ? 'an object without fields' : `an object of ${fields}`
}
