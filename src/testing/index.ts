/**
 * `tidemark/testing`: what tidemark is tested with, for your own operators, machines and backends. None of it imports a
 * test runner: checks throw, suites are lists of cases.
 */

export * from './backend-suites.ts'
export type { EmittedRecord } from './collected-output.ts'
export {
  type CapabilityManifest,
  type ConformanceCase,
  runCases,
} from './conformance.ts'
export * from './machine-harness.ts'
export {
  type HarnessRecord,
  type HarnessSnapshot,
  OperatorHarness,
  type OperatorHarnessOptions,
} from './operator-harness.ts'
