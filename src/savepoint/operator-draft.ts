/**
 * One operator of a savepoint in the making, as data: what it has of another savepoint, and what becomes of it.
 * Tests: test/savepoint/savepoint-builder.test.ts.
 */
import type { ManifestOperator, StoredState } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { OperatorItems } from '../core/operator-state.ts'
import { labelOf, listed, storedStates } from './operator-facts.ts'
import type { KeyedRow, OperatorStateRow, SavepointReader } from './savepoint-reader.ts'

/** Rows of a state that is new: a `Map` from key to value, or pairs from anywhere, each key once. */
export type NewRows<V = unknown> = Iterable<readonly [Key, V]> | AsyncIterable<readonly [Key, V]>

/** What a row becomes: itself or another one, none, or several. */
export type RowChange<V = unknown, W = unknown> = (
  row: KeyedRow<V>,
) => ChangedRow<W> | undefined | readonly ChangedRow<W>[]

export interface ChangedRow<V = unknown> {
  readonly key: Key
  readonly value: V
}

export interface StateDraft extends StoredState {
  /** The name of a state in the other savepoint, or rows. */
  readonly from: { readonly stored: string } | { readonly rows: NewRows }
  /** Carried out one after the other. */
  readonly changes: readonly RowChange[]
}

export interface OperatorDraft {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
  readonly vertex: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly stored: { readonly savepoint: SavepointReader; readonly operator: ManifestOperator } | undefined
  /** Keyed states and timers. */
  readonly states: readonly StateDraft[]
  /** State without keys that is new: lists by their names, or a value for each subtask. */
  readonly lists: ReadonlyMap<string, OperatorItems>
  readonly whole: readonly unknown[] | undefined
  /** Of lists of the other savepoint. */
  readonly listsRemoved: ReadonlySet<string>
  readonly listChanges: readonly ((row: OperatorStateRow) => unknown)[]
}

export function draftOf(savepoint: SavepointReader, operator: ManifestOperator): OperatorDraft {
  const { id, uid, name, vertex, parallelism, maxParallelism } = operator
  return {
    ...{ id, uid, name, vertex, parallelism, maxParallelism },
    stored: { savepoint, operator },
    states: storedStates(operator).map((state) => ({ ...state, from: { stored: state.name }, changes: [] })),
    lists: new Map(),
    whole: undefined,
    listsRemoved: new Set(),
    listChanges: [],
  }
}

/** Is its keyed state other than in the other savepoint, so that it must be written anew? */
export function isKeyedChanged({ stored, states, maxParallelism }: OperatorDraft): boolean {
  if (stored === undefined || stored.operator.maxParallelism !== maxParallelism) return true
  const kept = states.filter(({ from, name, changes }) => {
    return 'stored' in from && from.stored === name && changes.length === 0
  })
  return kept.length < states.length || states.length < storedStates(stored.operator).length
}

/** Are its keys dealt out to its subtasks again? */
export const isDealtAgain = (draft: OperatorDraft): boolean => draft.states.length > 0 && isKeyedChanged(draft)

/** Had some of its subtasks finished, and others not? */
export function isPartlyFinished({ stored }: OperatorDraft): boolean {
  const ends = new Set(stored?.operator.subtasks.map(({ finished }) => finished))
  return ends.size > 1
}

/** Is its state without keys? */
export const isListsChanged = ({ lists, whole, listsRemoved, listChanges }: OperatorDraft): boolean =>
  lists.size > 0 || whole !== undefined || listsRemoved.size > 0 || listChanges.length > 0

/** The draft with one keyed state, or timer queue, changed. Fails with `ARGUMENT_INVALID` when it has no such state. */
export function withState(
  draft: OperatorDraft,
  name: string,
  change: (state: StateDraft) => StateDraft | undefined,
): OperatorDraft {
  if (!draft.states.some((state) => state.name === name)) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `Operator ${labelOf(draft)} has no keyed state "${name}": expected one of ${listed(draft.states.map((one) => one.name))}.`,
      { details: { state: name } },
    )
  }
  return { ...draft, states: draft.states.flatMap((state) => (state.name === name ? (change(state) ?? []) : [state])) }
}

/** The draft with a keyed state more. Fails with `STATE_NAME_DUPLICATE`. */
export function withNewState(draft: OperatorDraft, state: StateDraft): OperatorDraft {
  if (draft.states.every(({ name }) => name !== state.name)) return { ...draft, states: [...draft.states, state] }
  throw new StreamError('STATE_NAME_DUPLICATE', `Operator ${labelOf(draft)} has a state "${state.name}" already.`, {
    details: { state: state.name },
  })
}
