/**
 * Charts as the actors of the model step them: plain states in, plain states and effects out, each edge counted.
 *
 * The live snapshot of a plain state is kept beside it, because restoring one costs more than a step.
 */
import type { AnyMachineSnapshot, AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate'
import type { CheckpointId } from '../../core/ids.ts'
import {
  type CoordinatorCharts,
  type CoordinatorState,
  coordinatorOf,
  type PlainCoordinatorState,
} from '../../machines/checkpoint-coordinator/coordinator.ts'
import type { CoordinatorInput } from '../../machines/checkpoint-coordinator/coordinator-context.ts'
import type { CoordinatorEffect, CoordinatorEvent } from '../../machines/checkpoint-coordinator/protocol.ts'
import { type AnyEffect, type PlainState, plainState, restoreState, type Stepped } from '../../machines/step.ts'
import type { ChartCoverage } from '../explorer/chart-coverage.ts'

export interface PlainStepped<State, Effect> {
  readonly state: State
  readonly effects: readonly Effect[]
}

export class SteppedChart<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect> {
  readonly #name: string
  readonly #machine: M
  readonly #coverage: ChartCoverage
  readonly #live = new WeakMap<object, AnyMachineSnapshot>()

  constructor(name: string, machine: M, coverage: ChartCoverage) {
    this.#name = name
    this.#machine = machine
    this.#coverage = coverage
    coverage.declare(name, machine)
  }

  start(input: InputFrom<M>): PlainStepped<PlainState<SnapshotFrom<M>['context']>, Effect> {
    const begin = this.#coverage.start.bind(this.#coverage) as (...args: unknown[]) => Stepped<SnapshotFrom<M>, Effect>
    return this.#plain(begin(this.#name, this.#machine, input))
  }

  step(state: PlainState, event: EventFromLogic<M>): PlainStepped<PlainState<SnapshotFrom<M>['context']>, Effect> {
    const snapshot = (this.#live.get(state) ?? restoreState(this.#machine, state)) as SnapshotFrom<M>
    this.#live.set(state, snapshot as AnyMachineSnapshot)
    return this.#plain(this.#coverage.step<M, Effect>(this.#name, this.#machine, snapshot, event))
  }

  #plain({ snapshot, effects }: Stepped<SnapshotFrom<M>, Effect>) {
    const state = plainState(snapshot as AnyMachineSnapshot) as PlainState<SnapshotFrom<M>['context']>
    this.#live.set(state, snapshot as AnyMachineSnapshot)
    return { state, effects }
  }
}

/** The coordinator's two charts behind one step. */
export class SteppedCoordinator {
  readonly #charts: CoordinatorCharts
  readonly #logic
  readonly #coverage: ChartCoverage
  readonly #live = new WeakMap<object, CoordinatorState>()

  constructor(charts: CoordinatorCharts, coverage: ChartCoverage) {
    this.#charts = charts
    this.#logic = coordinatorOf(charts)
    this.#coverage = coverage
    coverage.declare('coordinator', charts.main)
    coverage.declare('pending', charts.pending)
  }

  start({ config, restored }: CoordinatorInput): PlainStepped<PlainCoordinatorState, CoordinatorEffect> {
    return this.#plain(this.#coverage.watch(() => this.#logic.initial(config, restored)))
  }

  step(state: PlainCoordinatorState, event: CoordinatorEvent): PlainStepped<PlainCoordinatorState, CoordinatorEffect> {
    const live = this.#live.get(state) ?? this.#restore(state)
    this.#live.set(state, live)
    return this.#plain(this.#coverage.watch(() => this.#logic.step(live, event)))
  }

  #plain({ snapshot, effects }: Stepped<CoordinatorState, CoordinatorEffect>) {
    const main = plainState(snapshot.main)
    const state: PlainCoordinatorState = {
      // Read only within the step that sets it.
      main: { value: main.value, context: { ...main.context, retired: [] } },
      pending: snapshot.pending.map((entry) => plainState(entry.snapshot)),
    }
    this.#live.set(state, snapshot)
    return { state, effects }
  }

  #restore({ main, pending }: PlainCoordinatorState): CoordinatorState {
    const entries = pending.map((one) => ({
      id: one.context.id as CheckpointId,
      snapshot: restoreState(this.#charts.pending, one),
    }))
    return {
      value: {
        coordinator: main.value,
        checkpoints: entries.map(({ id, snapshot }) => ({ id, state: snapshot.value })),
      },
      main: restoreState(this.#charts.main, main),
      pending: entries,
    }
  }
}
