/**
 * The coordinator as its actor, the simulation and the explorer see it: one pair, an initial state and a pure step.
 *
 * Composes the two charts: carries an event to the one that decides, and the messages between them until none is left,
 * all within one step. Decides nothing itself. What stays inside becomes plain effects here: `begin` makes a pending
 * checkpoint, `conclude` ends one, `answer` and `refuse` become replies to those who asked, and a timer of a pending
 * checkpoint carries its id.
 */
import type { SnapshotFrom, StateValue } from 'xstate'
import type { CheckpointId } from '../../core/ids.ts'
import { type PlainState, plainState, restoreState, type Stepped, start, step } from '../step.ts'
import type { CoordinatorContext } from './coordinator-context.ts'
import type { Abortion, MainEffect, MainEvent, PendingEffect, PendingEvent, PendingInput } from './inner-protocol.ts'
import { coordinatorMachine } from './machine.ts'
import type { PendingCheckpoint } from './pending-checkpoint.ts'
import { pendingMachine } from './pending-machine.ts'
import type { CoordinatorConfig, CoordinatorEffect, CoordinatorEvent } from './protocol.ts'
import type { CheckpointRequest } from './request-decider.ts'
import { newest } from './retention.ts'

export interface CoordinatorState {
  /** Both charts' states at a glance, for whoever observes the steps. */
  readonly value: {
    readonly coordinator: StateValue
    readonly checkpoints: readonly { readonly id: CheckpointId; readonly state: StateValue }[]
  }
  readonly main: SnapshotFrom<typeof coordinatorMachine>
  /** Pending checkpoints by rising id. */
  readonly pending: readonly PendingEntry[]
}

interface PendingEntry {
  readonly id: CheckpointId
  readonly snapshot: SnapshotFrom<typeof pendingMachine>
}

/** The coordinator's state as plain data: to print, to compare, to write. */
export interface PlainCoordinatorState {
  readonly main: PlainState<CoordinatorContext>
  readonly pending: readonly PlainState<PendingCheckpoint>[]
}

/** The two charts; a copy with a deliberate bug can stand in for either. */
export interface CoordinatorCharts {
  readonly main: typeof coordinatorMachine
  readonly pending: typeof pendingMachine
}

/** The coordinator that these charts make: its first state and its step, both pure. */
export interface CoordinatorLogic {
  readonly initial: typeof coordinatorInitial
  readonly step: typeof stepCoordinator
}

export const coordinatorOf = (charts: CoordinatorCharts): CoordinatorLogic => ({
  initial(config, restored) {
    const { snapshot, effects }: Stepped<CoordinatorState['main'], MainEffect> = start(charts.main, {
      config,
      restored,
    })
    const turn = new Turn(charts, snapshot, [])
    turn.mainSaid(effects)
    return turn.end()
  },
  step(state, event) {
    const turn = new Turn(charts, state.main, state.pending)
    if (event.type === 'storage.cleaned') turn.cleaned(event)
    else {
      const routed = toPending(event)
      turn.post(routed !== undefined && turn.has(routed.id) ? routed : { event })
    }
    return turn.end()
  },
})

/**
 * A coordinator that has not heard of a running job yet. `lastId` is the highest checkpoint id ever used, `completed`
 * the restore points that exist already.
 */
export function coordinatorInitial(
  config: CoordinatorConfig,
  restored: { readonly lastId: CheckpointId | 0; readonly completed: readonly CheckpointId[] },
): Stepped<CoordinatorState, CoordinatorEffect> {
  return logic.initial(config, restored)
}

export function stepCoordinator(
  state: CoordinatorState,
  event: CoordinatorEvent,
): Stepped<CoordinatorState, CoordinatorEffect> {
  return logic.step(state, event)
}

const logic = coordinatorOf({ main: coordinatorMachine, pending: pendingMachine })

export const plainCoordinatorState = ({ main, pending }: CoordinatorState): PlainCoordinatorState => ({
  main: plainState(main),
  pending: pending.map(({ snapshot }) => plainState(snapshot)),
})

export const restoreCoordinatorState = ({ main, pending }: PlainCoordinatorState): CoordinatorState =>
  stateOf(
    restoreState(coordinatorMachine, main),
    pending.map((one) => ({ id: one.context.id, snapshot: restoreState(pendingMachine, one) })),
  )

const stateOf = (main: CoordinatorState['main'], pending: readonly PendingEntry[]): CoordinatorState => ({
  value: { coordinator: main.value, checkpoints: pending.map(({ id, snapshot }) => ({ id, state: snapshot.value })) },
  main,
  pending,
})

const timerName = (id: CheckpointId, name: string) => `${name}/${id}`

/** To one pending checkpoint, or without `id` to the coordinator's own chart. */
type Post =
  | { readonly id: CheckpointId; readonly event: PendingEvent }
  | { readonly id?: never; readonly event: MainEvent }

/** Events about one checkpoint go to its own chart, while there is one; else the coordinator's chart reports them. */
function toPending(event: CoordinatorEvent): { readonly id: CheckpointId; readonly event: PendingEvent } | undefined {
  switch (event.type) {
    case 'subtask.acknowledged':
    case 'subtask.declined':
    case 'manifest.stored':
    case 'manifest.failed':
    case 'savepoint.published':
    case 'savepoint.failed':
      return { id: event.checkpointId, event }
    case 'timer.fired': {
      const [name, id] = event.name.split('/')
      return id === undefined ? undefined : { id: Number(id) as CheckpointId, event: { ...event, name: name! } }
    }
    default:
      return undefined
  }
}

/** One step: the state so far, the effects for the outside so far, and what the charts still have to hear. */
class Turn {
  readonly #charts: CoordinatorCharts
  #main: CoordinatorState['main']
  #pending: readonly PendingEntry[]
  /** First in, first out: what one event causes is complete before the next is looked at. */
  readonly #posts: Post[] = []
  readonly #effects: CoordinatorEffect[] = []

  constructor(charts: CoordinatorCharts, main: CoordinatorState['main'], pending: readonly PendingEntry[]) {
    this.#charts = charts
    this.#main = main
    this.#pending = pending
  }

  has(id: CheckpointId): boolean {
    return this.#pending.some((entry) => entry.id === id)
  }

  /** Files are removed of checkpoints that have ended, or of a pending one that waits for just that. */
  cleaned(event: Extract<CoordinatorEvent, { readonly type: 'storage.cleaned' }>): void {
    const waiting = event.checkpointIds.filter((id) => this.has(id))
    for (const id of waiting) this.post({ id, event })
    if (waiting.length < event.checkpointIds.length || waiting.length === 0) this.post({ event })
  }

  post(post: Post): void {
    this.#posts.push(post)
  }

  end(): Stepped<CoordinatorState, CoordinatorEffect> {
    for (let next = this.#posts.shift(); next !== undefined; next = this.#posts.shift()) {
      if (next.id === undefined) this.#tellMain(next.event)
      else this.#tellPending(next.id, next.event)
    }
    return { snapshot: stateOf(this.#main, this.#pending), effects: this.#effects }
  }

  #tellMain(event: MainEvent): void {
    const { snapshot, effects }: Stepped<CoordinatorState['main'], MainEffect> = step(
      this.#charts.main,
      this.#main,
      event,
    )
    this.#main = snapshot
    this.mainSaid(effects)
  }

  #tellPending(id: CheckpointId, event: PendingEvent): void {
    const index = this.#pending.findIndex((entry) => entry.id === id)
    const entry = this.#pending[index]
    if (entry === undefined) return
    const { snapshot, effects }: Stepped<PendingEntry['snapshot'], PendingEffect> = step(
      this.#charts.pending,
      entry.snapshot,
      event,
    )
    this.#pending =
      snapshot.status === 'done' ? this.#pending.toSpliced(index, 1) : this.#pending.with(index, { id, snapshot })
    this.#pendingSaid(id, effects)
  }

  mainSaid(effects: readonly MainEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'begin':
          this.#begin(effect.params)
          break
        case 'tell':
          for (const id of effect.params.checkpointIds) this.post({ id, event: effect.params.event })
          break
        case 'refuse':
          for (const request of effect.params.requests) this.#refuse(request, effect.params.why, effect.params.at)
          break
        case 'retire':
          if (effect.params.checkpointIds.length > 0) this.#effects.push(effect)
          break
        default:
          this.#effects.push(effect)
      }
    }
  }

  #refuse({ requestId, origin }: CheckpointRequest, why: Abortion, at: number): void {
    if (requestId !== undefined) {
      this.#effects.push({ type: 'reply', params: { requestId, outcome: { type: 'failed', ...why } } })
    }
    if (origin !== 'manual') {
      const { reason, message } = why
      this.#effects.push({ type: 'announce', params: { type: 'dropped', origin, reason, message, at } })
    }
  }

  #begin(input: PendingInput): void {
    const { snapshot, effects }: Stepped<PendingEntry['snapshot'], PendingEffect> = start(this.#charts.pending, input)
    this.#pending = [...this.#pending, { id: input.id, snapshot }]
    this.#pendingSaid(input.id, effects)
  }

  #pendingSaid(id: CheckpointId, effects: readonly PendingEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'answer': {
          const { requestId, outcome } = effect.params
          if (requestId !== undefined) this.#effects.push({ type: 'reply', params: { requestId, outcome } })
          break
        }
        case 'notifyAborted': {
          const latestCompleted = newest(this.#main.context.completed)
          this.#effects.push({ type: effect.type, params: { ...effect.params, latestCompleted } })
          break
        }
        case 'conclude':
          this.post({ event: effect.params })
          break
        case 'timer.set':
          this.#effects.push({
            type: effect.type,
            params: { ...effect.params, name: timerName(id, effect.params.name) },
          })
          break
        case 'timer.clear':
          this.#effects.push({ type: effect.type, params: { name: timerName(id, effect.params.name) } })
          break
        default:
          this.#effects.push(effect)
      }
    }
  }
}
