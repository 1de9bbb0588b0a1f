/**
 * A savepoint made from another one, or from nothing, without a job. Owns which changes there are and what each refuses; what
 * is written is in `operator-output.ts`. Tests: test/savepoint/savepoint-builder.test.ts, test/savepoint/bootstrap.test.ts.
 */
import type { Manifest, StoredState } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { makeJobId, parseJobId, parseOperatorId } from '../core/ids.ts'
import { checkParallelism, defaultMaxParallelism, type Key } from '../core/key-groups.ts'
import type { OperatorItems } from '../core/operator-state.ts'
import { Random } from '../core/random.ts'
import type { StateKind } from '../core/state-handles.ts'
import { idOfUid } from '../graph/operator-ids.ts'
import {
  draftOf,
  type NewRows,
  type OperatorDraft,
  type RowChange,
  type StateDraft,
  withNewState,
  withState,
} from './operator-draft.ts'
import { labelOf, oneCalled } from './operator-facts.ts'
import {
  type KeyedRow,
  type OperatorStateRow,
  type SavepointReader,
  type TimerRow,
  timestampsOf,
} from './savepoint-reader.ts'
import { type WriteSavepointOptions, writeSavepoint } from './write-savepoint.ts'

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

/**
 * Collects changes and writes a self-contained savepoint. Nothing is read or written before `write`.
 *
 * @example
 * await SavepointBuilder.empty({ jobName: 'word count' })
 *   .addOperator({ uid: 'count', keyed: { count: { kind: 'value', rows: new Map([['be', 2]]) } } })
 *   .write('state/bootstrap')
 */
export class SavepointBuilder {
  readonly #job: Manifest['job']
  readonly #base: SavepointReader | undefined
  #operators: readonly OperatorDraft[]

  private constructor(job: Manifest['job'], base: SavepointReader | undefined) {
    this.#job = job
    this.#base = base
    this.#operators = base === undefined ? [] : base.manifest.operators.map((operator) => draftOf(base, operator))
  }

  /** With everything that another savepoint has, which stays as it is. */
  static from(savepoint: SavepointReader): SavepointBuilder {
    return new SavepointBuilder(savepoint.manifest.job, savepoint)
  }

  /** With nothing. `jobId`: 32 hex digits, drawn when it is left out. Fails with `JOB_ID_INVALID`. */
  static empty({ jobName, jobId }: { readonly jobName: string; readonly jobId?: string }): SavepointBuilder {
    const id = jobId === undefined ? makeJobId(Random.fromEntropy().bytes(16)) : parseJobId(jobId)
    return new SavepointBuilder({ id, name: jobName }, undefined)
  }

  /** Fails with `UID_DUPLICATE`, `UID_INVALID`, `PARALLELISM_INVALID`, `MAX_PARALLELISM_INVALID` or `ARGUMENT_INVALID`. */
  addOperator(operator: NewOperator): this {
    const { uid, name = uid, parallelism = 1, keyed = {}, timers = {}, lists = {}, whole } = operator
    const { maxParallelism = defaultMaxParallelism(parallelism) } = operator
    if (typeof uid !== 'string' || uid === '') throw new StreamError('UID_INVALID', `"${uid}" is not a uid.`)
    checkParallelism(`Operator "${uid}"`, parallelism, maxParallelism)
    const id = idOfUid(uid)
    const states = [
      ...Object.entries(keyed).map(([state, { rows, kind, version }]) => newState(state, kind, version, rows)),
      ...Object.entries(timers).map(([queue, rows]) => newState(queue, 'timers', undefined, rows)),
    ]
    if (whole !== undefined && (whole.length !== parallelism || Object.keys(lists).length > 0)) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `Operator "${uid}" has ${whole.length} values of state without keys and parallelism ${parallelism}: expected one for each subtask, and no lists beside it.`,
      )
    }
    const nothing = { stored: undefined, states: [], listsRemoved: new Set<string>(), listChanges: [] }
    const draft: OperatorDraft = {
      ...{ id, uid, name, vertex: id, parallelism, maxParallelism },
      ...nothing,
      lists: new Map(Object.entries(lists)),
      whole,
    }
    this.#refuseTaken(id, `Operator "${uid}"`)
    this.#operators = [...this.#operators, states.reduce(withNewState, draft)]
    return this
  }

  /** Adds a keyed state to an operator. Fails with `STATE_NAME_DUPLICATE`, `ARGUMENT_INVALID`. */
  addState(operator: string, name: string, { kind, version, rows }: NewState): this {
    return this.#change(operator, (draft) => withNewState(draft, newState(name, kind, version, rows)))
  }

  /**
   * Gives every row of a keyed state to `change`, which returns what becomes of it: the row or another one, `undefined` for none,
   * or several. Keys may change, too; two rows of one key are refused when the savepoint is written. Fails with `ARGUMENT_INVALID`.
   */
  transform<V = unknown, W = V>(operator: string, state: string, change: RowChange<V, W>, to: ChangedState = {}): this {
    return this.#change(operator, (draft) =>
      withState(draft, state, (one) => {
        refuseTimers(one, draft)
        const changes = [...one.changes, change as unknown as RowChange]
        return { ...one, ...(to.kind && { kind: to.kind }), ...versionOf(to.version ?? one.version, state), changes }
      }),
    )
  }

  /** The same for timers: `change` returns the timestamps that the key has then; none removes it. Fails with `ARGUMENT_INVALID`. */
  transformTimers(operator: string, queue: string, change: (row: TimerRow) => readonly number[]): this {
    const changeRow = ({ key, keyGroup, value }: KeyedRow) => {
      return { key, value: change({ key, keyGroup, timestamps: timestampsOf(value) }) }
    }
    return this.#change(operator, (draft) =>
      withState(draft, queue, (one) => ({ ...one, changes: [...one.changes, changeRow] })),
    )
  }

  /** Gives each item, or each whole value, of state without keys to `change`; where there was one, `undefined` removes it. Fails with `ARGUMENT_INVALID`. */
  transformOperatorState(operator: string, change: (row: OperatorStateRow) => unknown): this {
    return this.#change(operator, (draft) => ({ ...draft, listChanges: [...draft.listChanges, change] }))
  }

  /** Gives an operator a list of state without keys, in place of one of that name. Fails with `ARGUMENT_INVALID`. */
  setList(operator: string, name: string, list: OperatorItems): this {
    return this.#change(operator, (draft) => {
      const isWhole = draft.stored?.operator.subtasks.some(({ operator: handle }) => handle && !handle.states)
      if (draft.whole === undefined && isWhole !== true) {
        return { ...draft, lists: new Map([...draft.lists, [name, list]]) }
      }
      throw new StreamError(
        'ARGUMENT_INVALID',
        `Operator ${labelOf(draft)} has state without keys that is whole: it cannot have the list "${name}" beside it.`,
      )
    })
  }

  removeOperator(operator: string): this {
    const { id } = this.#called(operator)
    this.#operators = this.#operators.filter((draft) => draft.id !== id)
    return this
  }

  /** Removes a keyed state, a timer queue, or a list. Fails with `ARGUMENT_INVALID`. */
  removeState(operator: string, state: string): this {
    return this.#change(operator, (draft) => {
      const { lists = [] } = this.#base?.operators.find(({ id }) => id === draft.stored?.operator.id) ?? {}
      const isList = draft.lists.has(state) || lists.some(({ name }) => name === state)
      if (!isList) return withState(draft, state, () => undefined)
      const left = [...draft.lists].filter(([name]) => name !== state)
      return { ...draft, lists: new Map(left), listsRemoved: new Set([...draft.listsRemoved, state]) }
    })
  }

  /** Renames a keyed state or a timer queue. Fails with `ARGUMENT_INVALID`, `STATE_NAME_DUPLICATE`. */
  renameState(operator: string, from: string, to: string): this {
    return this.#change(operator, (draft) => {
      const [renamed] = withState(draft, from, (state) => state).states.filter(({ name }) => name === from)
      const rest = { ...draft, states: draft.states.filter(({ name }) => name !== from) }
      return withNewState(rest, { ...renamed!, name: to })
    })
  }

  /**
   * Gives an operator another uid, so that its state goes to the operator of that uid, or another id (32 hex digits) for one
   * without. Fails with `UID_DUPLICATE`, `OPERATOR_ID_INVALID`, `ARGUMENT_INVALID`.
   */
  renameOperator(operator: string, to: { readonly uid: string } | { readonly id: string }): this {
    const before = this.#called(operator)
    const uid = 'uid' in to ? to.uid : undefined
    const id = 'uid' in to ? idOfUid(to.uid) : parseOperatorId(to.id)
    if (id !== before.id) this.#refuseTaken(id, `Operator ${labelOf(before)}, renamed,`)
    this.#operators = this.#operators.map((draft) => ({
      ...draft,
      ...(draft.id === before.id && { id, uid }),
      ...(draft.vertex === before.id && { vertex: id }),
    }))
    return this
  }

  /**
   * Gives an operator, and those chained to it, another number of key groups: every key is hashed again. Nothing else can
   * change it. Fails with `MAX_PARALLELISM_INVALID`, `PARALLELISM_INVALID`, or `ARGUMENT_INVALID` when records were on their way.
   */
  setMaxParallelism(operator: string, maxParallelism: number): this {
    const { vertex } = this.#called(operator)
    this.#operators = this.#operators.map((draft) => {
      if (draft.vertex !== vertex) return draft
      checkParallelism(`Operator ${labelOf(draft)}`, draft.parallelism, maxParallelism)
      if (draft.stored?.operator.subtasks.some(({ inFlight }) => inFlight !== undefined)) {
        throw new StreamError(
          'ARGUMENT_INVALID',
          `Operator ${labelOf(draft)} cannot have another maximum parallelism: records were on their way to it, and belong ` +
            'to key groups. Take a savepoint, which is aligned, and change that one.',
        )
      }
      return { ...draft, maxParallelism }
    })
    return this
  }

  /**
   * Writes the savepoint into a directory, which is made and must be empty, and opens it. It is there as a whole when this
   * resolves, and not at all when it fails. Its memory is bounded, whatever the size. Rows that can be iterated only once
   * make it a builder that can be written only once.
   *
   * Fails with `ARGUMENT_INVALID`, `USER_FUNCTION_FAILED` when a change or the rows throw, `STATE_NOT_SERIALIZABLE`,
   * `DIRECTORY_NOT_WRITABLE`, `STORAGE_FULL`, `STORAGE_FAILED`, and as the reading of the other savepoint does.
   */
  write(dir: string, options: WriteSavepointOptions = {}): Promise<SavepointReader> {
    const base = this.#base?.manifest
    const renamed = new Map(
      this.#operators.flatMap(({ id, stored }) => (stored === undefined ? [] : [[stored.operator.id as string, id]])),
    )
    const checkpointId = base?.checkpointId
    return writeSavepoint(dir, { job: this.#job, checkpointId, operators: this.#operators, renamed }, options)
  }

  #called(operator: string): OperatorDraft {
    return oneCalled(this.#operators, operator)
  }

  #change(operator: string, change: (draft: OperatorDraft) => OperatorDraft): this {
    const called = this.#called(operator)
    const changed = change(called)
    this.#operators = this.#operators.map((draft) => (draft === called ? changed : draft))
    return this
  }

  #refuseTaken(id: string, what: string): void {
    const taken = this.#operators.find((draft) => draft.id === id)
    if (taken === undefined) return
    throw new StreamError('UID_DUPLICATE', `${what} would have the id ${id}, which ${labelOf(taken)} has already.`)
  }
}

function newState(
  name: string,
  kind: StoredState['kind'],
  version: number | undefined,
  rows: Iterable<readonly [Key, unknown]> | AsyncIterable<readonly [Key, unknown]>,
): StateDraft {
  return { name, kind, ...versionOf(version, name), from: { rows }, changes: [] }
}

/** Version 0 is that of a state which never said one. Fails with `ARGUMENT_INVALID`. */
function versionOf(version: number | undefined, state: string): { readonly version: number | undefined } {
  if (version === undefined || version === 0) return { version: undefined }
  if (Number.isSafeInteger(version) && version > 0) return { version }
  throw new StreamError('ARGUMENT_INVALID', `State "${state}" has version ${version}: expected an integer from 0.`)
}

function refuseTimers({ name, kind }: StateDraft, draft: OperatorDraft): void {
  if (kind !== 'timers') return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `"${name}" of operator ${labelOf(draft)} holds timers: use transformTimers.`,
  )
}
