/** Opens what a path names. Tests: test/savepoint/open-savepoint.test.ts. */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { findSnapshot } from './find-snapshot.ts'
import { SavepointReader } from './savepoint-reader.ts'

export interface OpenSavepointOptions {
  /** Directories below which everything must lie that is read. Left out: anywhere, as for `tidemark run -s`. */
  readonly roots?: readonly string[]
  /**
   * Finds what has a URL with the scheme of a plugin: the `resolve` of the plugin's checkpoint storage or savepoint store.
   * Without it only what is in directories can be opened.
   */
  readonly resolveUrl?: (url: string) => Promise<StoredSnapshot | undefined>
  /** Stands in for the disk in tests. */
  readonly fs?: FileSystem
}

/**
 * Opens a savepoint in a directory (one that points to a checkpoint, or a self-contained one) or a retained checkpoint. No
 * session and no code of the job is needed. Only the manifest is read.
 *
 * Fails with `SAVEPOINT_NOT_FOUND`, `CHECKPOINT_NOT_FOUND`, `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`,
 * `PATH_OUTSIDE_ROOT`, `STORAGE_UNKNOWN` or `STORAGE_FAILED`.
 *
 * @example
 * const savepoint = await openSavepoint('state/savepoints/savepoint-0e0c2b-94f1c7a2be01')
 * for await (const { key, value } of savepoint.keyed('count', 'count')) console.log(key, value)
 */
export async function openSavepoint(path: string, options: OpenSavepointOptions = {}): Promise<SavepointReader> {
  const { fs = nodeFileSystem, roots, resolveUrl } = options
  return new SavepointReader(await findSnapshot(path, { fs, roots, resolveUrl }))
}
