/**
 * A savepoint made from another one, or from nothing, without a job. Owns which changes there are and what each refuses; what
 * is written is in `operator-output.ts`. Tests: test/savepoint/savepoint-builder.test.ts, test/savepoint/bootstrap.test.ts.
 */
import type { Manifest } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { makeJobId, parseJobId, parseOperatorId } from '../core/ids.ts'
import { checkParallelism } from '../core/key-groups.ts'
import type { OperatorItems } from '../core/operator-state.ts'
import { Random } from '../core/random.ts'
import { idOfUid } from '../graph/operator-ids.ts'
import {
  type ChangedState,
  changedState,
  checkFields,
  checkFunction,
  checkList,
  checkUid,
  type NewOperator,
  type NewState,
  newOperator,
  newState,
} from './new-operator.ts'
import {
  draftOf,
  type OperatorDraft,
  type RowChange,
  type StateDraft,
  withNewState,
  withState,
} from './operator-draft.ts'
import { labelOf, oneCalled } from './operator-facts.ts'
import { describeValue } from './row-changes.ts'
import {
  type KeyedRow,
  type OperatorStateRow,
  type SavepointReader,
  type TimerRow,
  timestampsOf,
} from './savepoint-reader.ts'
import { type WriteSavepointOptions, writeSavepoint } from './write-savepoint.ts'

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

  /** With nothing. `jobId`: 32 hex digits, drawn when it is left out. Fails with `JOB_ID_INVALID`, `ARGUMENT_INVALID`. */
  static empty({ jobName, jobId }: { readonly jobName: string; readonly jobId?: string }): SavepointBuilder {
    if (typeof jobName !== 'string' || jobName === '') {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `The job name is ${describeValue(jobName)}: expected a string that is not empty.`,
      )
    }
    const id = jobId === undefined ? makeJobId(Random.fromEntropy().bytes(16)) : parseJobId(jobId)
    return new SavepointBuilder({ id, name: jobName }, undefined)
  }

  /** Fails with `UID_DUPLICATE`, `UID_INVALID`, `PARALLELISM_INVALID`, `MAX_PARALLELISM_INVALID` or `ARGUMENT_INVALID`. */
  addOperator(operator: NewOperator): this {
    const draft = newOperator(operator)
    this.#refuseTaken(draft.id, `Operator "${draft.uid}"`)
    this.#operators = [...this.#operators, draft]
    return this
  }

  /** Adds a keyed state to an operator. Fails with `STATE_NAME_DUPLICATE`, `ARGUMENT_INVALID`. */
  addState(operator: string, name: string, state: NewState): this {
    return this.#change(operator, (draft) => withNewState(draft, newState(name, state, ownerOf(draft))))
  }

  /**
   * Gives every row of a keyed state to `change`, which returns what becomes of it: the row or another one, `undefined` for none,
   * or several. Keys may change, too; two rows of one key are refused when the savepoint is written. Fails with `ARGUMENT_INVALID`.
   */
  transform<V = unknown, W = V>(operator: string, state: string, change: RowChange<V, W>, to: ChangedState = {}): this {
    checkFunction(change, `The change of state "${state}"`)
    return this.#change(operator, (draft) =>
      withState(draft, state, (one) => {
        refuseTimers(one, draft)
        const changes = [...one.changes, change as unknown as RowChange]
        return { ...one, ...changedState(to, one, ownerOf(draft)), changes }
      }),
    )
  }

  /** The same for timers: `change` returns the timestamps that the key has then; none removes it. Fails with `ARGUMENT_INVALID`. */
  transformTimers(operator: string, queue: string, change: (row: TimerRow) => readonly number[]): this {
    const changeRow = ({ key, keyGroup, value }: KeyedRow) => {
      return { key, value: change({ key, keyGroup, timestamps: timestampsOf(value) }) }
    }
    checkFunction(change, `The change of timers "${queue}"`)
    return this.#change(operator, (draft) =>
      withState(draft, queue, (one) => {
        refuseOthers(one, draft)
        return { ...one, changes: [...one.changes, changeRow] }
      }),
    )
  }

  /** Gives each item, or each whole value, of state without keys to `change`; where there was one, `undefined` removes it. Fails with `ARGUMENT_INVALID`. */
  transformOperatorState(operator: string, change: (row: OperatorStateRow) => unknown): this {
    checkFunction(change, 'The change of state without keys')
    return this.#change(operator, (draft) => ({ ...draft, listChanges: [...draft.listChanges, change] }))
  }

  /** Gives an operator a list of state without keys, in place of one of that name. Fails with `ARGUMENT_INVALID`. */
  setList(operator: string, name: string, list: OperatorItems): this {
    return this.#change(operator, (draft) => {
      checkList(list, name, ownerOf(draft))
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
   * without. Fails with `UID_DUPLICATE`, `UID_INVALID`, `OPERATOR_ID_INVALID`, `ARGUMENT_INVALID`.
   */
  renameOperator(operator: string, to: { readonly uid: string } | { readonly id: string }): this {
    const before = this.#called(operator)
    checkFields(to, `The new name of ${ownerOf(before)}`, ['uid', 'id'])
    const uid = 'id' in to ? undefined : to.uid
    if (!('id' in to)) checkUid(uid)
    const id = 'id' in to ? parseOperatorId(to.id) : idOfUid(to.uid)
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

const ownerOf = (draft: OperatorDraft): string => `operator ${labelOf(draft)}`

function refuseTimers({ name, kind }: StateDraft, draft: OperatorDraft): void {
  if (kind !== 'timers') return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `"${name}" of operator ${labelOf(draft)} holds timers: use transformTimers.`,
  )
}

function refuseOthers({ name, kind }: StateDraft, draft: OperatorDraft): void {
  if (kind === 'timers') return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `"${name}" of operator ${labelOf(draft)} is a state of kind ${kind} and holds no timers: use transform.`,
  )
}
