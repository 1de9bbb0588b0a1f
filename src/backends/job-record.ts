/**
 * `job.json` in the job's directory: its name; the highest checkpoint id that was ever deleted here, so that an id is not
 * used again when the directory that showed it is gone (S7); when it was last opened, and whether it has finished since,
 * so that a finished job whose checkpoints are gone is not run again.
 */
import { join } from 'node:path'
import type { CheckpointId, JobId } from '../core/ids.ts'
import { readWhole, writeWhole } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { JsonFields } from './json-fields.ts'
import { parseSealed, printSealed } from './manifest-json.ts'

const recordVersion = 1

export interface JobRecord {
  readonly name: string
  readonly highestId: CheckpointId | 0
  /** When a process last opened it, in milliseconds since 1970. */
  readonly openedAt: number
  /** When it finished after that; 0 while it has not. */
  readonly finishedAt: number
}

const pathIn = (dir: string): string => join(dir, 'job.json')

/** Undefined when there is none. Fails with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`. */
export async function readJobRecord(fs: FileSystem, dir: string): Promise<JobRecord | undefined> {
  const path = pathIn(dir)
  const text = await readWhole(fs, path)
  if (text === undefined) return undefined
  const fields = new JsonFields('Job record', path)
  const body = parseSealed(text, fields, recordVersion, path)
  fields.object(body, '', ['formatVersion', 'id', 'name', 'highestCheckpointId', 'openedAt', 'finishedAt'])
  return {
    name: fields.string(body.name, 'name'),
    highestId: fields.integer(body.highestCheckpointId, 'highestCheckpointId', 0) as CheckpointId | 0,
    openedAt: fields.integer(body.openedAt, 'openedAt', 0),
    finishedAt: fields.integer(body.finishedAt, 'finishedAt', 0),
  }
}

export const writeJobRecord = (
  fs: FileSystem,
  dir: string,
  id: JobId,
  record: JobRecord,
  epoch: number,
): Promise<void> =>
  writeWhole(fs, {
    path: pathIn(dir),
    text: printSealed({
      formatVersion: recordVersion,
      id,
      name: record.name,
      highestCheckpointId: record.highestId,
      openedAt: record.openedAt,
      finishedAt: record.finishedAt,
    }),
    writer: epoch,
  })
