/** Small rules that every checkpoint storage keeps in the same way, and the errors that go with them. */
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { type FileHandle, handlesOf, isShared, type Manifest, sharedName } from './manifest.ts'

/** May a job resume from it by itself? A savepoint belongs to the person who asked for it, unless it ended the job. */
export const isResumable = (manifest: Manifest): boolean => manifest.kind !== 'savepoint'

/** Of two snapshots of one job name, the one to resume from. */
export function newerOf(a: StoredSnapshot | undefined, b: StoredSnapshot): StoredSnapshot {
  if (a === undefined) return b
  if (a.manifest.job.id === b.manifest.job.id) return a.manifest.checkpointId > b.manifest.checkpointId ? a : b
  return a.manifest.timestamp > b.manifest.timestamp ? a : b
}

export const fileHandlesOf = (manifest: Pick<Manifest, 'operators'>): readonly FileHandle[] =>
  manifest.operators.flatMap(({ subtasks }) => subtasks.flatMap(handlesOf)).filter((handle) => 'file' in handle)

/** Every file that a manifest names. */
export const namedFiles = (manifest: Pick<Manifest, 'operators'>): ReadonlySet<string> =>
  new Set(fileHandlesOf(manifest).map(({ file }) => file))

/** The names in the shared directory of those among them that other checkpoints may name, too. */
export const sharedFilesOf = (manifest: Pick<Manifest, 'operators'>): readonly string[] =>
  [...namedFiles(manifest)].filter(isShared).map(sharedName)

/** Only a checkpoint of a job has files beside its directory. Fails with `PATH_OUTSIDE_ROOT`. */
export function checkSharing<S extends Pick<StoredSnapshot, 'path' | 'manifest'>>(snapshot: S): S {
  const { path, manifest } = snapshot
  if (/(?:^|[\\/])chk-[1-9]\d*$/.test(path) || sharedFilesOf(manifest).length === 0) return snapshot
  throw new StreamError(
    'PATH_OUTSIDE_ROOT',
    `The manifest in ${path} names files outside that directory, as only that of a job's checkpoint (chk-<n>) may.`,
    { details: { path } },
  )
}

export const checkpointNotFound = (path: string, why?: string): StreamError =>
  new StreamError(
    'CHECKPOINT_NOT_FOUND',
    `There is no whole checkpoint at ${path}${why === undefined ? '' : ` (${why})`}.`,
    {
      details: { path },
    },
  )

/** `mend`: what else may be done about it. */
export const claimRefused = (path: string, owner: JobId, mend = ''): StreamError =>
  new StreamError(
    'CLAIM_REFUSED',
    `${path} cannot be claimed: job ${owner} has claimed it. Start from it without a claim${mend}.`,
    { details: { path, owner } },
  )

export const claimHeld = (path: string, job: JobId, pid: number): StreamError =>
  new StreamError(
    'CLAIM_REFUSED',
    `${path} cannot be claimed: job ${job}, which runs in process ${pid}, needs it. Start from it without a claim, or stop ` +
      'that job first.',
    { details: { path, owner: job, pid } },
  )

export const leaseLost = (job: JobId, mine: number, highest: number): StreamError =>
  new StreamError(
    'LEASE_LOST',
    `Another process has taken over job ${job}: its epoch is ${highest}, that of this process is ${mine}.`,
    { details: { job, expected: mine, got: highest } },
  )
