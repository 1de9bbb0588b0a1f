/**
 * What reaches a subtask's actor: its machine's events from the coordinator and the job, and the results of its own
 * operations.
 */
import type { StateChoice } from '../backends/state-backend.ts'
import type { RecordBatch } from '../core/elements.ts'
import type { ErrorCode } from '../core/error-codes.ts'
import { asStreamError, type StreamError } from '../core/errors.ts'
import type { CheckpointId, OperatorId } from '../core/ids.ts'
import type { Failure, SubtaskEvent, SubtaskStatus } from '../machines/subtask/protocol.ts'
import type { GroupWatermark } from './watermark-alignment-actor.ts'

/** Bytes read for one operator. */
export interface LoadedOperator {
  readonly operatorId: OperatorId
  /** What the operator is opened with; undefined when there is nothing. */
  readonly state: unknown
}

/** Some bytes of a segment of keyed state. */
export interface StatePiece {
  readonly operatorId: OperatorId
  /** Which of its states are taken; all when undefined. */
  readonly states: readonly StateChoice[] | undefined
  readonly bytes: Uint8Array
  /** Of its segment? */
  readonly last: boolean
}

/** What was on its way in one input channel. */
export interface LoadedChannel {
  /** Position among the inputs. */
  readonly channel: number
  readonly batches: readonly RecordBatch[]
}

export type SubtaskMessage =
  /** The operators of a subtask that reached its end have let everything go. */
  | { readonly type: 'operators.closed'; readonly status: SubtaskStatus; readonly failure: Failure | undefined }
  /** Flushing at the end of the data took its time and is done. */
  | { readonly type: 'data.flushed' }
  | SubtaskEvent
  | { readonly type: 'state.piece'; readonly piece: StatePiece }
  /** The rest of the state, after all pieces. */
  | {
      readonly type: 'state.loaded'
      readonly operators: readonly LoadedOperator[]
      readonly inFlight: readonly LoadedChannel[]
    }
  /** The asynchronous part of a snapshot is durable. */
  | { readonly type: 'snapshot.durable'; readonly checkpointId: CheckpointId }
  | { readonly type: 'timer.fired'; readonly name: string }
  | GroupWatermark

/** `code` is for what has none of its own. */
export const crashedBy = (
  thrown: unknown,
  code: ErrorCode,
  { vertexName }: { readonly vertexName: string },
): SubtaskEvent => ({
  type: 'subtask.crashed',
  failure: failureOf(asStreamError(thrown, code, `"${vertexName}" failed`)),
})

export const failureOf = (error: StreamError): Failure => ({
  code: error.code,
  message: error.message,
  restartable: error.restartable,
})
