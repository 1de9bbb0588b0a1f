/**
 * The published part `tidemark/backends`: keyed state, checkpoint storage and savepoint stores, with their contracts, and
 * what those of your own are made of.
 */

export { checkpointNotFound, isResumable, leaseLost, namedFiles, newerOf, sharedFilesOf } from './checkpoint-rules.ts'
export type * from './checkpoint-storage.ts'
export { type FilesystemCheckpointOptions, filesystemCheckpointStorage } from './filesystem-checkpoints.ts'
export { type FilesystemSavepointOptions, filesystemSavepointStore } from './filesystem-savepoints.ts'
export { type GatheredStateOptions, GatheredStateWriter } from './gathered-state-writer.ts'
export { heapStateBackend } from './heap-state.ts'
export { Holds } from './holds.ts'
export { jobmanagerCheckpointStorage } from './jobmanager-checkpoints.ts'
export { jobmanagerSavepointStore } from './jobmanager-savepoints.ts'
export type * from './manifest.ts'
export { isShared, sharedName } from './manifest.ts'
export { parseManifest, printManifest } from './manifest-json.ts'
export {
  type CheckpointStoragePlugin,
  definePlugin,
  type Plugin,
  type SavepointStorePlugin,
  type StateBackendPlugin,
} from './plugin.ts'
export { parsePointer, pointedTo, pointerTo, printPointer, type SavepointPointer } from './savepoint-pointer.ts'
export type * from './savepoint-store.ts'
export type * from './state-backend.ts'
export { readSegment, stateFileMissing } from './state-segments.ts'
