/**
 * Whoever asks for savepoints, disposes of them and ends the job, at any time; and the world, which sees what is
 * committed. Neither dies with the process.
 */
import { type SnapshotKind, usualTarget } from '../../core/elements.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ActorModel, Message, Output, Turn } from '../explorer/system.ts'
import type { Items, ToClient, ToWorld } from './model-messages.ts'
import { type CheckpointModelOptions, configOf } from './model-options.ts'
import { savepointName } from './savepoints-model.ts'
import { withItem } from './subtask-state.ts'
import type { Topology } from './topology.ts'

export interface ClientState {
  /** Requests made so far. */
  readonly asked: number
  /** Is the last one unanswered? */
  readonly waiting: boolean
  /** Checkpoints of savepoints that are published and not disposed of. */
  readonly savepoints: readonly number[]
  readonly disposing: boolean
  readonly ended: boolean
}

const send = (to: string, message: object): Output => ({
  type: 'send',
  to,
  message: message as Message,
  immediate: true,
})
const fact = (told: Fact): Output => ({ type: 'fact', fact: told })

export function clientModel(options: CheckpointModelOptions): ActorModel<ClientState, ToClient> {
  const { requests, ends, disposes } = options
  const timer = (name: string): Output => ({ type: 'timer.set', name })
  return {
    start: {
      state: { asked: 0, waiting: false, savepoints: [], disposing: false, ended: false },
      outputs: [...(requests.length > 0 ? [timer('ask')] : []), ...(ends === undefined ? [] : [timer('end')])],
    },
    receive(state, message): Turn<ClientState> {
      const more = state.asked < requests.length ? [timer('ask')] : []
      const { asked } = state
      const request = `request-${state.waiting ? asked : asked + 1}`
      switch (message.type) {
        case 'timer.fired':
          if (message.name === 'ask') return ask(state, request, requests[asked]!)
          if (message.name === 'dispose') return dispose(state)
          return { state: { ...state, ended: true }, outputs: [send('job', { type: `${ends}.requested` })] }
        case 'request.answered': {
          const { checkpointId } = message
          const made = disposes && checkpointId !== undefined ? [checkpointId] : []
          const answered = fact({ type: 'savepoint.answered', request, checkpointId })
          return {
            state: { ...state, waiting: false, savepoints: [...state.savepoints, ...made] },
            outputs: [answered, ...more, ...(made.length > 0 ? [timer('dispose')] : [])],
          }
        }
        case 'disposal.answered': {
          const left = message.failed ? state.savepoints : state.savepoints.slice(1)
          return {
            state: { ...state, disposing: false, savepoints: left },
            outputs: left.length > 0 ? [timer('dispose')] : [],
          }
        }
        case 'process.died':
          return {
            state: { ...state, waiting: false, disposing: false },
            outputs: [
              ...(state.waiting ? more : []),
              ...(state.disposing ? [timer('dispose')] : []),
              ...(ends !== undefined ? [timer('end')] : []),
            ],
          }
        default:
          return { state, outputs: [] }
      }
    },
  }
}

function ask(state: ClientState, request: string, kind: SnapshotKind): Turn<ClientState> {
  const requested = { type: 'checkpoint.requested', requestId: request, kind, target: usualTarget }
  return {
    state: { ...state, asked: state.asked + 1, waiting: true },
    outputs: [fact({ type: 'savepoint.asked', request, kind }), send('coordinator', requested)],
  }
}

function dispose(state: ClientState): Turn<ClientState> {
  const checkpointId = state.savepoints[0]!
  const message = { type: 'savepoint.dispose', savepoint: savepointName(checkpointId), checkpointId }
  return { state: { ...state, disposing: true }, outputs: [send('savepoints', message)] }
}

export interface WorldState {
  /** Parts of the output that are visible, by the snapshot that sealed them. */
  readonly parts: readonly number[]
  /** What is visible. */
  readonly items: readonly Items[]
}

/** A part is made visible once, however often that is asked for: its name is that of the snapshot that sealed it. */
export function worldModel(options: CheckpointModelOptions, topology: Topology): ActorModel<WorldState, ToWorld> {
  const config = configOf(options)
  const began: Fact = {
    type: 'run.began',
    maxConcurrent: config.maxConcurrent,
    savepointsMax: config.savepointsMax,
    minPauseMs: config.minPauseMs,
    retained: config.retained,
    mode: options.mode,
    channels: topology.channels,
    subtasks: topology.subtasks,
    triggersBounded: true,
    outputs: options.bounded ? Object.fromEntries(topology.sources.map((source) => [source, options.records])) : {},
  }
  return {
    start: { state: { parts: [], items: [] }, outputs: [fact(began)] },
    receive(state, { subtask, parts }): Turn<WorldState> {
      const fresh = parts.filter(({ snapshot }) => !state.parts.includes(snapshot))
      if (fresh.length === 0) return { state, outputs: [] }
      let { items } = state
      for (const { stream, first, last } of fresh.flatMap((part) => part.items)) {
        for (let position = first; position <= last; position++) items = withItem(items, stream, position)
      }
      const seen = [...state.parts, ...fresh.map(({ snapshot }) => snapshot)].toSorted((a, b) => a - b)
      const told = fresh.map((part) =>
        fact({ type: 'committed', subtask, checkpointId: part.snapshot, items: part.items }),
      )
      return { state: { parts: seen, items }, outputs: told }
    },
  }
}
