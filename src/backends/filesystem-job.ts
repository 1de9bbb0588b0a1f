/**
 * The checkpoints of one job on disk, held under its lease. Layout: docs/formats.md.
 *
 * Every change checks the lease first; deleting and pinning one checkpoint exclude each other within the process.
 * Tests: test/backends/filesystem-checkpoints.test.ts, test/backends/crash.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import {
  checkpointDirName,
  checkpointIdsIn,
  deleteCheckpoint,
  readCheckpoint,
  readExisting,
  storeManifest,
} from './checkpoint-directory.ts'
import { sharedFilesOf } from './checkpoint-rules.ts'
import type {
  JobCheckpoints,
  JobClaim,
  JobStart,
  StateScope,
  StateWriter,
  StoredJob,
  StoredSnapshot,
} from './checkpoint-storage.ts'
import { ensureDir, isLink, listIfThere, metadataName } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { Holds } from './holds.ts'
import { type JobRecord, takeJobRecord, writeJobRecord } from './job-record.ts'
import type { KeyedLock } from './keyed-lock.ts'
import { Lease } from './lease.ts'
import { type Manifest, sharedDirName, sharedFile } from './manifest.ts'
import { isHeld, markRetired, retiredName, takeBack } from './pins.ts'
import { ensureSharedDir, removeUnnamed, sharedFileName } from './shared-files.ts'
import { StateFile } from './state-file.ts'
import { stateFileName } from './state-segments.ts'
import { FileStateWriter } from './state-writer.ts'
import { asStorage } from './storage-errors.ts'
import { sweepCheckpoint } from './sweep.ts'
import type { WriteChunks } from './write-chunks.ts'

export interface JobPlace extends Required<StoredJob> {
  readonly fs: FileSystem
  /** The job's directory. */
  readonly dir: string
  readonly locks: KeyedLock
  readonly chunks: WriteChunks
  /** The time of day in milliseconds, for what people read. */
  now(): number
}

/** Takes over the job's directory, making it when needed. */
export async function openJob(place: JobPlace): Promise<JobCheckpoints> {
  const { fs, dir, id, name, locks } = place
  const now = place.now()
  return asStorage('open the checkpoint directory', dir, async () => {
    await ensureDir(fs, dir)
    const lease = await Lease.take(fs, dir, id, now)
    await lease.clear(dir)
    const ids = checkpointIdsIn(await fs.list(dir))
    for (const checkpoint of ids) {
      const path = join(dir, checkpointDirName(checkpoint))
      if (await isLink(fs, path)) continue
      await lease.clear(path)
      if (checkpoint === place.goesOnFrom) await locks.run(path, () => takeBack(fs, path))
    }
    const record = await takeJobRecord(fs, dir, lease.epoch)
    const highestId = Math.max(record?.highestId ?? 0, ids.at(-1) ?? 0) as CheckpointId | 0
    const noted = { openedAt: now, finishedAt: 0, startedFrom: place.startsFrom }
    const opened = { name, highestId, claimed: record?.claimed, ...noted }
    await writeJobRecord(fs, dir, id, opened, lease)
    const { openedAt = 0, finishedAt = 0, startedFrom } = record ?? {}
    const before = { openedAt, finishedAt, startedFrom }
    return new FilesystemJob(place, lease, { ...(await readExisting(fs, dir, ids)), before }, opened)
  })
}

/** Of the job, before it was opened. */
interface Before extends Pick<JobCheckpoints, 'existing' | 'unreadable'> {
  readonly before: Pick<JobRecord, 'openedAt' | 'finishedAt' | 'startedFrom'>
}

class FilesystemJob implements JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  readonly existing: readonly StoredSnapshot[]
  readonly unreadable: readonly CheckpointId[]
  readonly highestId: CheckpointId | 0
  readonly hadFinished: boolean
  readonly #place: JobPlace
  readonly #lease: Lease
  /** Directories made by this process, so that each is made durable once and not by every subtask. */
  readonly #dirs = new Map<CheckpointId | typeof sharedDirName, Promise<void>>()
  readonly #holds: Holds
  /** The shared files that each stored checkpoint names, so far as this process knows. */
  readonly #shared = new Map<CheckpointId, readonly string[]>()
  /** Deleted lately: a subtask that was still writing may make the directory once more. */
  #deleted: readonly CheckpointId[] = []
  /** What `job.json` says. */
  #record: JobRecord
  readonly #before: Before['before']

  constructor(place: JobPlace, lease: Lease, { existing, unreadable, before }: Before, record: JobRecord) {
    this.jobId = place.id
    this.epoch = lease.epoch
    this.existing = existing
    this.unreadable = unreadable
    this.highestId = record.highestId
    this.hadFinished = before.finishedAt > 0
    this.#before = before
    this.#record = record
    this.#place = place
    this.#lease = lease
    this.#holds = new Holds(existing.map(({ manifest }) => manifest.checkpointId))
    for (const { manifest } of existing) this.#shared.set(manifest.checkpointId, sharedFilesOf(manifest))
  }

  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter {
    const { fs, inlineBytes, chunks } = this.#place
    const name = stateFileName(subtask)
    return new FileStateWriter((scope) => {
      const file = scope === 'shared' ? sharedFile(sharedFileName(checkpoint, name)) : name
      return new StateFile(fs, this.#dirOf(checkpoint), file, {
        prepare: () => this.#prepare(checkpoint, scope),
        abandoned: () => this.#removeAgain(checkpoint),
        inlineBytes,
        chunks,
      })
    })
  }

  /** The checkpoint has a directory also when it only has shared files, since that is what makes its id known. */
  async #prepare(checkpoint: CheckpointId, scope: StateScope): Promise<void> {
    await this.#lease.check()
    await this.#ensure(checkpoint)
    if (scope === 'shared') await this.#ensure(sharedDirName)
    if (this.#deleted.includes(checkpoint)) {
      throw new StreamError('STORAGE_FAILED', `Checkpoint ${checkpoint} was deleted while it was written.`)
    }
  }

  async putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    const dir = this.#dirOf(manifest.checkpointId)
    return asStorage('store a checkpoint in', dir, async () => {
      await this.#lease.check()
      await this.#ensure(manifest.checkpointId)
      const checkLease = async () => void (await this.#lease.check())
      const stored = await storeManifest(this.#place.fs, dir, manifest, this.epoch, checkLease)
      this.#holds.stored(manifest.checkpointId)
      this.#shared.set(manifest.checkpointId, sharedFilesOf(manifest))
      return stored
    })
  }

  load(checkpoint: CheckpointId): Promise<StoredSnapshot> {
    return readCheckpoint(this.#place.fs, this.#dirOf(checkpoint))
  }

  hold(checkpoint: CheckpointId): (() => void) | undefined {
    return this.#holds.hold(checkpoint)
  }

  async discard(checkpoint: CheckpointId): Promise<boolean> {
    for (const overdue of this.#holds.overdue) if (overdue !== checkpoint) await this.#letGo(overdue)
    return this.#letGo(checkpoint)
  }

  #letGo(checkpoint: CheckpointId): Promise<boolean> {
    const { fs, locks } = this.#place
    const dir = this.#dirOf(checkpoint)
    return asStorage('delete checkpoint', dir, () =>
      locks.run(dir, async () => {
        const ids = checkpointIdsIn(await this.#lease.check())
        if (!this.#holds.letGo(checkpoint)) return false
        const names = await listIfThere(fs, dir)
        if (names.includes(metadataName) && isHeld(names, this.jobId)) {
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
      if (inFlight.length === 0) this.#holds.end()
      for (const overdue of this.#holds.overdue) await this.#letGo(overdue)
      const removed: string[] = []
      const ids = checkpointIdsIn(await this.#lease.check())
      for (const id of ids) {
        if (inFlight.includes(id)) continue
        const path = this.#dirOf(id)
        const swept = await locks.run(path, () => sweepCheckpoint(fs, path, () => this.#delete(id, ids)))
        removed.push(...swept)
      }
      const unnamed = await removeUnnamed(
        fs,
        dir,
        (_, writtenBy) => !(inFlight as readonly number[]).includes(writtenBy),
      )
      return [...removed, ...unnamed]
    })
  }

  finish(): Promise<void> {
    return asStorage('note the end of the job in', this.#place.dir, async () => {
      await this.#lease.check()
      await this.#note({ finishedAt: this.#place.now() })
    })
  }

  get claim(): JobClaim {
    return {
      place: this.#record.claimed,
      note: (claimed) =>
        asStorage('note a claim in', this.#place.dir, async () => {
          await this.#lease.check()
          await this.#note({ claimed })
        }),
    }
  }

  get start(): JobStart {
    const forget = () => asStorage('forget the start in', this.#place.dir, () => this.#note({ startedFrom: undefined }))
    return { place: this.#record.startedFrom, forget }
  }

  withdraw(): Promise<void> {
    return asStorage('take back what was noted in', this.#place.dir, () => this.#note(this.#before))
  }

  async close(): Promise<void> {
    this.#dirs.clear()
    await this.#lease.release(this.#place.now())
  }

  /** The id stays known: by a later directory, which is asked the same when it goes, or by the record. */
  async #delete(checkpoint: CheckpointId, ids: readonly CheckpointId[]): Promise<void> {
    this.#dirs.delete(checkpoint)
    this.#deleted = [...this.#deleted, checkpoint].slice(-limits.recentCheckpointsMax)
    if (!ids.some((other) => other > checkpoint) && checkpoint > this.#record.highestId) {
      await this.#note({ highestId: checkpoint })
    }
    const { fs, dir } = this.#place
    const named = new Set(this.#shared.get(checkpoint))
    this.#shared.delete(checkpoint)
    await deleteCheckpoint(fs, this.#dirOf(checkpoint))
    // Its shared files last, so that a death in between leaves rubbish and not a checkpoint without its state. The checkpoint is
    // gone in any case; what cannot be removed now is swept later.
    const others = new Set([...this.#shared.values()].flat())
    const mayGo = (name: string, by: number) => (named.has(name) || by === checkpoint) && !others.has(name)
    await removeUnnamed(fs, dir, mayGo).catch(() => [])
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
      await writeJobRecord(fs, dir, id, record, this.#lease)
      this.#record = record
    })
  }

  #dirOf(checkpoint: CheckpointId): string {
    return join(this.#place.dir, checkpointDirName(checkpoint))
  }

  #ensure(what: CheckpointId | typeof sharedDirName): Promise<void> {
    let made = this.#dirs.get(what)
    if (made === undefined) {
      const { fs, dir } = this.#place
      made = what === sharedDirName ? ensureSharedDir(fs, dir) : ensureDir(fs, this.#dirOf(what))
      this.#dirs.set(what, made)
      made.catch(() => this.#dirs.delete(what))
    }
    return made
  }
}
