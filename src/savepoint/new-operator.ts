/**
 * What a savepoint gets that was in no other: an operator, a keyed state, a list. Owns what of it is refused before anything is
 * written. Tests: test/savepoint/new-operator.test.ts.
 */
import type { StoredState } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { checkParallelism, defaultMaxParallelism } from '../core/key-groups.ts'
import type { OperatorItems } from '../core/operator-state.ts'
import type { StateKind } from '../core/state-handles.ts'
import { idOfUid } from '../graph/operator-ids.ts'
import { isPromise } from '../operators/refuse-promise.ts'
import { type NewRows, type OperatorDraft, type StateDraft, withNewState } from './operator-draft.ts'
import { describeValue } from './row-changes.ts'

/** A keyed state that is new. */
export interface NewState<V = unknown> {
  readonly kind: StateKind
  readonly version?: number
  /** By key: a value (`value`, `reducing`), an accumulator (`aggregating`), an array (`list`) or a Map (`map`). */
  readonly rows: NewRows<V>
}

/** An operator that is new. It needs a uid, as its operator in the program does. */
export interface NewOperator {
  readonly uid: string
  /** For people. Default: the uid. */
  readonly name?: string
  /** Subtasks whose state is written; the job that starts may have others. Default 1. */
  readonly parallelism?: number
  /** The number of key groups, which the operator in the program must have, too. Derived from the parallelism when left out. */
  readonly maxParallelism?: number
  readonly keyed?: Readonly<Record<string, NewState>>
  /** Timestamps in milliseconds by key; the queue of `ctx.timers` is `processing-time`. */
  readonly timers?: Readonly<Record<string, NewRows<readonly number[]>>>
  /** State without keys that can be divided. */
  readonly lists?: Readonly<Record<string, OperatorItems>>
  /** State without keys that cannot: one value for each subtask. */
  readonly whole?: readonly unknown[]
}

/** How a state changes besides its rows. */
export interface ChangedState {
  readonly kind?: StateKind
  readonly version?: number
}

const operatorFields = ['uid', 'name', 'parallelism', 'maxParallelism', 'keyed', 'timers', 'lists', 'whole']
const kinds = ['value', 'list', 'map', 'reducing', 'aggregating']
const modes = ['split', 'union', 'broadcast']

/** Fails with `UID_INVALID`, `PARALLELISM_INVALID`, `MAX_PARALLELISM_INVALID`, `STATE_NAME_DUPLICATE` or `ARGUMENT_INVALID`. */
export function newOperator(operator: NewOperator): OperatorDraft {
  checkFields(operator, 'The new operator', operatorFields)
  const { uid, name = uid, parallelism = 1, keyed = {}, timers = {}, lists = {}, whole } = operator
  const { maxParallelism = defaultMaxParallelism(parallelism) } = operator
  checkUid(uid)
  const owner = `operator "${uid}"`
  if (typeof name !== 'string') throw invalid(`The name of operator "${uid}"`, name, 'a string')
  checkParallelism(`Operator "${uid}"`, parallelism, maxParallelism)
  for (const [field, states] of Object.entries({ keyed, timers, lists })) checkFields(states, `${field} of ${owner}`)
  for (const [list, items] of Object.entries(lists)) checkList(items, list, owner)
  if (whole !== undefined && !Array.isArray(whole)) throw invalid(`whole of ${owner}`, whole, 'an array')
  if (whole !== undefined && (whole.length !== parallelism || Object.keys(lists).length > 0)) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `Operator "${uid}" has ${whole.length} values of state without keys and parallelism ${parallelism}: expected one for each subtask, and no lists beside it.`,
    )
  }
  const states = [
    ...Object.entries(keyed).map(([state, made]) => newState(state, made, owner)),
    ...Object.entries(timers).map(([queue, rows]) => draftOfRows({ name: queue, kind: 'timers' }, rows, owner)),
  ]
  const id = idOfUid(uid)
  const nothing = { stored: undefined, states: [], listsRemoved: new Set<string>(), listChanges: [] }
  const draft: OperatorDraft = {
    ...{ id, uid, name, vertex: id, parallelism, maxParallelism },
    ...nothing,
    lists: new Map(Object.entries(lists)),
    whole,
  }
  return states.reduce(withNewState, draft)
}

/** `owner` is how messages call the operator. Fails with `ARGUMENT_INVALID`. */
export function newState(name: string, state: NewState, owner: string): StateDraft {
  const what = `State "${name}" of ${owner}`
  checkFields(state, what, ['kind', 'version', 'rows'])
  checkKind(state.kind, what)
  return draftOfRows({ name, kind: state.kind, ...versionOf(state.version, what) }, state.rows, owner)
}

function draftOfRows(state: StoredState, rows: NewRows, owner: string): StateDraft {
  const isMany = typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows)
  if (isMany) return { ...state, from: { rows }, changes: [] }
  throw invalid(`rows of state "${state.name}" of ${owner}`, rows, 'a Map, or pairs [key, value] that can be iterated')
}

/** What a changed state has then that its rows do not say. Fails with `ARGUMENT_INVALID`. */
export function changedState(to: ChangedState, { name, version }: StoredState, owner: string): Partial<StateDraft> {
  const what = `State "${name}" of ${owner}`
  checkFields(to, what, ['kind', 'version'])
  if (to.kind !== undefined) checkKind(to.kind, what)
  return { ...(to.kind && { kind: to.kind }), ...versionOf(to.version ?? version, what) }
}

/** Version 0 is that of a state which never said one. */
function versionOf(version: number | undefined, what: string): { readonly version: number | undefined } {
  if (version === undefined || version === 0) return { version: undefined }
  if (Number.isSafeInteger(version) && version > 0) return { version }
  throw new StreamError('ARGUMENT_INVALID', `${what} has version ${version}: expected an integer from 0.`)
}

function checkKind(kind: unknown, what: string): void {
  if (!kinds.includes(kind as string)) throw invalid(`${what}: its kind`, kind, `one of ${kinds.join(', ')}`)
}

/** Fails with `ARGUMENT_INVALID`. */
export function checkList(list: OperatorItems, name: string, owner: string): void {
  const what = `List "${name}" of ${owner}`
  checkFields(list, what, ['mode', 'items'])
  if (!modes.includes(list.mode)) throw invalid(`${what}: its mode`, list.mode, `one of ${modes.join(', ')}`)
  if (!Array.isArray(list.items)) throw invalid(`items of ${what}`, list.items, 'an array')
}

/** Fails with `UID_INVALID`. */
export function checkUid(uid: unknown): void {
  if (typeof uid === 'string' && uid !== '') return
  throw new StreamError('UID_INVALID', `${describeValue(uid)} is not a uid: expected a string that is not empty.`)
}

/** Fails with `ARGUMENT_INVALID`. */
export function checkFunction(change: unknown, what: string): void {
  if (typeof change !== 'function') throw invalid(what, change, 'a function')
}

/** Fails with `ARGUMENT_INVALID` for what is no object of fields, or has another field than those that are known. */
export function checkFields(value: unknown, what: string, known?: readonly string[]): void {
  const hasFields = typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !isPromise(value)
  if (!hasFields) throw invalid(what, value, known === undefined ? 'an object' : `an object of ${known.join(', ')}`)
  const other = known === undefined ? undefined : Object.keys(value).find((field) => !known.includes(field))
  if (other === undefined) return
  throw new StreamError('ARGUMENT_INVALID', `${what} has a field "${other}": expected only ${known?.join(', ')}.`)
}

const invalid = (what: string, got: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${what} is ${describeValue(got)}: expected ${expected}.`)
