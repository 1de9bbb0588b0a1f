/**
 * Checkpoint storage in a directory: `<dir>/<job id>/chk-<n>/`, with one data file per subtask and `_metadata`, a manifest
 * that a person can read. Formats: docs/formats.md.
 *
 * Owns finding checkpoints by name or path, and pins. The checkpoints of a job are in `filesystem-job.ts`.
 * Tests: test/backends/filesystem-checkpoints.test.ts, test/backends/checkpoint-storages.test.ts.
 */
import { basename, join, resolve } from 'node:path'
import { type Clock, realClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { readCheckpoint, readMetadata } from './checkpoint-directory.ts'
import { checkpointNotFound, checkSharing } from './checkpoint-rules.ts'
import type {
  CheckpointStorage,
  JobCheckpoints,
  SnapshotClaims,
  StoredJob,
  StoredSnapshot,
} from './checkpoint-storage.ts'
import { checkClaim, claimSnapshot, discardClaimed } from './claims.ts'
import { isInside, isLink, listIfThere, metadataName, readWhole, snapshotDirOf } from './durable-files.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { openJob } from './filesystem-job.ts'
import { type JobRecord, soundRecord } from './job-record.ts'
import { KeyedLock } from './keyed-lock.ts'
import { deleteIfLetGo } from './let-go.ts'
import { localPath } from './local-path.ts'
import { jobDirsIn, newestCheckpoint } from './newest-checkpoint.ts'
import { claimantsIn, removePin, writePin } from './pins.ts'
import { isPointer } from './savepoint-pointer.ts'
import { asRead, asStorage, isMissing, readError } from './storage-errors.ts'
import { WriteChunks } from './write-chunks.ts'

export interface FilesystemCheckpointOptions {
  readonly dir: string
  /** Directories besides `dir` from which a checkpoint may be read when it is named by its path. */
  readonly readableDirs?: readonly string[]
  /** Stands in for the disk in tests. */
  readonly fs?: FileSystem
  /** Gives the time that a lease notes for people. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Checkpoints kept in a directory, which is made when needed. They survive the process.
 *
 * @example
 * const storage = filesystemCheckpointStorage({ dir: 'state/checkpoints' })
 */
export function filesystemCheckpointStorage(options: FilesystemCheckpointOptions): CheckpointStorage {
  return new FilesystemStorage(options)
}

class FilesystemStorage implements CheckpointStorage {
  readonly kind = 'filesystem'
  readonly claims: SnapshotClaims = {
    claimant: async (path) => claimantsIn(await listIfThere(this.#fs, snapshotDirOf(localPath(path) ?? path)))[0],
    check: (path) => this.#changing('claim', path, (dir) => checkClaim(this.#fs, dir)),
    claim: (path, job) => this.#changing('claim', path, (dir) => claimSnapshot(this.#fs, dir, job)),
    discard: (path, job) => this.#changing('delete', path, (dir) => discardClaimed(this.#fs, dir, job)),
    ofJob: async (jobName) => {
      const last = await this.#lastOpened(jobName)
      return last?.claimed && last.finishedAt === 0 ? { job: last.id, place: last.claimed } : undefined
    },
  }
  readonly #dir: string
  readonly #readable: readonly string[]
  readonly #fs: FileSystem
  readonly #clock: Pick<Clock, 'now'>
  readonly #locks = new KeyedLock()
  readonly #chunks = new WriteChunks()

  constructor(options: FilesystemCheckpointOptions) {
    const { dir, readableDirs = [], fs = nodeFileSystem, clock = realClock } = options
    this.#dir = resolve(dir)
    this.#readable = [this.#dir, ...readableDirs.map((path) => resolve(path))]
    this.#fs = fs
    this.#clock = clock
  }

  open({ inlineBytes = 0, startsFrom, goesOnFrom, ...job }: StoredJob): Promise<JobCheckpoints> {
    const now = () => this.#clock.now()
    const dir = join(this.#dir, job.id)
    const { locks, chunks } = { locks: this.#locks, chunks: this.#chunks }
    return openJob({ ...job, fs: this.#fs, dir, locks, inlineBytes, startsFrom, goesOnFrom, chunks, now })
  }

  newest(jobName: string): Promise<StoredSnapshot | undefined> {
    const checkInside = (path: string) => this.#checkInside(path)
    return newestCheckpoint({ fs: this.#fs, dir: this.#dir, jobName, checkInside })
  }

  async finishedJob(jobName: string): Promise<JobId | undefined> {
    const last = await this.#lastOpened(jobName)
    return last !== undefined && last.finishedAt > 0 ? last.id : undefined
  }

  async startOf(jobName: string) {
    const last = await this.#lastOpened(jobName)
    return last?.startedFrom && last.finishedAt === 0 ? { job: last.id, place: last.startedFrom } : undefined
  }

  async #lastOpened(jobName: string): Promise<(JobRecord & { readonly id: JobId }) | undefined> {
    let last: (JobRecord & { readonly id: JobId }) | undefined
    for (const dir of await jobDirsIn(this.#fs, this.#dir)) {
      const record = await soundRecord(this.#fs, dir)
      if (record?.name !== jobName || record.openedAt < (last?.openedAt ?? 0)) continue
      last = { ...record, id: basename(dir) as JobId }
    }
    return last
  }

  async jobNames(): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const dir of await jobDirsIn(this.#fs, this.#dir)) {
      // Names are only shown: one that cannot be read is left out.
      const record = await soundRecord(this.#fs, dir).catch(() => undefined)
      if (record?.finishedAt === 0) names.add(record.name)
    }
    return [...names].sort()
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    const local = localPath(path)
    if (local === undefined) return undefined
    const dir = snapshotDirOf(local)
    const named = /^chk-\d+$/.test(basename(dir))
    // A link is not followed to read even a word; a directory of another form may be anything, and is asked what it is.
    if (named && (await asRead(dir, () => isLink(this.#fs, dir)))) await this.#checkInside(dir)
    const text = await readMetadata(this.#fs, dir)
    if (!named && (text === undefined || isPointer(text))) return undefined
    if (text === undefined) throw checkpointNotFound(path)
    await this.#checkInside(dir)
    return checkSharing(await readCheckpoint(this.#fs, dir))
  }

  pin(path: string, holder: string): Promise<void> {
    return this.#changing('change the pins of', path, async (dir) => {
      const metadata = join(dir, metadataName)
      if ((await readWhole(this.#fs, metadata)) === undefined) throw checkpointNotFound(path)
      await writePin(this.#fs, dir, holder)
      // Another process may have deleted it in between; then the pin holds nothing.
      if ((await readWhole(this.#fs, metadata)) === undefined) throw checkpointNotFound(path)
    })
  }

  unpin(path: string, holder: string): Promise<void> {
    return this.#changing('change the pins of', path, async (dir) => {
      if ((await listIfThere(this.#fs, dir)).length === 0) return
      await removePin(this.#fs, dir, holder)
      await deleteIfLetGo(this.#fs, dir)
    })
  }

  async #changing(what: string, path: string, action: (dir: string) => Promise<void>): Promise<void> {
    const local = localPath(path)
    if (local === undefined) throw checkpointNotFound(path)
    const dir = snapshotDirOf(local)
    await asStorage(what, dir, () =>
      this.#locks.run(dir, async () => {
        if (!(await isLink(this.#fs, dir))) return action(dir)
        throw new StreamError('PATH_OUTSIDE_ROOT', `Checkpoint ${dir} is a link: what is behind it is not changed.`)
      }),
    )
  }

  async #checkInside(dir: string): Promise<void> {
    for (const root of this.#readable) {
      const inside = await isInside(this.#fs, root, dir).catch((error: unknown) => {
        if (isMissing(error)) return false
        throw readError(error, dir)
      })
      if (inside) return
    }
    throw new StreamError(
      'PATH_OUTSIDE_ROOT',
      `Checkpoint ${dir} is outside the configured directories: expected a path below ${this.#readable.join(' or ')}.`,
      { details: { path: dir } },
    )
  }
}
