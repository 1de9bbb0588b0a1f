/**
 * Where the savepoints of a job go and what they become there: what was asked for over what is configured. Owns that
 * none points into the memory of a process. Pure.
 */
import { pluginScheme } from '../backends/place-url.ts'
import type { SavepointStore } from '../backends/savepoint-store.ts'
import type { SavepointTarget } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { SavepointOptions } from '../program/options.ts'
import { configurationKeys as keys } from './configuration-keys.ts'
import type { EffectiveOptions } from './effective-options.ts'
import type { AskedOperation } from './savepoint-operations.ts'
import type { CheckpointStorageOptions } from './session-options.ts'

type Stores = Pick<EffectiveOptions, 'savepoints' | 'storage'>

export const savepointTarget = (
  { savepoints }: Pick<Stores, 'savepoints'>,
  { dir, format }: Pick<AskedOperation, 'dir' | 'format'>,
): SavepointTarget => ({ directory: dir, format: format ?? usualFormat(savepoints) })

/**
 * The place of one savepoint, for which a directory, or the URL of a plugin's place, may be given. Fails with
 * `SAVEPOINT_BACKEND_INCOMPATIBLE`.
 */
export function savepointPlace(
  { savepoints, storage }: Stores,
  { directory, format }: SavepointTarget,
): SavepointOptions {
  const place = directory === undefined ? savepoints : placeIn(directory)
  const where = outside(place)
  if (where === undefined || format !== 'pointer' || storage.kind !== 'jobmanager') return place
  throw new StreamError(
    'SAVEPOINT_BACKEND_INCOMPATIBLE',
    `A savepoint in ${where} would point to a checkpoint that is lost with this process: ask for a self-contained one ` +
      '(--self-contained), set "state.backend" to "filesystem" and "state.backend.fs.checkpointdir" to a directory, or ' +
      'ask for a savepoint without a directory.',
  )
}

/** Can the store hold what is asked of it? Fails with `SAVEPOINT_DIR_MISSING`. */
export function checkCopies({ kind, copies }: SavepointStore, { format }: SavepointTarget): void {
  if (format === 'pointer' || copies !== undefined) return
  throw new StreamError(
    'SAVEPOINT_DIR_MISSING',
    `A self-contained savepoint is a directory, and this one would be kept by "${kind}": name a directory for it, or set ` +
      `"${keys.savepointDir.name}".`,
    { details: { store: kind } },
  )
}

/**
 * Refuses a combination that would leave savepoints pointing to checkpoints that die with the process. To be called
 * with what a job really uses. Fails with `SAVEPOINT_BACKEND_INCOMPATIBLE`, naming both keys and the fix.
 */
export function checkSavepointBackend(savepoints: SavepointOptions, checkpoints: CheckpointStorageOptions): void {
  if (outside(savepoints) === undefined || usualFormat(savepoints) !== 'pointer') return
  if (checkpoints.kind !== 'jobmanager') return
  const place = savepoints.kind === 'custom' ? savepoints.url : '"filesystem"'
  throw new StreamError(
    'SAVEPOINT_BACKEND_INCOMPATIBLE',
    `"savepoints.state.backend" is ${place}, but "state.backend" (checkpoint storage) is "jobmanager": a savepoint ` +
      'would point to a checkpoint that is lost with this process. Set "state.backend" to "filesystem" and ' +
      '"state.backend.fs.checkpointdir" to a directory, "savepoints.state.backend" to "jobmanager", or ' +
      `"${keys.savepointFormat.name}" to "self-contained" (--self-contained for one savepoint).`,
    { details: { savepoints: savepoints.kind, checkpoints: checkpoints.kind } },
  )
}

const placeIn = (directory: string): SavepointOptions =>
  pluginScheme(directory) === undefined ? { kind: 'filesystem', dir: directory } : { kind: 'custom', url: directory }

/** Where savepoints are when they are not in this process. Without a directory they stay in it, beside the checkpoints. */
function outside(savepoints: SavepointOptions): string | undefined {
  if (savepoints.kind === 'custom') return savepoints.url
  return savepoints.kind === 'filesystem' ? savepoints.dir : undefined
}

const usualFormat = (savepoints: SavepointOptions): SavepointTarget['format'] =>
  (savepoints.kind === 'jobmanager' ? undefined : savepoints.format) ?? 'pointer'
