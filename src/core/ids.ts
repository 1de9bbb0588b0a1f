/**
 * Branded identifiers and addresses. Strings and numbers from outside become ids here and nowhere else.
 *
 * A job id, an operator id and a trigger id are 16 bytes, printed as 32 lowercase hex digits. A checkpoint id is a
 * positive integer that rises for the life of a job. An actor's address is structural, never a process-wide counter:
 * `<job>/<vertex>/<subtask>` for a subtask, `<job>/<role>` for the job, its coordinator and its savepoint store.
 */
import { StreamError } from './errors.ts'

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

export type JobId = Brand<string, 'JobId'>
export type OperatorId = Brand<string, 'OperatorId'>
/** The id of a chain: the operator id of its head. */
export type VertexId = Brand<string, 'OperatorId'>
export type TriggerId = Brand<string, 'TriggerId'>
export type CheckpointId = Brand<number, 'CheckpointId'>
/** `<vertex id>/<subtask index>`: one parallel instance of a chain, whatever its attempt. */
export type SubtaskId = Brand<string, 'SubtaskId'>
export type Address = Brand<string, 'Address'>

const hex32 = /^[0-9a-f]{32}$/

const parseHex = (
  kind: string,
  code: 'JOB_ID_INVALID' | 'OPERATOR_ID_INVALID' | 'TRIGGER_ID_INVALID',
  text: string,
) => {
  const lower = text.trim().toLowerCase()
  if (!hex32.test(lower)) {
    throw new StreamError(code, `Cannot parse ${kind} from "${text}": expected 32 hex digits.`)
  }
  return lower
}

/** Reads a job id. Fails with `JOB_ID_INVALID`. */
export const parseJobId = (text: string): JobId => parseHex('JobID', 'JOB_ID_INVALID', text) as JobId
/** Reads an operator id. Fails with `OPERATOR_ID_INVALID`. */
export const parseOperatorId = (text: string): OperatorId =>
  parseHex('operator id', 'OPERATOR_ID_INVALID', text) as OperatorId
/** Reads a trigger id. Fails with `TRIGGER_ID_INVALID`. */
export const parseTriggerId = (text: string): TriggerId =>
  parseHex('trigger id', 'TRIGGER_ID_INVALID', text) as TriggerId

/** Reads a checkpoint id: an integer from 1. Fails with `CHECKPOINT_ID_INVALID`. */
export function parseCheckpointId(value: number | string): CheckpointId {
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) {
    throw new StreamError('CHECKPOINT_ID_INVALID', `"${value}" is not a checkpoint id: expected an integer from 1.`)
  }
  return id as CheckpointId
}

/** The id that follows `id`; 1 follows nothing. */
export const nextCheckpointId = (id: CheckpointId | 0): CheckpointId => (id + 1) as CheckpointId

export const bytesToHex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}

/** A fresh 16-byte id from the run's own byte source (`Random.bytes`). */
export const makeJobId = (bytes: Uint8Array): JobId => bytesToHex(bytes) as JobId
export const makeTriggerId = (bytes: Uint8Array): TriggerId => bytesToHex(bytes) as TriggerId
export const makeOperatorId = (bytes: Uint8Array): OperatorId => bytesToHex(bytes) as OperatorId

export const subtaskId = (vertex: VertexId, index: number): SubtaskId => `${vertex}/${index}` as SubtaskId

export const parseSubtaskId = (id: SubtaskId): { readonly vertex: VertexId; readonly index: number } => {
  const slash = id.lastIndexOf('/')
  return { vertex: id.slice(0, slash) as VertexId, index: Number(id.slice(slash + 1)) }
}

export const subtaskAddress = (job: JobId, subtask: SubtaskId): Address => `${job}/${subtask}` as Address
export const roleAddress = (
  job: JobId,
  role: 'job' | 'coordinator' | 'savepoints' | 'watermarks' | 'client',
): Address => `${job}/${role}` as Address
