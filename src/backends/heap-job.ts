/**
 * The checkpoints of one job in memory, as data: what `jobmanager-checkpoints.ts` keeps, finds and deletes.
 * Tests: test/backends/heap-job.test.ts, test/backends/checkpoint-storages.test.ts.
 */
import type { CheckpointId, JobId } from '../core/ids.ts'
import { checkpointNotFound, claimRefused, namedFiles } from './checkpoint-rules.ts'
import type { ClaimedPlace, StartPlace, StoredSnapshot } from './checkpoint-storage.ts'
import { isShared, type Manifest, sharedFile } from './manifest.ts'
import { sharedFileName } from './shared-files.ts'
import { readSegment } from './state-segments.ts'

export interface HeapCheckpoint {
  readonly files: Map<string, Uint8Array>
  readonly pins: Set<string>
  manifest: Manifest | undefined
  retired: boolean
  /** The job that has claimed it. */
  owner: JobId | undefined
}

export interface HeapJob {
  name: string
  epoch: number
  highestId: CheckpointId | 0
  /** Which opening of any job was the last of this one: higher is later. */
  opened: number
  finished: boolean
  claimed: ClaimedPlace | undefined
  startedFrom: StartPlace | undefined
  readonly checkpoints: Map<CheckpointId, HeapCheckpoint>
  /** What several checkpoints may name, by the file of their handles. */
  readonly shared: Map<string, Uint8Array>
}

/** Must whoever deletes for `job`, or for nobody, leave it alone? */
export const isHeld = ({ pins, owner }: Pick<HeapCheckpoint, 'pins' | 'owner'>, job?: JobId): boolean =>
  pins.size > 0 || (owner !== undefined && owner !== job)

export const newHeapJob = (name: string): HeapJob => ({
  name,
  epoch: 0,
  highestId: 0,
  opened: 0,
  finished: false,
  claimed: undefined,
  startedFrom: undefined,
  checkpoints: new Map(),
  shared: new Map(),
})

/** Made when it is not there; its id is used from then on. */
export function checkpointIn(job: HeapJob, id: CheckpointId): HeapCheckpoint {
  const checkpoint: HeapCheckpoint = job.checkpoints.get(id) ?? {
    files: new Map(),
    pins: new Set(),
    manifest: undefined,
    retired: false,
    owner: undefined,
  }
  job.checkpoints.set(id, checkpoint)
  if (id > job.highestId) job.highestId = id
  return checkpoint
}

export const sessionHint = 'checkpoints of the jobmanager are lost when its session ends'

/** The checkpoint at `path`, when `job`, or one that has claimed nothing yet, may claim it. */
export function checkClaim(path: string, checkpoint: HeapCheckpoint | undefined, job?: JobId): HeapCheckpoint {
  if (checkpoint?.manifest === undefined) throw checkpointNotFound(path, sessionHint)
  if (checkpoint.owner !== undefined && checkpoint.owner !== job) throw claimRefused(path, checkpoint.owner)
  return checkpoint
}

export const pathOf = (job: JobId, id: CheckpointId): string => `jobmanager://checkpoints/${job}/${id}`

export const snapshotOf = (jobId: JobId, id: CheckpointId, job: HeapJob): StoredSnapshot | undefined => {
  const checkpoint = job.checkpoints.get(id)
  if (checkpoint?.manifest === undefined) return undefined
  const path = pathOf(jobId, id)
  return {
    path,
    manifest: checkpoint.manifest,
    read: (handle) =>
      readSegment(path, handle, async ({ file, offset, length }) =>
        filesFor(file, checkpoint, job)
          .get(file)
          ?.subarray(offset, offset + length),
      ),
  }
}

export const wholeCheckpoints = (jobId: JobId, job: HeapJob): readonly StoredSnapshot[] =>
  [...job.checkpoints.keys()].sort((a, b) => a - b).flatMap((id) => snapshotOf(jobId, id, job) ?? [])

/** Where a file of this name is kept. */
export const filesFor = (file: string, checkpoint: HeapCheckpoint, job: HeapJob): Map<string, Uint8Array> =>
  isShared(file) ? job.shared : checkpoint.files

export function deleteCheckpoint(job: HeapJob, id: CheckpointId): void {
  job.checkpoints.delete(id)
  removeUnnamed(job)
}

/** Shared files go when no manifest names them and the checkpoint that wrote them is not in the making any more. */
export function removeUnnamed(job: HeapJob): readonly string[] {
  const named = new Set(
    [...job.checkpoints.values()].flatMap(({ manifest }) => [...(manifest ? namedFiles(manifest) : [])]),
  )
  const inTheMaking = [...job.checkpoints].filter(([, { manifest }]) => manifest === undefined).map(([id]) => id)
  const removed = [...job.shared.keys()].filter(
    (file) => !named.has(file) && !inTheMaking.some((id) => file.startsWith(sharedFile(sharedFileName(id, '')))),
  )
  for (const file of removed) job.shared.delete(file)
  return removed
}

const pathForm = /^jobmanager:\/\/checkpoints\/([0-9a-f]{32})\/([1-9]\d*)$/

/** What is kept at a path, whole (then with a snapshot) or not. */
export function findCheckpoint(jobs: ReadonlyMap<JobId, HeapJob>, path: string) {
  const match = pathForm.exec(path)
  const jobId = match?.[1] as JobId | undefined
  const job = jobId === undefined ? undefined : jobs.get(jobId)
  const id = Number(match?.[2]) as CheckpointId
  const checkpoint = job?.checkpoints.get(id)
  if (jobId === undefined || job === undefined || checkpoint === undefined) return undefined
  return { job, id, checkpoint, snapshot: snapshotOf(jobId, id, job) }
}
