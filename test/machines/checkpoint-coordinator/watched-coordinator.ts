/**
 * The coordinator together with a witness that remembers what it was told and what it ordered, as one system for the
 * walk. The witness knows messages only, not the machines.
 */
import type { SnapshotKind } from '../../../src/core/elements.ts'
import {
  type CoordinatorState,
  coordinatorInitial,
  stepCoordinator,
} from '../../../src/machines/checkpoint-coordinator/coordinator.ts'
import type {
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import type { Stepped } from '../../../src/machines/step.ts'
import { canonical } from '../../../src/testing/canonical.ts'
import { memoised, type System, stateName } from '../../../src/testing/machine-harness.ts'
import { config } from './coordinator-events.ts'

/** What an onlooker knows, from messages only. */
export interface Witness {
  readonly asked: readonly string[]
  readonly answered: readonly string[]
  readonly kinds: Readonly<Record<number, SnapshotKind>>
  readonly acknowledged: readonly string[]
  readonly putting: readonly number[]
  readonly stored: readonly number[]
  readonly published: readonly number[]
  readonly discarded: readonly number[]
  /** Ordered to be removed, by a discard or by retention, and not answered yet. */
  readonly cleaning: readonly number[]
  readonly completed: readonly number[]
  readonly aborted: readonly number[]
  readonly timers: readonly string[]
  readonly owesSettled: number
}

export interface Watched {
  readonly coordinator: CoordinatorState
  readonly witness: Witness
}

const nobody: Witness = {
  asked: [],
  answered: [],
  kinds: {},
  acknowledged: [],
  putting: [],
  stored: [],
  published: [],
  discarded: [],
  cleaning: [],
  completed: [],
  aborted: [],
  timers: [],
  owesSettled: 0,
}

const add = <T>(list: readonly T[], item: T): readonly T[] => (list.includes(item) ? list : [...list, item].sort())
const drop = <T>(list: readonly T[], item: T): readonly T[] => list.filter((other) => other !== item)

export function heard(witness: Witness, event: CoordinatorEvent): Witness {
  switch (event.type) {
    case 'job.stopping':
      return { ...witness, owesSettled: 1 }
    case 'checkpoint.requested':
      return { ...witness, asked: add(witness.asked, event.requestId) }
    case 'subtask.acknowledged':
      if (!isOpen(witness, event.checkpointId)) return witness
      return {
        ...witness,
        acknowledged: add(witness.acknowledged, `${event.checkpointId} ${event.subtask} ${event.attempt}`),
      }
    case 'manifest.stored':
      if (!witness.putting.includes(event.checkpointId)) return witness
      return {
        ...witness,
        putting: drop(witness.putting, event.checkpointId),
        stored: add(witness.stored, event.checkpointId),
      }
    case 'manifest.failed':
      return { ...witness, putting: drop(witness.putting, event.checkpointId) }
    case 'savepoint.published':
      if (!witness.stored.includes(event.checkpointId)) return witness
      return { ...witness, published: add(witness.published, event.checkpointId) }
    case 'storage.cleaned': {
      const over: readonly number[] = event.checkpointIds
      return { ...witness, cleaning: witness.cleaning.filter((id) => !over.includes(id)) }
    }
    case 'timer.fired':
      return { ...witness, timers: drop(witness.timers, event.name) }
    default:
      return witness
  }
}

function saw(witness: Witness, effect: CoordinatorEffect): Witness {
  switch (effect.type) {
    case 'triggerBarrier':
      return { ...witness, kinds: { ...witness.kinds, [effect.params.checkpointId]: effect.params.kind } }
    case 'putManifest':
      return { ...witness, putting: add(witness.putting, effect.params.checkpointId) }
    case 'discard':
      return {
        ...witness,
        discarded: add(witness.discarded, effect.params.checkpointId),
        cleaning: add(witness.cleaning, effect.params.checkpointId),
      }
    case 'retire':
      return { ...witness, cleaning: effect.params.checkpointIds.reduce(add<number>, witness.cleaning) }
    case 'reply':
      return { ...witness, answered: add(witness.answered, effect.params.requestId) }
    case 'settled':
      return { ...witness, owesSettled: 0 }
    case 'timer.set':
      return { ...witness, timers: add(witness.timers, effect.params.name) }
    case 'timer.clear':
      return { ...witness, timers: drop(witness.timers, effect.params.name) }
    case 'announce':
      if (effect.params.type === 'completed') {
        return { ...witness, completed: add(witness.completed, effect.params.checkpointId) }
      }
      if (effect.params.type === 'aborted') {
        return { ...witness, aborted: add(witness.aborted, effect.params.checkpointId) }
      }
      return witness
    default:
      return witness
  }
}

/** Once a checkpoint has ended, only how it ended is remembered. */
function forgetEnded(witness: Witness): Witness {
  const over = (id: number) => witness.completed.includes(id) || witness.aborted.includes(id)
  if (
    ![...witness.putting, ...witness.stored].some(over) &&
    !witness.acknowledged.some((text) => over(Number.parseInt(text, 10)))
  ) {
    return witness
  }
  return {
    ...witness,
    acknowledged: witness.acknowledged.filter((text) => !over(Number.parseInt(text, 10))),
    putting: witness.putting.filter((id) => !over(id)),
    stored: witness.stored.filter((id) => !over(id)),
    published: witness.published.filter((id) => !over(id)),
    discarded: witness.discarded.filter((id) => !over(id)),
  }
}

export const isOpen = (witness: Witness, id: number): boolean =>
  witness.kinds[id] !== undefined && !witness.completed.includes(id) && !witness.aborted.includes(id)

type Step = typeof stepCoordinator

/** `step` may be a broken copy, to see that the invariants catch it. */
export function watchedCoordinator(
  overrides: Partial<CoordinatorConfig> = {},
  step: Step = stepCoordinator,
): System<Watched, CoordinatorEvent, CoordinatorEffect> {
  const first = coordinatorInitial({ ...config, ...overrides }, { lastId: 0, completed: [] })
  return {
    initial: { snapshot: { coordinator: first.snapshot, witness: nobody }, effects: first.effects },
    step({ coordinator, witness }, event): Stepped<Watched, CoordinatorEffect> {
      const { snapshot, effects } = step(coordinator, event)
      const told = heard(forgetEnded(witness), event)
      return { snapshot: { coordinator: snapshot, witness: effects.reduce(saw, told) }, effects }
    },
    key: ({ coordinator, witness }) => `${coordinatorKey(coordinator)}\n${witnessKey(forgetEnded(witness))}`,
    name: ({ coordinator: { main, pending } }) =>
      [stateName(main.value), ...pending.map(({ snapshot }) => snapshot.value)].join(' + '),
  }
}

export const coordinatorKey = memoised((coordinator: CoordinatorState) =>
  [mainKey(coordinator.main), ...coordinator.pending.map(({ snapshot }) => pendingKey(snapshot))].join('\n'),
)
const mainKey = memoised((main: CoordinatorState['main']) => `${stateName(main.value)} ${contextKey(main.context)}`)
const contextKey = memoised((context: CoordinatorState['main']['context']) => {
  const { config: _, plan, ...rest } = context
  return `${plan.tasks.map(({ finished }) => finished)} ${canonical(rest)}`
})
const pendingKey = memoised((pending: CoordinatorState['pending'][number]['snapshot']) => {
  const { id, kind, participants, requestId, running, path, attempt } = pending.context
  const acknowledged = participants.map((participant) => participant.state?.finished)
  return [pending.value, id, kind, acknowledged, requestId, running, path, attempt].join(' ')
})
const witnessKey = memoised((witness: Witness) => Object.values(witness).map(textOf).join('|'))
const textOf = (value: unknown) => (Array.isArray(value) ? value.join() : canonical(value))
