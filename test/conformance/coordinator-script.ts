/**
 * A coordinator told a story, for the conformance tests: it is fed events, and answers in the words of the catalogue.
 * Removing files is answered at once, unless the story is about storage that is slow to remove.
 */
import { isSavepoint } from '../../src/core/elements.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import {
  type CoordinatorState,
  coordinatorInitial,
  stepCoordinator,
} from '../../src/machines/checkpoint-coordinator/coordinator.ts'
import type {
  CheckpointAnnouncement,
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../../src/machines/checkpoint-coordinator/protocol.ts'
import { a, b, config as base, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'

type Effects = readonly CoordinatorEffect[]
type EffectOf<Type extends CoordinatorEffect['type']> = Extract<CoordinatorEffect, { readonly type: Type }>

/** Nothing happens by itself, and no failure ends the job, unless the story says so. */
export const quietConfig: CoordinatorConfig = {
  ...base,
  intervalMs: undefined,
  queueMax: limits.requestQueueMax,
  tolerableFailures: 1_000,
}

export interface Story extends Partial<CoordinatorConfig> {
  /** Is nothing removed until the story says so? */
  readonly slowToClean?: boolean
  readonly lastId?: number
  readonly completed?: readonly number[]
}

export class CoordinatorScript {
  state: CoordinatorState
  /** All effects so far. */
  readonly said: CoordinatorEffect[] = []
  readonly #cleans: boolean

  constructor({ slowToClean = false, lastId = 0, completed = [], ...config }: Story = {}) {
    this.#cleans = !slowToClean
    const restored = { lastId: lastId as CheckpointId | 0, completed: completed as CheckpointId[] }
    this.state = coordinatorInitial({ ...quietConfig, ...config }, restored).snapshot
  }

  feed(...events: readonly CoordinatorEvent[]): Effects {
    return events.flatMap((event) => this.#one(event))
  }

  #one(event: CoordinatorEvent): Effects {
    const { snapshot, effects } = stepCoordinator(this.state, event)
    this.state = snapshot
    this.said.push(...effects)
    const removed = this.#cleans ? removals(effects) : []
    return removed.length === 0 ? effects : [...effects, ...this.#one(on.cleaned(...removed))]
  }

  /** Every subtask acknowledges, the manifest is stored, a savepoint is published. */
  complete(id: number, at = 0): Effects {
    const kind = this.state.pending.find((pending) => pending.id === id)?.snapshot.context.kind
    const steps = [on.ack(id, a, 1, false, at), on.ack(id, b, 1, false, at), on.stored(id, at)]
    return this.feed(...steps, ...(kind !== undefined && isSavepoint(kind) ? [on.published(id, at)] : []))
  }

  get pending(): readonly number[] {
    return this.state.pending.map(({ id }) => id)
  }

  get waiting(): number {
    return this.state.main.context.queue.length
  }
}

export const of = <Type extends CoordinatorEffect['type']>(effects: Effects, type: Type): readonly EffectOf<Type>[] =>
  effects.filter((effect): effect is EffectOf<Type> => effect.type === type)

export const announced = <Type extends CheckpointAnnouncement['type']>(effects: Effects, type: Type) =>
  of(effects, 'announce')
    .map(({ params }) => params)
    .filter((params): params is Extract<CheckpointAnnouncement, { readonly type: Type }> => params.type === type)

/** Ids that began, in order. */
export const begun = (effects: Effects): readonly number[] =>
  of(effects, 'triggerBarrier').map(({ params }) => params.checkpointId)

/** Who was answered what: a path or a reason. */
export const answers = (effects: Effects): readonly (readonly [string, string])[] =>
  of(effects, 'reply').map(({ params: { requestId, outcome } }) => [
    requestId,
    outcome.type === 'completed' ? outcome.path : outcome.reason,
  ])

/** Which checkpoints were given up, and why. */
export const givenUp = (effects: Effects): readonly (readonly [number, string])[] =>
  announced(effects, 'aborted').map(({ checkpointId, reason }) => [checkpointId, reason])

/** Why requests that nobody waits for were dropped. */
export const dropped = (effects: Effects): readonly string[] =>
  announced(effects, 'dropped').map(({ reason }) => reason)

export const discarded = (effects: Effects): readonly number[] =>
  of(effects, 'discard').map(({ params }) => params.checkpointId)

export const reported = (effects: Effects): readonly string[] => of(effects, 'report').map(({ params }) => params.what)

/** Delays for which the interval was set. */
export const intervals = (effects: Effects): readonly number[] =>
  of(effects, 'timer.set')
    .filter(({ params }) => params.name === 'interval')
    .map(({ params }) => params.delayMs)

const removals = (effects: Effects): readonly number[] => [
  ...discarded(effects),
  ...of(effects, 'retire').flatMap(({ params }) => params.checkpointIds),
]

/** The interval fires. */
export const tick = (at = 0): CoordinatorEvent => on.timer('interval', at)
