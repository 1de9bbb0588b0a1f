/**
 * The checkpoints of one job on disk, held under its lease. Layout: docs/formats.md.
 *
 * Every change checks the lease first; deleting and pinning one checkpoint exclude each other within the process.
 * Tests: test/backends/filesystem-checkpoints.test.ts, test/backends/crash.test.ts.
 */
import { join } from 'node:path'
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { checkFiles, deleteCheckpoint, readCheckpoint, storeManifest } from './checkpoint-directory.ts'
import type { JobCheckpoints, StateWriter, StoredSnapshot } from './checkpoint-storage.ts'
import { ensureDir, isLink, listIfThere, metadataName } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { type JobRecord, takeJobRecord, writeJobRecord } from './job-record.ts'
import type { KeyedLock } from './keyed-lock.ts'
import { Lease } from './lease.ts'
import type { Manifest } from './manifest.ts'
import { isPinned, markRetired, retiredName } from './pins.ts'
import { StateFile } from './state-file.ts'
import { stateFileName } from './state-segments.ts'
import { asStorage } from './storage-errors.ts'
import { sweepCheckpoint } from './sweep.ts'

const checkpointForm = /^chk-([1-9]\d*)$/

export const checkpointDirName = (id: CheckpointId): string => `chk-${id}`

/** Checkpoint ids among the names of a directory, oldest first. */
export const checkpointIdsIn = (names: readonly string[]): readonly CheckpointId[] =>
  names
    .map((name) => Number(checkpointForm.exec(name)?.[1] ?? 0) as CheckpointId)
    .filter((id) => id > 0 && id <= limits.checkpointIdMax)
    .sort((a, b) => a - b)

export interface JobPlace {
  readonly fs: FileSystem
  /** The job's directory. */
  readonly dir: string
  readonly locks: KeyedLock
  readonly id: JobId
  readonly name: string
  /** The time of day in milliseconds, for what people read. */
  now(): number
}

/** Takes over the job's directory, making it when needed. */
export async function openJob(place: JobPlace): Promise<JobCheckpoints> {
  const { fs, dir, id, name } = place
  const now = place.now()
  return asStorage('open the checkpoint directory', dir, async () => {
    await ensureDir(fs, dir)
    const lease = await Lease.take(fs, dir, id, now)
    await lease.clear(dir)
    const ids = checkpointIdsIn(await fs.list(dir))
    for (const checkpoint of ids) {
      const path = join(dir, checkpointDirName(checkpoint))
      if (!(await isLink(fs, path))) await lease.clear(path)
    }
    const record = await takeJobRecord(fs, dir, lease.epoch)
    const highestId = Math.max(record?.highestId ?? 0, ids.at(-1) ?? 0) as CheckpointId | 0
    const opened = { name, highestId, openedAt: now, finishedAt: 0 }
    await writeJobRecord(fs, dir, id, opened, lease.epoch)
    const existing: StoredSnapshot[] = []
    const unreadable: CheckpointId[] = []
    for (const checkpoint of ids) {
      const snapshot = await readExisting(fs, join(dir, checkpointDirName(checkpoint)))
      if (snapshot === 'unreadable') unreadable.push(checkpoint)
      else if (snapshot !== undefined) existing.push(snapshot)
    }
    return new FilesystemJob(place, lease, { existing, unreadable }, opened)
  })
}

/** The checkpoint in `dir`; undefined when there is none that its job still counts on. */
async function readExisting(fs: FileSystem, dir: string): Promise<StoredSnapshot | 'unreadable' | undefined> {
  const names = await listIfThere(fs, dir)
  if (!names.includes(metadataName) || names.includes(retiredName) || (await isLink(fs, dir))) return undefined
  try {
    const snapshot = await readCheckpoint(fs, dir)
    await checkFiles(fs, dir, snapshot.manifest)
    return snapshot
  } catch {
    return 'unreadable'
  }
}

class FilesystemJob implements JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  readonly existing: readonly StoredSnapshot[]
  readonly unreadable: readonly CheckpointId[]
  readonly highestId: CheckpointId | 0
  readonly #place: JobPlace
  readonly #lease: Lease
  /** Directories made by this process, so that each is made durable once and not by every subtask. */
  readonly #dirs = new Map<CheckpointId, Promise<void>>()
  /** Deleted lately: a subtask that was still writing may make the directory once more. */
  #deleted: readonly CheckpointId[] = []

  /** What `job.json` says. */
  #record: JobRecord

  constructor(
    place: JobPlace,
    lease: Lease,
    { existing, unreadable }: Pick<JobCheckpoints, 'existing' | 'unreadable'>,
    record: JobRecord,
  ) {
    this.jobId = place.id
    this.epoch = lease.epoch
    this.existing = existing
    this.unreadable = unreadable
    this.highestId = record.highestId
    this.#record = record
    this.#place = place
    this.#lease = lease
  }

  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter {
    return new StateFile(this.#place.fs, this.#dirOf(checkpoint), stateFileName(subtask), {
      prepare: async () => {
        await this.#lease.check()
        await this.#ensure(checkpoint)
      },
      abandoned: () => this.#removeAgain(checkpoint),
    })
  }

  async putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    const dir = this.#dirOf(manifest.checkpointId)
    return asStorage('store a checkpoint in', dir, async () => {
      await this.#lease.check()
      await this.#ensure(manifest.checkpointId)
      return storeManifest(this.#place.fs, dir, manifest, this.epoch, async () => void (await this.#lease.check()))
    })
  }

  load(checkpoint: CheckpointId): Promise<StoredSnapshot> {
    return readCheckpoint(this.#place.fs, this.#dirOf(checkpoint))
  }

  discard(checkpoint: CheckpointId): Promise<boolean> {
    const { fs, locks } = this.#place
    const dir = this.#dirOf(checkpoint)
    return asStorage('delete checkpoint', dir, () =>
      locks.run(dir, async () => {
        const ids = checkpointIdsIn(await this.#lease.check())
        const names = await listIfThere(fs, dir)
        if (names.includes(metadataName) && isPinned(names)) {
          if (!names.includes(retiredName)) await markRetired(fs, dir)
          return false
        }
        await this.#delete(checkpoint, ids)
        return true
      }),
    )
  }

  sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]> {
    const { fs, dir, locks } = this.#place
    return asStorage('sweep', dir, async () => {
      const removed: string[] = []
      const ids = checkpointIdsIn(await this.#lease.check())
      for (const id of ids) {
        if (inFlight.includes(id)) continue
        const path = this.#dirOf(id)
        const swept = await locks.run(path, () => sweepCheckpoint(fs, path, () => this.#delete(id, ids)))
        removed.push(...swept)
      }
      return removed
    })
  }

  finish(): Promise<void> {
    return asStorage('note the end of the job in', this.#place.dir, async () => {
      await this.#lease.check()
      await this.#note({ finishedAt: this.#place.now() })
    })
  }

  async close(): Promise<void> {
    this.#dirs.clear()
  }

  /** The id stays known: by a later directory, which is asked the same when it goes, or by the record. */
  async #delete(checkpoint: CheckpointId, ids: readonly CheckpointId[]): Promise<void> {
    this.#dirs.delete(checkpoint)
    this.#deleted = [...this.#deleted, checkpoint].slice(-limits.recentCheckpointsMax)
    if (!ids.some((other) => other > checkpoint) && checkpoint > this.#record.highestId) {
      await this.#note({ highestId: checkpoint })
    }
    await deleteCheckpoint(this.#place.fs, this.#dirOf(checkpoint))
  }

  /** A writer of this checkpoint was given up: of one that is deleted nothing is left then, not even its directory. */
  async #removeAgain(checkpoint: CheckpointId): Promise<void> {
    if (!this.#deleted.includes(checkpoint)) return
    const { fs, dir, locks } = this.#place
    const path = this.#dirOf(checkpoint)
    await locks.run(path, async () => {
      await this.#lease.check()
      this.#dirs.delete(checkpoint)
      // Fails when another late writer is not yet given up: the last one removes it.
      await fs.removeDir(path)
      await fs.syncDir(dir)
    })
  }

  /** One after the other: two deletions at once would write over each other's record. */
  #note(change: Partial<JobRecord>): Promise<void> {
    const { fs, dir, id, locks } = this.#place
    return locks.run(join(dir, 'job.json'), async () => {
      const record = { ...this.#record, ...change }
      await writeJobRecord(fs, dir, id, record, this.epoch)
      this.#record = record
    })
  }

  #dirOf(checkpoint: CheckpointId): string {
    return join(this.#place.dir, checkpointDirName(checkpoint))
  }

  #ensure(checkpoint: CheckpointId): Promise<void> {
    let made = this.#dirs.get(checkpoint)
    if (made === undefined) {
      made = ensureDir(this.#place.fs, this.#dirOf(checkpoint))
      this.#dirs.set(checkpoint, made)
      made.catch(() => this.#dirs.delete(checkpoint))
    }
    return made
  }
}

/** Deletes a checkpoint that its last holder has let go. */
export async function deleteIfLetGo(fs: FileSystem, dir: string): Promise<void> {
  const names = await listIfThere(fs, dir)
  if (!names.includes(retiredName) || isPinned(names)) return
  await deleteCheckpoint(fs, dir)
}
