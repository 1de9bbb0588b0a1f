/**
 * `job.json` in the job's directory: its name; the highest checkpoint id that was ever deleted here, so that an id is not
 * used again when the directory that showed it is gone (S7); when it was last opened, and whether it has finished since,
 * so that a finished job whose checkpoints are gone is not run again; what it has claimed, so that it is deleted in the end;
 * and what it started from without a claim, so that it goes on from there while it has no checkpoint of its own.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { ClaimedPlace, StartPlace } from './checkpoint-storage.ts'
import { readWhole, writeWhole } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { JsonFields } from './json-fields.ts'
import type { Lease } from './lease.ts'
import { parseSealed, printSealed } from './manifest-json.ts'
import { asRead, isDamage, isMissing } from './storage-errors.ts'

/** The newest that is read. Version 2 is for what version 1 cannot say, a claim; version 3 for a start without one,
 * version 4 for whose snapshot was claimed. */
const recordVersion = 4

export interface JobRecord {
  readonly name: string
  readonly highestId: CheckpointId | 0
  /** When a process last opened it, in milliseconds since 1970. */
  readonly openedAt: number
  /** When it finished after that; 0 while it has not. */
  readonly finishedAt: number
  /** The snapshot of another job that this one has claimed and not deleted yet. */
  readonly claimed: ClaimedPlace | undefined
  /** What it started from without a claim, until it has a checkpoint of its own. */
  readonly startedFrom: StartPlace | undefined
}

const pathIn = (dir: string): string => join(dir, 'job.json')

/** Undefined when there is none. Fails with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`. */
export async function readJobRecord(fs: FileSystem, dir: string): Promise<JobRecord | undefined> {
  const path = pathIn(dir)
  const text = await readWhole(fs, path)
  if (text === undefined) return undefined
  const fields = new JsonFields('Job record', path)
  const body = parseSealed(text, fields, recordVersion, path)
  fields.object(body, '', fieldsOf(Number(body.formatVersion)))
  return {
    name: fields.string(body.name, 'name'),
    highestId: fields.integer(body.highestCheckpointId, 'highestCheckpointId', 0, limits.checkpointIdMax) as
      | CheckpointId
      | 0,
    openedAt: fields.integer(body.openedAt, 'openedAt', 0),
    finishedAt: fields.integer(body.finishedAt, 'finishedAt', 0),
    claimed: claimedIn(body.claimed, fields),
    startedFrom: startIn(body.startedFrom, fields),
  }
}

const fieldsOf = (version: number): readonly string[] => [
  ...['formatVersion', 'id', 'name', 'highestCheckpointId', 'openedAt', 'finishedAt'],
  ...(version >= 2 ? ['claimed'] : []),
  ...(version >= 3 ? ['startedFrom'] : []),
]

function startIn(value: unknown, fields: JsonFields): StartPlace | undefined {
  if (value === undefined) return undefined
  const start = fields.object(value, 'startedFrom', ['path', 'job', 'checkpointId'])
  const id = fields.integer(start.checkpointId, 'startedFrom.checkpointId', 1, limits.checkpointIdMax)
  return {
    path: fields.string(start.path, 'startedFrom.path'),
    job: fields.string(start.job, 'startedFrom.job') as JobId,
    checkpointId: id as CheckpointId,
  }
}

function madeIn(value: unknown, fields: JsonFields): NonNullable<ClaimedPlace['made']> {
  const made = fields.object(value, 'claimed.made', ['job', 'timestamp'])
  return {
    job: fields.matching(made.job, 'claimed.made.job', /^[0-9a-f]{32}$/, '32 hex digits') as JobId,
    timestamp: fields.integer(made.timestamp, 'claimed.made.timestamp', 0),
  }
}

function claimedIn(value: unknown, fields: JsonFields): ClaimedPlace | undefined {
  if (value === undefined) return undefined
  const claimed = fields.object(value, 'claimed', ['checkpointId', 'snapshot', 'savepoint', 'made'])
  const id = fields.integer(claimed.checkpointId, 'claimed.checkpointId', 1, limits.checkpointIdMax)
  return {
    checkpointId: id as CheckpointId,
    snapshot: fields.string(claimed.snapshot, 'claimed.snapshot'),
    savepoint: claimed.savepoint === undefined ? undefined : fields.string(claimed.savepoint, 'claimed.savepoint'),
    ...(claimed.made !== undefined && { made: madeIn(claimed.made, fields) }),
  }
}

/** Undefined also for a record that is damaged or of a newer version. Fails with `STORAGE_FAILED`. */
export async function soundRecord(fs: FileSystem, dir: string): Promise<JobRecord | undefined> {
  try {
    return await asRead(pathIn(dir), () => readJobRecord(fs, dir))
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/**
 * The record that an owner of the job goes on from. A damaged one is moved out of the way, for a person to look at: what it
 * knew besides the name is only lost ids. Fails with `MANIFEST_VERSION_UNSUPPORTED`, `STORAGE_FAILED`.
 */
export async function takeJobRecord(fs: FileSystem, dir: string, epoch: number): Promise<JobRecord | undefined> {
  try {
    return await readJobRecord(fs, dir)
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'MANIFEST_DAMAGED') throw error
    await fs.rename(pathIn(dir), `${pathIn(dir)}.damaged-${epoch}`)
    return undefined
  }
}

/**
 * Only who still holds the lease: an owner that was held up may not undo what the next one has written. Fails with
 * `LEASE_LOST` and as the disk does.
 */
export async function writeJobRecord(
  fs: FileSystem,
  dir: string,
  id: JobId,
  record: JobRecord,
  lease: Pick<Lease, 'epoch' | 'check'>,
): Promise<void> {
  const checkLease = async () => void (await lease.check())
  try {
    await writeWhole(fs, {
      path: pathIn(dir),
      text: printRecord(id, record),
      writer: lease.epoch,
      beforeRename: checkLease,
    })
  } catch (error) {
    // A new owner removes the temporary file; then losing the lease is what happened.
    if (isMissing(error)) await checkLease()
    throw error
  }
}

/** The lowest that can say it, so that an earlier build still reads the others. */
function versionOf({ claimed, startedFrom }: JobRecord): number {
  if (claimed?.made !== undefined) return recordVersion
  if (startedFrom !== undefined) return 3
  return claimed === undefined ? 1 : 2
}

const printRecord = (id: JobId, record: JobRecord): string =>
  printSealed({
    formatVersion: versionOf(record),
    id,
    name: record.name,
    highestCheckpointId: record.highestId,
    openedAt: record.openedAt,
    finishedAt: record.finishedAt,
    claimed: record.claimed,
    startedFrom: record.startedFrom,
  })
