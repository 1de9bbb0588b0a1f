/**
 * One writer per job: a file `lease-<epoch>` in the job's directory, the highest epoch wins.
 *
 * INV-LE-1 A lease file is made exclusively, so no two processes ever hold one epoch.
 * INV-LE-2 A manifest of an older epoch never appears after a newer owner has listed the checkpoints: its writer puts the
 * epoch into the temporary name and checks the lease after making that file; the new owner removes such files after
 * making its lease. Whichever came first, the rename fails or the manifest is listed.
 * The highest lease file is never deleted: it is the memory of the epoch. Tests: test/backends/filesystem-checkpoints.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { leaseLost } from './checkpoint-rules.ts'
import { listIfThere, readNote, removeUnlessDir, temporaryMark, writeWhole } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { errnoOf } from './storage-errors.ts'

const leaseName = /^lease-([1-9]\d*)$/

/** 0 for any other name. A number beyond all counting was not written by an owner. */
const epochOf = (name: string): number => {
  const epoch = Number(leaseName.exec(name)?.[1] ?? 0)
  return epoch <= limits.checkpointIdMax ? epoch : 0
}
const highestEpoch = (names: readonly string[]): number => names.reduce((max, name) => Math.max(max, epochOf(name)), 0)

export class Lease {
  readonly epoch: number
  readonly #fs: FileSystem
  readonly #dir: string
  readonly #job: JobId

  private constructor(fs: FileSystem, dir: string, job: JobId, epoch: number) {
    this.#fs = fs
    this.#dir = dir
    this.#job = job
    this.epoch = epoch
  }

  /** Takes over `dir`, which exists. `now` is only written down, for people. */
  static async take(fs: FileSystem, dir: string, job: JobId, now: number): Promise<Lease> {
    for (let attempt = 0; attempt < limits.leaseAttemptsMax; attempt++) {
      const lease = await Lease.takeAfter(fs, dir, job, now, highestEpoch(await fs.list(dir)))
      if (lease !== undefined) return lease
    }
    throw new StreamError('STORAGE_FAILED', `Cannot take over ${dir}: other processes keep taking it at the same time.`)
  }

  /** The same from an owner that one has looked at; undefined when another process came in between. */
  static async takeAfter(
    fs: FileSystem,
    dir: string,
    job: JobId,
    now: number,
    lastEpoch: number,
  ): Promise<Lease | undefined> {
    const epoch = lastEpoch + 1
    try {
      const file = await fs.create(join(dir, `lease-${epoch}`))
      await file.write(Buffer.from(`${JSON.stringify({ epoch, pid: process.pid, time: now })}\n`))
      await file.sync()
      await file.close()
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return undefined
      throw error
    }
    await fs.syncDir(dir)
    return new Lease(fs, dir, job, epoch)
  }

  /** Lists the job's directory on the way, which callers need too. Fails with `LEASE_LOST`. */
  async check(): Promise<readonly string[]> {
    const names = await this.#fs.list(this.#dir)
    const highest = highestEpoch(names)
    if (highest > this.epoch) throw leaseLost(this.#job, this.epoch, highest)
    return names
  }

  /** Notes for others that this process writes no more. The epoch stays taken. Nothing depends on it, so it never fails. */
  async release(now: number): Promise<void> {
    try {
      await this.check()
      const text = `${JSON.stringify({ epoch: this.epoch, time: now, released: true })}\n`
      await writeWhole(this.#fs, { path: join(this.#dir, `lease-${this.epoch}`), text, writer: this.epoch })
    } catch {
      // Taken over, or the disk is away: then the note of this process stays until the process ends.
    }
  }

  /** Removes what earlier owners left half-written in `dir`, and their leases. */
  async clear(dir: string): Promise<void> {
    for (const name of await listIfThere(this.#fs, dir)) {
      const mark = name.lastIndexOf(temporaryMark)
      const writer = mark < 0 ? Number.NaN : Number(name.slice(mark + temporaryMark.length))
      const older = writer < this.epoch || (epochOf(name) > 0 && epochOf(name) < this.epoch)
      if (older) await removeUnlessDir(this.#fs, join(dir, name))
    }
  }
}

/** What the newest lease of a job says. */
export interface LeaseNote {
  /** 0 when there is no lease. */
  readonly epoch: number
  /** The process that holds the job; undefined when it has let the job go, or cannot be told. */
  readonly pid: number | undefined
  /** Has a process made the lease and not yet noted itself in it? One that was killed there leaves it so. */
  readonly isBeingTaken: boolean
}

export async function leaseNote(fs: FileSystem, dir: string): Promise<LeaseNote> {
  const epoch = highestEpoch(await listIfThere(fs, dir))
  if (epoch === 0) return { epoch, pid: undefined, isBeingTaken: false }
  try {
    const text = await readNote(fs, join(dir, `lease-${epoch}`))
    if (text.trim() === '') return { epoch, pid: undefined, isBeingTaken: true }
    const { pid } = JSON.parse(text) as { pid?: unknown }
    const isPid = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0
    return { epoch, pid: isPid ? pid : undefined, isBeingTaken: false }
  } catch {
    return { epoch, pid: undefined, isBeingTaken: false }
  }
}

/** The process that holds the job in `dir`, as its lease notes; undefined when there is none, or it has let the job go. */
export const leaseHolder = async (fs: FileSystem, dir: string): Promise<number | undefined> =>
  (await leaseNote(fs, dir)).pid
