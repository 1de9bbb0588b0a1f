/** The published part `tidemark/backends`: keyed state, checkpoint storage and savepoint stores, with their contracts. */

export type * from './checkpoint-storage.ts'
export { type FilesystemCheckpointOptions, filesystemCheckpointStorage } from './filesystem-checkpoints.ts'
export { type FilesystemSavepointOptions, filesystemSavepointStore } from './filesystem-savepoints.ts'
export { heapStateBackend } from './heap-state.ts'
export { jobmanagerCheckpointStorage } from './jobmanager-checkpoints.ts'
export { jobmanagerSavepointStore } from './jobmanager-savepoints.ts'
export type * from './manifest.ts'
export {
  type CheckpointStoragePlugin,
  definePlugin,
  type Plugin,
  type SavepointStorePlugin,
  type StateBackendPlugin,
} from './plugin.ts'
export type * from './savepoint-store.ts'
export type * from './state-backend.ts'
