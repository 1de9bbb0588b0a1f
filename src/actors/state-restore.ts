/**
 * Reads the state that a subtask restores, piece by piece, while the pieces before are being taken over: neither the bytes
 * nor the work of a large state come at once.
 *
 * Owns the order: what is not keyed and what was on its way first, as a whole, then every segment of keyed state, one after
 * the other. Each piece comes to the actor as a message; the next one is being read meanwhile. The operator's backend takes it in a turn of
 * its own, so that the event loop is free in between. Tests: test/actors/state-restore.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { checkSegmentIs } from '../backends/keyed-segment.ts'
import type { KeyedStateHandle } from '../backends/manifest.ts'
import type { SegmentRestore } from '../backends/state-backend.ts'
import { placeOf } from '../backends/state-segments.ts'
import { asStreamError, assert } from '../core/errors.ts'
import { type OperatorId, roleAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { Self } from './kernel.ts'
import type { SubtaskDescriptor, SubtaskRestore } from './subtask-descriptor.ts'
import { failureOf, type StatePiece, type SubtaskMessage } from './subtask-messages.ts'

interface Segment {
  readonly operatorId: OperatorId
  readonly handle: KeyedStateHandle
}

export class StateRestore {
  readonly #self: Self
  readonly #descriptor: SubtaskDescriptor
  readonly #from: StoredSnapshot
  readonly #pieces: AsyncIterator<StatePiece, undefined>
  readonly #totalBytes: number
  readonly #beginRestore: (operator: OperatorId) => SegmentRestore
  #current: SegmentRestore | undefined
  #bytes = 0
  /** The piece that is being read while the one before is taken over. */
  #next: Promise<IteratorResult<StatePiece, undefined>> | undefined
  #reportedAt: number

  /** `beginRestore`: what takes over a segment of an operator's keyed state. */
  constructor(
    self: Self,
    descriptor: SubtaskDescriptor,
    from: StoredSnapshot,
    beginRestore: (operator: OperatorId) => SegmentRestore,
  ) {
    assert(descriptor.restore !== undefined, 'a subtask restores without a snapshot')
    this.#self = self
    this.#descriptor = descriptor
    this.#from = from
    this.#beginRestore = beginRestore
    const segments = segmentsOf(descriptor.restore)
    this.#totalBytes = segments.reduce((sum, { handle }) => sum + handle.length, 0)
    this.#pieces = readPieces(from, segments)
    this.#reportedAt = self.host.monotonicMs()
  }

  /** Asks for the next piece: `state.piece`, or at the end `state.loaded` with what `loadRest` gives. */
  read(loadRest: (from: StoredSnapshot) => Promise<SubtaskMessage>): void {
    this.#self.io(
      'restore',
      async (): Promise<SubtaskMessage> => {
        const { done, value } = await (this.#next ?? this.#pieces.next())
        if (done === true) return loadRest(this.#from)
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

  /** Takes one piece over. Fails as `SegmentRestore` does. */
  take({ operatorId, bytes, last }: StatePiece): void {
    this.#current ??= this.#beginRestore(operatorId)
    this.#current.take(bytes)
    if (last) {
      this.#current.end()
      this.#current = undefined
    }
    this.#bytes += bytes.length
    this.#report()
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
  operators.flatMap(({ operatorId, keyed }) => keyed.map((handle) => ({ operatorId, handle })))

async function* readPieces(from: StoredSnapshot, segments: readonly Segment[]): AsyncGenerator<StatePiece, undefined> {
  for (const { operatorId, handle } of segments) {
    let before: Uint8Array | undefined
    for await (const bytes of piecesOf(from, handle)) {
      // Its checksum says that it is as it was written, not that it belongs here.
      if (before === undefined) checkSegmentIs(bytes, handle, placeOf(from.path, handle))
      else yield { operatorId, bytes: before, last: false }
      before = bytes
    }
    yield { operatorId, bytes: before ?? new Uint8Array(0), last: true }
  }
  return undefined
}

async function* piecesOf(from: StoredSnapshot, handle: KeyedStateHandle): AsyncGenerator<Uint8Array> {
  if (from.readInPieces !== undefined && 'file' in handle) return yield* from.readInPieces(handle)
  const bytes = await from.read(handle)
  for (let at = 0; at < bytes.length; at += limits.restorePieceBytes) {
    yield bytes.subarray(at, at + limits.restorePieceBytes)
  }
}
