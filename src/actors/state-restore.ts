/**
 * Reads the state that a subtask restores, piece by piece, while the pieces before are being taken over: neither the bytes
 * nor the work of a large state come at once.
 *
 * Owns the order: every segment of keyed state, one after the other, then the rest as a whole. Each piece comes to the actor
 * as a message, while the next one is being read; the operator's backend takes it over in slices, one turn of the actor
 * each, so that the event loop is free in between. Tests: test/actors/state-restore.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { keyedPieces } from '../backends/segment-pieces.ts'
import type { SegmentRestore, StateChoice } from '../backends/state-backend.ts'
import { asStreamError, assert } from '../core/errors.ts'
import { type OperatorId, roleAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { Self } from './kernel.ts'
import type { KeyedPiece, SubtaskDescriptor, SubtaskRestore } from './subtask-descriptor.ts'
import { failureOf, type StatePiece, type SubtaskMessage } from './subtask-messages.ts'

interface Segment extends KeyedPiece {
  readonly operatorId: OperatorId
}

/** Between two looks at the clock: some hundred entries, or one that is large. */
const bytesAtOnce = 4 * 1024

export interface RestoreParts {
  /** What takes over a segment of an operator's keyed state. */
  readonly beginRestore: (operator: OperatorId, states: readonly StateChoice[] | undefined) => SegmentRestore
  /** Reads what is not keyed, and what was on its way. */
  readonly loadRest: (from: StoredSnapshot) => Promise<SubtaskMessage>
}

export class StateRestore {
  readonly #self: Self
  readonly #descriptor: SubtaskDescriptor
  readonly #from: StoredSnapshot
  readonly #pieces: AsyncIterator<StatePiece, undefined>
  readonly #totalBytes: number
  readonly #parts: RestoreParts
  /** What is still to be taken over of the last piece. */
  #piece: StatePiece | undefined
  #current: SegmentRestore | undefined
  #bytes = 0
  /** The piece that is being read while the one before is taken over. */
  #next: Promise<IteratorResult<StatePiece, undefined>> | undefined
  #reportedAt: number

  constructor(self: Self, descriptor: SubtaskDescriptor, from: StoredSnapshot, parts: RestoreParts) {
    assert(descriptor.restore !== undefined, 'a subtask restores without a snapshot')
    this.#self = self
    this.#descriptor = descriptor
    this.#from = from
    this.#parts = parts
    const segments = segmentsOf(descriptor.restore)
    this.#totalBytes = segments.reduce((sum, { handle }) => sum + handle.length, 0)
    this.#pieces = readPieces(from, segments)
    this.#reportedAt = self.host.monotonicMs()
  }

  /** Asks for the next piece: `state.piece`, or at the end what `loadRest` gives. */
  read(): void {
    this.#self.io(
      'restore',
      async (): Promise<SubtaskMessage> => {
        const { done, value } = await (this.#next ?? this.#pieces.next())
        if (done === true) return this.#parts.loadRest(this.#from)
        this.#next = this.#pieces.next()
        this.#next.catch(() => {}) // Heard when it is asked for.
        return { type: 'state.piece', piece: value }
      },
      (message) => message,
      (thrown): SubtaskMessage => ({
        type: 'subtask.crashed',
        failure: failureOf(
          asStreamError(thrown, 'STORAGE_FAILED', `"${this.#descriptor.vertexName}" could not read its state`),
        ),
      }),
    )
  }

  /** A piece has come: `work` takes it over. */
  take(piece: StatePiece): void {
    this.#piece = piece
    this.#self.wake()
  }

  /** Takes some of the piece over, for a slice of time. False when there is nothing to take. Fails as `SegmentRestore` does. */
  work(): boolean {
    if (this.#piece === undefined) return false
    const { operatorId, states, bytes, last } = this.#piece
    const { host } = this.#self
    const deadline = host.monotonicMs() + limits.snapshotSliceMs
    this.#current ??= this.#parts.beginRestore(operatorId, states)
    let at = 0
    do {
      this.#current.take(bytes.subarray(at, at + bytesAtOnce))
      at += bytesAtOnce
    } while (at < bytes.length && host.monotonicMs() < deadline)
    this.#bytes += Math.min(at, bytes.length)
    this.#piece = at < bytes.length ? { ...this.#piece, bytes: bytes.subarray(at) } : undefined
    if (this.#piece !== undefined) return true
    if (last) {
      this.#current.end()
      this.#current = undefined
    }
    this.#report()
    this.read()
    return true
  }

  /** What takes long is told of, once a second. */
  #report(): void {
    const now = this.#self.host.monotonicMs()
    if (now - this.#reportedAt < limits.restoreReportMs) return
    this.#reportedAt = now
    const { jobId, id: subtask } = this.#descriptor
    const progress = { type: 'restore.progressed', subtask, bytes: this.#bytes, totalBytes: this.#totalBytes }
    this.#self.send(roleAddress(jobId, 'client'), progress)
  }
}

const segmentsOf = ({ operators }: SubtaskRestore): readonly Segment[] =>
  operators.flatMap(({ operatorId, keyed }) => keyed.map((piece) => ({ operatorId, ...piece })))

async function* readPieces(from: StoredSnapshot, segments: readonly Segment[]): AsyncGenerator<StatePiece, undefined> {
  for (const { operatorId, handle, states } of segments) {
    let before: Uint8Array | undefined
    for await (const bytes of keyedPieces(from, handle)) {
      if (before !== undefined) yield { operatorId, states, bytes: before, last: false }
      before = bytes
    }
    yield { operatorId, states, bytes: before ?? new Uint8Array(0), last: true }
  }
  return undefined
}
