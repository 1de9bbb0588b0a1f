/**
 * The disk of the model: it survives everything. Each operation happens at one moment; what makes it late is that its
 * order waits in a channel. Its answer is heard within the same step, for between the moment on the disk and the answer
 * nothing else asks the disk for what has changed but the next process, and that one comes after a fault, which may
 * come before the operation just as well.
 *
 * What an older owner of the job orders is refused; nobody lives to hear the answer.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import type { JobStatus } from '../../core/job-status.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ActorModel, Output, Turn } from '../explorer/system.ts'
import type { Content, ToStorage } from './model-messages.ts'
import type { CheckpointModelOptions } from './model-options.ts'
import type { KernelRules } from './protocol-parts.ts'
import { savepointStep, without } from './savepoint-steps.ts'
import { type Asked, answer, failure } from './storage-failures.ts'

interface Manifest {
  readonly kind: SnapshotKind
  readonly subtasks: readonly string[]
  readonly finished: readonly string[]
}

export interface StorageState {
  readonly epoch: number
  /** By `<checkpoint>/<subtask>`. */
  readonly states: Readonly<Record<string, Content>>
  readonly manifests: Readonly<Record<string, Manifest>>
  /** By checkpoint: the savepoints that hold it. */
  readonly pins: Readonly<Record<string, readonly string[]>>
  /** By name: the checkpoint. */
  readonly pointers: Readonly<Record<string, number>>
  /** By name: self-contained savepoints, and those that are to become one. */
  readonly copies: Readonly<Record<string, 'copied' | 'sealed'>>
  /** Checkpoints that the job has let go and a pin still holds. */
  readonly letGo: readonly number[]
  /** The highest id ever seen here. */
  readonly highest: number
  /** Noted when a job ends for good: nothing is resumed. */
  readonly over: boolean
  /** The last operation removed state that was durable when a subtask failed, and not yet acknowledged. */
  readonly sight?: 'durable and unheard'
}

export interface StorageSetting {
  readonly options: CheckpointModelOptions
  readonly rules: KernelRules
}

const emptyDisk: StorageState = {
  epoch: 0,
  states: {},
  manifests: {},
  pins: {},
  pointers: {},
  copies: {},
  letGo: [],
  highest: 0,
  over: false,
}

const fact = (told: Fact): Output => ({ type: 'fact', fact: told })

export const stateKey = (checkpoint: number, subtask: string): string => `${checkpoint}/${subtask}`

export function storageModel(setting: StorageSetting): ActorModel<StorageState, ToStorage> {
  const canFail = setting.options.storeFailures > 0
  return {
    start: { state: emptyDisk, outputs: [] },
    receive(state, message) {
      if (message.type === 'storage.open') return open(setting, state)
      if (!setting.rules.accepts(message.epoch, state.epoch)) {
        return { state, outputs: [fact({ type: 'write.refused', epoch: message.epoch })] }
      }
      const alive = message.epoch === state.epoch
      const { sight: _, ...before } = state
      const done = carryOut(setting, state.sight === undefined ? state : before, message)
      // An owner that is gone hears nothing.
      const turn = { state: done.state, outputs: alive ? done.outputs : done.outputs.filter(isFact) }
      const failed = canFail && alive ? failure(message) : undefined
      if (failed === undefined) return turn
      const fails = { state, outputs: failed, label: 'fails', spends: 'store failures' }
      if (message.type !== 'savepoint.step' || message.step === 'reserve') return [{ ...turn, label: 'done' }, fails]
      // A step of a savepoint may have happened all the same.
      const told = done.outputs.filter(isFact)
      const doubtful = { ...fails, state: done.state, outputs: [...told, ...failed], label: 'is done, and fails' }
      return [{ ...turn, label: 'done' }, fails, doubtful]
    },
  }
}

const isFact = ({ type }: Output): boolean => type === 'fact'

function open({ rules }: StorageSetting, before: StorageState): Turn<StorageState> {
  const epoch = before.epoch + 1
  const { state, outputs } = rules.sweeps ? sweep({ ...before, epoch }) : { state: { ...before, epoch }, outputs: [] }
  const restorable = Object.entries(state.manifests)
    .filter(([, { kind }]) => rules.restorable(kind))
    .map(([id]) => Number(id))
    .toSorted((a, b) => a - b)
  // One that was let go is no restore point of the job any more; but if it is the newest, the job goes on from it all the same.
  const completed = restorable.filter((id) => !state.letGo.includes(id))
  const newest = restorable.at(-1)
  const lastId = rules.lastId(state.highest, newest ?? 0)
  const opened = { type: 'storage.opened', epoch, lastId, completed, newest, over: state.over }
  return { state, outputs: [fact({ type: 'lease.taken', epoch }), ...outputs, answer('job', opened)] }
}

/** Removes what no manifest names, and what was let go and nothing holds. */
function sweep(before: StorageState): Turn<StorageState> {
  const { epoch } = before
  let state = before
  const outputs: Output[] = []
  for (const key of Object.keys(state.states)) {
    const [id, subtask] = key.split('/') as [string, string]
    if (state.manifests[id] !== undefined) continue
    state = { ...state, states: without(state.states, key) }
    outputs.push(fact({ type: 'state.deleted', epoch, checkpointId: Number(id), subtask }))
  }
  return { state, outputs }
}

function carryOut(setting: StorageSetting, state: StorageState, message: Asked): Turn<StorageState> {
  const { epoch } = message
  switch (message.type) {
    case 'state.write': {
      const { checkpointId, subtask, content, attempt } = message
      const states = { ...state.states, [stateKey(checkpointId, subtask)]: content }
      return {
        state: { ...state, states, highest: Math.max(state.highest, checkpointId) },
        outputs: [
          fact({ type: 'state.stored', epoch, checkpointId, subtask }),
          answer(subtask, { type: 'state.written', checkpointId, attempt, stored: true }),
        ],
      }
    }
    case 'state.discard': {
      const { checkpointId, subtask } = message
      const key = stateKey(checkpointId, subtask)
      if (state.states[key] === undefined) return { state, outputs: [] }
      return {
        state: { ...state, states: without(state.states, key) },
        outputs: [fact({ type: 'state.deleted', epoch, checkpointId, subtask })],
      }
    }
    case 'manifest.put': {
      const { checkpointId, kind, subtasks, finished } = message
      const manifests = { ...state.manifests, [checkpointId]: { kind, subtasks, finished } }
      return {
        state: { ...state, manifests, highest: Math.max(state.highest, checkpointId) },
        outputs: [
          fact({ type: 'manifest.stored', epoch, checkpointId, kind }),
          answer('coordinator', { type: 'manifest.stored', checkpointId, path: `${checkpointId}` }),
        ],
      }
    }
    case 'checkpoints.discard': {
      const { checkpointIds } = message
      const turn = discardAll(setting, state, checkpointIds, epoch)
      const unheard = (message.unheard ?? []).some((key) => state.states[key] !== undefined)
      const kept = checkpointIds.filter((id) => turn.state.letGo.includes(id))
      const cleaned = answer('coordinator', { type: 'storage.cleaned', checkpointIds, kept, failed: undefined })
      return {
        state: unheard ? { ...turn.state, sight: 'durable and unheard' } : turn.state,
        outputs: [...turn.outputs, cleaned],
      }
    }
    case 'attempt.prepare':
      return { state, outputs: [answer('job', prepared(setting, state, message))] }
    case 'storage.release':
      return release(setting, state, message.status, epoch)
    case 'savepoint.step':
      return savepointStep(state, message, (unpinned) => discard(setting, unpinned, message.checkpointId, epoch))
  }
}

/** A job that fails, is canceled or suspended keeps what it may go on from. */
function release(setting: StorageSetting, before: StorageState, status: JobStatus, epoch: number): Turn<StorageState> {
  const ids = status === 'FINISHED' ? Object.keys(before.manifests).map(Number) : []
  const kept = discardAll(setting, before, ids, epoch)
  const left = { ...kept.state, over: status !== 'SUSPENDED' }
  const swept = left.over && setting.rules.sweeps ? sweep(left) : { state: left, outputs: [] }
  return { state: swept.state, outputs: [...kept.outputs, ...swept.outputs, answer('job', { type: 'job.released' })] }
}

function discardAll(
  setting: StorageSetting,
  before: StorageState,
  ids: readonly number[],
  epoch: number,
): Turn<StorageState> {
  let state = before
  const outputs: Output[] = []
  for (const id of ids) {
    const turn = discard(setting, state, id, epoch)
    state = turn.state
    outputs.push(...turn.outputs)
  }
  return { state, outputs }
}

function discard({ rules }: StorageSetting, state: StorageState, id: number, epoch: number): Turn<StorageState> {
  const pinned = (state.pins[id] ?? []).length > 0
  if (!rules.mayDelete({ pinned })) {
    const letGo = state.letGo.includes(id) ? state.letGo : [...state.letGo, id].toSorted((a, b) => a - b)
    return { state: { ...state, letGo }, outputs: [] }
  }
  const keys = Object.keys(state.states).filter((key) => key.startsWith(`${id}/`))
  if (keys.length === 0 && state.manifests[id] === undefined) return { state, outputs: [] }
  return {
    state: {
      ...state,
      manifests: without(state.manifests, `${id}`),
      states: without(state.states, ...keys),
      letGo: state.letGo.filter((other) => other !== id),
    },
    outputs: [fact({ type: 'checkpoint.deleted', epoch, checkpointId: id })],
  }
}

function prepared(
  { rules }: StorageSetting,
  state: StorageState,
  { attempt, latest }: Extract<Asked, { type: 'attempt.prepare' }>,
): object {
  const none = { type: 'attempt.prepared', attempt, restored: undefined, given: {}, contents: {}, finished: [] }
  if (latest === undefined) return none
  const manifest = state.manifests[latest]
  if (manifest === undefined) return { type: 'attempt.unprepared', attempt }
  const stored = Object.keys(state.manifests).map(Number)
  const contents: Record<string, Content> = {}
  const given: Record<string, number> = {}
  for (const subtask of manifest.subtasks) {
    const from = rules.restores(subtask, latest, stored)
    const content = state.states[stateKey(from, subtask)]
    if (content === undefined) return { type: 'attempt.unprepared', attempt }
    contents[subtask] = content
    given[subtask] = from
  }
  return { ...none, restored: latest, given, contents, finished: manifest.finished }
}
