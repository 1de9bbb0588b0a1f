/**
 * The coordinator of the model: both charts behind one step, effects carried out as the coordinator's actor does.
 *
 * Deletions that do not wait (`discards`) happen within the step that orders them: the charts order none while
 * something about that checkpoint is under way (INV-CC-5), so they commute with every other delivery.
 */

import type { PlainCoordinatorState } from '../../machines/checkpoint-coordinator/coordinator.ts'
import { isForGood } from '../../machines/checkpoint-coordinator/coordinator-context.ts'
import type {
  CheckpointAnnouncement,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../../machines/checkpoint-coordinator/protocol.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ActorModel, Message, Output } from '../explorer/system.ts'
import { decidedFirst } from './decided-first.ts'
import { laneOf } from './disk-lanes.ts'
import type { ToCoordinator } from './model-messages.ts'
import { type CheckpointModelOptions, configOf, isSlow, type SlowKind } from './model-options.ts'
import type { KernelRules } from './protocol-parts.ts'
import type { SteppedCoordinator } from './stepped-chart.ts'
import { stateKey } from './storage-model.ts'
import { idOf } from './topology.ts'

/** Something worth knowing that the last step saw. Cleared by the next one. */
export type Sight =
  | 'late acknowledgement'
  | 'expired'
  | 'stored while failing'
  | 'subsumed'
  | 'declined'
  | 'stopped by a failure'

export interface CoordinatorModelState {
  readonly charts: PlainCoordinatorState | undefined
  readonly epoch: number
  readonly sight?: Sight
}

export interface CoordinatorSetting {
  readonly options: CheckpointModelOptions
  readonly logic: SteppedCoordinator
  readonly rules: KernelRules
}

export function coordinatorModel(setting: CoordinatorSetting): ActorModel<CoordinatorModelState, ToCoordinator> {
  const { logic, options } = setting
  const config = configOf(options)
  return {
    start: { state: { charts: undefined, epoch: 0 }, outputs: [] },
    receive(state, message) {
      if (message.type === 'coordinator.begins') {
        const { epoch, lastId, completed } = message
        const { state: charts } = logic.start({
          config,
          restored: { lastId: idOf(lastId), completed: completed.map(idOf) },
        })
        return { state: { charts, epoch }, outputs: [] }
      }
      if (state.charts === undefined) return { state, outputs: [] }
      const event = { ...message, at: 0, random: 0 } as CoordinatorEvent
      const { state: charts, effects } = logic.step(state.charts, event)
      // That what it ordered is gone is the end of the same step, unless it took its time.
      const sight = event.type === 'storage.cleaned' ? state.sight : sightOf(state.charts, event, effects)
      const unheard = unheardBy(state.charts, event)
      const order = { setting, epoch: state.epoch, main: charts.main, unheard }
      const outputs = [...heard(event), ...effects.flatMap((effect) => carryOut(order, effect))]
      const spends = spent(setting, state.charts, event)
      return {
        state: { charts, epoch: state.epoch, ...(sight !== undefined && { sight }) },
        outputs: decidedFirst(outputs),
        ...(spends !== undefined && { spends }),
      }
    },
  }
}

/**
 * Timers may fire at any time, but not without end; but for the interval when all data has ended, since it is what tries the
 * final checkpoint again.
 */
function spent(
  { options }: CoordinatorSetting,
  { main }: PlainCoordinatorState,
  event: CoordinatorEvent,
): string | undefined {
  if (event.type !== 'timer.fired') return undefined
  if (event.name === 'interval') {
    const { plan, ended } = main.context
    const running = plan.tasks.filter(({ finished }) => !finished)
    return ended.length > 0 && ended.length === running.length ? undefined : 'periodic'
  }
  if (!event.name.startsWith('timeout/')) return undefined
  return options.expiries === undefined ? undefined : 'expiries'
}

const fact = (told: Fact): Output => ({ type: 'fact', fact: told })

function heard(event: CoordinatorEvent): readonly Output[] {
  if (event.type !== 'subtask.acknowledged') return []
  const { checkpointId, subtask, attempt } = event
  return [fact({ type: 'acknowledgement.heard', checkpointId, subtask, attempt })]
}

function sightOf(
  before: PlainCoordinatorState,
  event: CoordinatorEvent,
  effects: readonly CoordinatorEffect[],
): Sight | undefined {
  for (const effect of effects) {
    if (effect.type !== 'announce') continue
    if (effect.params.type === 'acknowledged-late') return 'late acknowledgement'
    if (effect.params.type !== 'aborted') continue
    const { reason } = effect.params
    if (reason === 'CHECKPOINT_EXPIRED') return 'expired'
    if (reason === 'CHECKPOINT_SUBSUMED') return 'subsumed'
    if (event.type === 'subtask.declined') return 'declined'
  }
  if (event.type === 'job.stopping' && event.failedSubtask !== undefined) return 'stopped by a failure'
  if (event.type !== 'manifest.stored') return undefined
  const pending = before.pending.find(({ context }) => context.id === event.checkpointId)
  return pending?.value === 'storingWhileFailing' ? 'stored while failing' : undefined
}

/** The states of subtasks that it still waits for when it hears that one of them has failed. */
function unheardBy({ pending }: PlainCoordinatorState, event: CoordinatorEvent): readonly string[] {
  if (event.type !== 'job.stopping' || event.failedSubtask === undefined) return []
  return pending.flatMap(({ context: { id, participants } }) =>
    participants.flatMap(({ subtask, state }) => (state === undefined ? [stateKey(id, subtask)] : [])),
  )
}

interface Order {
  readonly setting: CoordinatorSetting
  readonly epoch: number
  readonly main: PlainCoordinatorState['main']
  readonly unheard: readonly string[]
}

function carryOut(
  { setting: { options, rules }, epoch, main, unheard }: Order,
  effect: CoordinatorEffect,
): readonly Output[] {
  const send = (to: string, message: Message, slow?: SlowKind): Output => ({
    type: 'send',
    to,
    message,
    ...((slow === undefined || !isSlow(options, slow, to)) && { immediate: true as const }),
  })
  const { attempt } = main.context
  const toEach = (subtasks: readonly string[], slow: SlowKind, message: Message): Output[] =>
    subtasks.map((subtask) => send(subtask, { ...message, attempt } as Message, slow))
  switch (effect.type) {
    case 'triggerBarrier': {
      const { subtasks, ...facts } = effect.params
      return toEach(subtasks, 'triggers', { type: 'checkpoint.triggered', ...facts })
    }
    case 'putManifest': {
      const { checkpointId, kind, states, finished } = effect.params
      const ended = states.filter(({ state }) => state.finished).map(({ subtask }) => subtask)
      const put = {
        type: 'manifest.put',
        checkpointId,
        kind,
        subtasks: states.map(({ subtask }) => subtask),
        finished: [...finished, ...ended],
        epoch,
      }
      const stored = { type: 'manifest.stored', checkpointId, path: `${checkpointId}` }
      return [
        fact({ type: 'manifest.ordered', checkpointId }),
        send(laneOf(checkpointId), put, 'manifests'),
        ...(rules.confirmsManifest === 'ordered' ? [send('coordinator', stored)] : []),
      ]
    }
    case 'publishSavepoint':
      return [send('savepoints', { type: 'savepoint.create', checkpointId: effect.params.checkpointId } as Message)]
    case 'notifyComplete': {
      const { checkpointId, subtasks } = effect.params
      return [
        fact({ type: 'completion.told', checkpointId, subtasks }),
        ...toEach(subtasks, 'completions', { type: 'checkpoint.completed', checkpointId } as Message),
      ]
    }
    case 'notifyAborted': {
      const { checkpointId, subtasks } = effect.params
      return [
        fact({ type: 'abortion.told', checkpointId, subtasks }),
        ...toEach(subtasks, 'aborts', { type: 'checkpoint.aborted', checkpointId } as Message),
      ]
    }
    case 'discard':
      return [discard([effect.params.checkpointId])]
    case 'retire':
      return [discard(effect.params.checkpointIds)]
    case 'reply': {
      const { requestId, outcome } = effect.params
      const done = outcome.type === 'completed' ? outcome : undefined
      return [send('client', { type: 'request.answered', requestId, checkpointId: done?.checkpointId } as Message)]
    }
    case 'settled':
      return [
        fact({ type: 'settled', latest: effect.params.latest }),
        send('job', { type: 'checkpoints.settled', latest: effect.params.latest } as Message),
      ]
    case 'failJob': {
      const { code } = effect.params
      const failure = { code, message: 'given up', restartable: !isForGood(code) }
      return [send('job', { type: 'job.crashed', failure } as Message)]
    }
    case 'announce':
      return announced(effect.params, attempt)
    case 'timer.set':
    case 'timer.clear':
      return [{ type: effect.type, name: effect.params.name }]
    case 'report':
      return []
  }

  function discard(checkpointIds: readonly number[]): Output {
    const order = { type: 'checkpoints.discard', checkpointIds, epoch, ...(unheard.length > 0 && { unheard }) }
    return send('storage', order as Message, 'discards')
  }
}

function announced(announcement: CheckpointAnnouncement, attempt: number): readonly Output[] {
  switch (announcement.type) {
    case 'triggered': {
      const { checkpointId, kind, periodic, participants } = announcement
      return [fact({ type: 'triggered', checkpointId, kind, attempt, periodic, participants, at: 0 })]
    }
    case 'completed': {
      const { checkpointId, kind } = announcement
      return [fact({ type: 'completed', checkpointId, kind, at: 0 })]
    }
    case 'aborted': {
      const { checkpointId, kind, reason } = announcement
      return [fact({ type: 'aborted', checkpointId, kind, reason, at: 0 })]
    }
    default:
      return []
  }
}
