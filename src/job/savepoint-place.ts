/** Where the savepoints of a job go, and that they do not point into the memory of a process. Pure. */
import { pluginScheme } from '../backends/place-url.ts'
import { StreamError } from '../core/errors.ts'
import type { SavepointOptions } from '../program/options.ts'
import type { EffectiveOptions } from './effective-options.ts'
import type { CheckpointStorageOptions } from './session-options.ts'

/**
 * The place of one savepoint, for which a directory, or the URL of a plugin's place, may be given. Fails with
 * `SAVEPOINT_BACKEND_INCOMPATIBLE`.
 */
export function savepointPlace(
  { savepoints, storage }: Pick<EffectiveOptions, 'savepoints' | 'storage'>,
  directory: string | undefined,
): SavepointOptions {
  if (directory === undefined) return savepoints
  if (storage.kind === 'jobmanager') {
    throw new StreamError(
      'SAVEPOINT_BACKEND_INCOMPATIBLE',
      `A savepoint in ${directory} would point to a checkpoint that is lost with this process: set "state.backend" ` +
        'to "filesystem" and "state.backend.fs.checkpointdir" to a directory, or ask for a savepoint without one.',
    )
  }
  return pluginScheme(directory) === undefined
    ? { kind: 'filesystem', dir: directory }
    : { kind: 'custom', url: directory }
}

/**
 * Refuses a combination that would leave savepoints pointing to checkpoints that die with the process. To be called
 * with what a job really uses. Fails with `SAVEPOINT_BACKEND_INCOMPATIBLE`, naming both keys and the fix.
 */
export function checkSavepointBackend(savepoints: SavepointOptions, checkpoints: CheckpointStorageOptions): void {
  // Without a directory they stay in this process, beside the checkpoints.
  const outside = savepoints.kind === 'custom' || (savepoints.kind === 'filesystem' && savepoints.dir !== undefined)
  if (!outside || checkpoints.kind !== 'jobmanager') return
  const place = savepoints.kind === 'custom' ? savepoints.url : '"filesystem"'
  throw new StreamError(
    'SAVEPOINT_BACKEND_INCOMPATIBLE',
    `"savepoints.state.backend" is ${place}, but "state.backend" (checkpoint storage) is "jobmanager": a savepoint ` +
      'would point to a checkpoint that is lost with this process. Set "state.backend" to "filesystem" and ' +
      '"state.backend.fs.checkpointdir" to a directory, or "savepoints.state.backend" to "jobmanager".',
    { details: { savepoints: savepoints.kind, checkpoints: checkpoints.kind } },
  )
}
