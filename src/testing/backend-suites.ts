/** The conformance suites of everything that stores: keyed state, checkpoints, savepoints. */
export {
  type CheckpointStorageCapability,
  type CheckpointStorageSubject,
  checkpointStorageSuite,
} from './checkpoint-storage-suite.ts'
export { type CapabilityManifest, type ConformanceCase, runCases } from './conformance.ts'
export {
  type SavepointStoreCapability,
  type SavepointStoreSubject,
  savepointStoreSuite,
} from './savepoint-store-suite.ts'
export { type StateBackendCapability, stateBackendSuite } from './state-backend-suite.ts'
