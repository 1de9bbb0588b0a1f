/**
 * The control plane as pure state machines: `tidemark/machines`. For replaying a trace of messages, and for checking the
 * protocol or machines of one's own.
 *
 * ```ts
 * import { coordinatorInitial, stepCoordinator } from 'tidemark/machines'
 *
 * const first = coordinatorInitial(config, { lastId: 0, completed: [] })
 * const { snapshot, effects } = stepCoordinator(first.snapshot, event)
 * ```
 */
export { type CataloguePage, catalogue } from './catalogue.ts'
export { type Chart, type ChartAction, type ChartEdge, type ChartState, describeChart } from './chart-edges.ts'
export {
  type CoordinatorState,
  coordinatorInitial,
  type PlainCoordinatorState,
  plainCoordinatorState,
  restoreCoordinatorState,
  stepCoordinator,
} from './checkpoint-coordinator/coordinator.ts'
export type * from './checkpoint-coordinator/protocol.ts'
export { jobMachine } from './job/machine.ts'
export type * from './job/protocol.ts'
export { savepointMachine } from './savepoint-store/machine.ts'
export type * from './savepoint-store/protocol.ts'
export {
  type AnyEffect,
  effect,
  type PlainState,
  plainState,
  restoreState,
  type Stepped,
  start,
  step,
  type TimerFired,
} from './step.ts'
export { subtaskMachine } from './subtask/machine.ts'
export type * from './subtask/protocol.ts'
