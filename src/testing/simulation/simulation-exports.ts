/** What of the simulation is published in `tidemark/testing`. */
export {
  type FaultKind,
  type FaultName,
  type FaultSetting,
  type FaultSettings,
  faultKinds,
  faultNames,
} from './fault-kinds.ts'
export type { OutputItem } from './outside-world.ts'
export type { RunProblem } from './run-journal.ts'
export { caseOf, parseCase, printCase, type SavedCase } from './saved-case.ts'
export { type ShrunkRun, shrink } from './shrink.ts'
export { simulate } from './simulate.ts'
export type { SimulatedJob, SimulationMutation, SimulationOptions, SimulationReport } from './simulation-options.ts'
export type { SimulatedAction, SimulatedSourceOptions, SimulationRun } from './simulation-run.ts'
export { type StrategyName, strategyNames, strategyOf } from './strategies.ts'
