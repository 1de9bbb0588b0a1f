/**
 * `tidemark/testing`: what tidemark is tested with, for your own operators, machines and backends. None of it imports a
 * test runner: checks throw, suites are lists of cases.
 */

export { asyncOperator } from '../operators/async/async-operator.ts'
export { sinkOperator, sourceOperator } from '../operators/endpoint-operators.ts'
export type { OperatorFactory } from '../operators/operator.ts'
export { keyedProcessOperator, processOperator, reduceOperator } from '../operators/process.ts'
export { filterOperator, flatMapOperator, mapOperator } from '../operators/stateless.ts'
export { timestampsOperator } from '../operators/time/timestamps-operator.ts'
export { coProcessOperator, keyedCoProcessOperator } from '../operators/two-input.ts'
export * from './backend-suites.ts'
export { checkers } from './checkers/all-checkers.ts'
export { CheckerRun, checkFacts, type FactViolation } from './checkers/check-facts.ts'
export type { Checker } from './checkers/checker.ts'
export type { Fact } from './checkers/facts.ts'
export { renamed as renamedMemory } from './checkers/memory.ts'
export { checkpointSystem, type SystemParts } from './checkpoint-model/checkpoint-system.ts'
export { type LoneScenario, loneScenarioCalled, loneScenarios } from './checkpoint-model/lone-scenarios.ts'
export { type CheckpointModelOptions, quiet, quietCoordinator, type Slow } from './checkpoint-model/model-options.ts'
export { type Possibility, possibilities } from './checkpoint-model/model-properties.ts'
export {
  type KernelRules,
  type ProtocolCharts,
  type ProtocolParts,
  trueParts,
  trueRules,
} from './checkpoint-model/protocol-parts.ts'
export { propertiesOf, type Scenario, scenarioCalled, scenarios } from './checkpoint-model/scenarios.ts'
export type { EmittedRecord } from './collected-output.ts'
export {
  type CapabilityManifest,
  type ConformanceCase,
  runCases,
} from './conformance.ts'
export {
  type ChartActorOptions,
  type ChartState,
  chartActor,
  isIn,
  type Route,
  type Routes,
} from './explorer/chart-actor.ts'
export { ChartCoverage, type ChartCoverageReport } from './explorer/chart-coverage.ts'
export { counterexampleMermaid } from './explorer/counterexample-mermaid.ts'
export { counterexampleTest, printCounterexample } from './explorer/counterexample-text.ts'
export { counterexampleTrace } from './explorer/counterexample-trace.ts'
export { explore } from './explorer/explore.ts'
export { clearTimer, fact, send, sendImmediately, setTimer } from './explorer/outputs.ts'
export {
  type Move,
  type Replay,
  type ReplayOptions,
  type ReplayStep,
  replay,
  replayCounterexample,
} from './explorer/replay.ts'
export * from './explorer/system.ts'
export { harnessOf } from './harness-of.ts'
export * from './machine-harness.ts'
export { bareEvents, type GraphPath, graphEvents, type TestEvent } from './machine-paths.ts'
export { type MachineTest, type MachineTestOptions, testMachine } from './machine-test.ts'
export {
  type HarnessRecord,
  type HarnessSnapshot,
  OperatorHarness,
  type OperatorHarnessOptions,
} from './operator-harness.ts'
export { rescaledSnapshot } from './rescaled-snapshot.ts'
export * from './simulation/simulation-exports.ts'
