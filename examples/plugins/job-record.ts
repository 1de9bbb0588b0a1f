/**
 * What a bucket knows of a job, in one object that is only replaced under the condition that nobody else has meanwhile. A
 * checkpoint exists when it is in here, whatever other objects there are: so it cannot appear after somebody else has
 * taken the job over, and cannot be deleted while somebody pins it.
 */

import type { CheckpointId, JobId } from 'tidemark'
import { checkpointNotFound, leaseLost } from 'tidemark/backends'
import type { Bucket } from './bucket.ts'

export interface CheckpointRecord {
  readonly pins: readonly string[]
  /** Its job does not need it any more, but somebody pins it. */
  readonly retired: boolean
}

export interface JobRecord {
  readonly name: string
  readonly epoch: number
  /** Later than that of any job that was opened before. */
  readonly opened: number
  readonly finished: boolean
  readonly highestId: number
  readonly checkpoints: Readonly<Record<string, CheckpointRecord>>
}

export const recordName = 'job.json'

export async function readRecord(bucket: Bucket, key: string): Promise<JobRecord | undefined> {
  const object = await bucket.get(key)
  return object && (JSON.parse(String(object.bytes)) as JobRecord)
}

/** Replaces a record by what `decide` makes of it, as often as somebody else is faster. */
export async function changeRecord(
  bucket: Bucket,
  key: string,
  decide: (record: JobRecord | undefined) => JobRecord,
): Promise<JobRecord> {
  for (;;) {
    const object = await bucket.get(key)
    const record = object && (JSON.parse(String(object.bytes)) as JobRecord)
    const next = decide(record)
    if (next === record) return next
    if (await bucket.put(key, Buffer.from(JSON.stringify(next)), object?.version ?? 0)) return next
  }
}

/** The record, if it is still that of the owner. Fails with `LEASE_LOST`. */
export function owned(record: JobRecord | undefined, job: JobId, epoch: number): JobRecord {
  if (record?.epoch === epoch) return record
  throw leaseLost(job, epoch, record?.epoch ?? 0)
}

export function withCheckpoint(record: JobRecord, id: number, checkpoint: CheckpointRecord | undefined): JobRecord {
  const { [id]: _, ...others } = record.checkpoints
  return { ...record, checkpoints: checkpoint === undefined ? others : { ...others, [id]: checkpoint } }
}

/** The job does not need a checkpoint any more: it goes, unless it is pinned. */
export function letGo(record: JobRecord, id: number): JobRecord {
  const checkpoint = record.checkpoints[id]
  if (checkpoint === undefined || (checkpoint.retired && checkpoint.pins.length > 0)) return record
  return withCheckpoint(record, id, checkpoint.pins.length > 0 ? { ...checkpoint, retired: true } : undefined)
}

/** Fails with `CHECKPOINT_NOT_FOUND`, naming the path. */
export function pinned(record: JobRecord | undefined, id: number, holder: string, path: string): JobRecord {
  const checkpoint = record?.checkpoints[id]
  if (record === undefined || checkpoint === undefined) throw checkpointNotFound(path)
  const pins = [...new Set([...checkpoint.pins, holder])]
  return withCheckpoint(record, id, { ...checkpoint, pins })
}

/** A checkpoint that only this pin has kept goes with it. */
export function unpinned(record: JobRecord, id: number, holder: string): JobRecord {
  const checkpoint = record.checkpoints[id]
  if (checkpoint === undefined || !checkpoint.pins.includes(holder)) return record
  const pins = checkpoint.pins.filter((pin) => pin !== holder)
  const goes = checkpoint.retired && pins.length === 0
  return withCheckpoint(record, id, goes ? undefined : { ...checkpoint, pins })
}

/** Oldest first. */
export const idsOf = (record: JobRecord): readonly CheckpointId[] =>
  Object.keys(record.checkpoints)
    .map((id) => Number(id) as CheckpointId)
    .sort((a, b) => a - b)
