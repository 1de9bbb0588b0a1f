/**
 * The snapshots of one subtask between the barrier and the acknowledgement, and their timings.
 *
 * The machine decides what happens to each; this holds what was marked, writes it in slices, and turns results into
 * the machine's events. Several may be in flight; they are written one after the other.
 */
import type { JobCheckpoints } from '../backends/checkpoint-storage.ts'
import type { RecordBatch } from '../core/elements.ts'
import { asStreamError, type StreamError } from '../core/errors.ts'
import { type CheckpointId, parseSubtaskId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { BarrierFacts, SnapshotMetrics, SubtaskEvent } from '../machines/subtask/protocol.ts'
import type { OperatorSnapshotPart } from '../operators/chain-options.ts'
import type { Self } from './kernel.ts'
import { type ChainBasis, KeyedChains, type KeyedOperator } from './keyed-chains.ts'
import { type ChannelBatches, SnapshotPersistence } from './snapshot-persistence.ts'
import type { SubtaskDescriptor } from './subtask-descriptor.ts'
import { failureOf, type SubtaskMessage } from './subtask-messages.ts'

interface Taken {
  readonly parts: readonly OperatorSnapshotPart[]
  readonly ended: boolean
  readonly metrics: Pick<SnapshotMetrics, 'startDelayMs' | 'alignmentMs' | 'syncMs'>
  readonly takenAt: number
  readonly basis: ChainBasis | undefined
  persistence: SnapshotPersistence | undefined
}

export class SubtaskSnapshots {
  readonly #self: Self
  readonly #descriptor: SubtaskDescriptor
  readonly #checkpoints: JobCheckpoints
  /** Undefined when every snapshot holds everything. */
  readonly #chains: KeyedChains | undefined
  readonly #taken = new Map<CheckpointId, Taken>()
  /** Ids to be encoded, in order. */
  readonly #queue: CheckpointId[] = []
  /** When the first barrier of a checkpoint came: bounded, the oldest go first. */
  readonly #firstBarrier = new Map<CheckpointId, number>()

  /** `keyed`: the operators with keyed state. */
  constructor(
    self: Self,
    descriptor: SubtaskDescriptor,
    checkpoints: JobCheckpoints,
    keyed: readonly KeyedOperator[] = [],
  ) {
    this.#self = self
    this.#descriptor = descriptor
    this.#checkpoints = checkpoints
    this.#chains = descriptor.incremental && keyed.length > 0 ? new KeyedChains(keyed, checkpoints) : undefined
  }

  barrierSeen(id: CheckpointId): void {
    if (this.#firstBarrier.has(id)) return
    this.#firstBarrier.set(id, this.#self.host.now())
    const [oldest] = this.#firstBarrier.keys()
    if (this.#firstBarrier.size > limits.alignmentsTrackedMax) this.#firstBarrier.delete(oldest!)
  }

  /** The synchronous part. */
  take(facts: BarrierFacts & { readonly ended: boolean }, snapshot: () => OperatorSnapshotPart[]): SubtaskEvent {
    const { checkpointId, timestamp, ended } = facts
    const { host } = this.#self
    const now = host.now()
    const started = host.monotonicMs()
    const firstBarrier = this.#firstBarrier.get(checkpointId) ?? now
    this.#firstBarrier.delete(checkpointId)
    const basis = this.#chains?.begin()
    try {
      const parts = snapshot()
      const takenAt = host.monotonicMs()
      const metrics = {
        startDelayMs: Math.max(0, firstBarrier - timestamp),
        alignmentMs: Math.max(0, now - firstBarrier),
        syncMs: takenAt - started,
      }
      this.#taken.set(checkpointId, { parts, ended, metrics, takenAt, basis, persistence: undefined })
      return { type: 'snapshot.taken', checkpointId }
    } catch (thrown) {
      basis?.letGo()
      return this.#failed(checkpointId, thrown)
    }
  }

  /** Starts the asynchronous part, with what was recorded on inputs; returns its result when there is nothing to write. */
  persist(id: CheckpointId, recorded: readonly (readonly RecordBatch[])[] = []): SubtaskEvent | undefined {
    const taken = this.#taken.get(id)
    if (taken === undefined) return undefined
    try {
      const { parts, ended, basis } = taken
      taken.persistence = new SnapshotPersistence(parts, {
        names: this.#namesOf(),
        ended,
        openWriter: () => this.#checkpoints.openWriter(id, this.#descriptor.id),
        channels: this.#channelsOf(recorded),
        basis,
      })
      if (taken.persistence.trivial) {
        taken.persistence.slice(() => true)
        return this.stored(id)
      }
      this.#queue.push(id)
      this.#self.wake()
      return undefined
    } catch (thrown) {
      return this.#failed(id, thrown)
    }
  }

  get writing(): boolean {
    return this.#queue.length > 0
  }

  /** Encodes for at most `sliceMs`; returns the failure, if it fails. */
  writeSlice(sliceMs: number): SubtaskEvent | undefined {
    const id = this.#queue[0]
    const persistence = id === undefined ? undefined : this.#taken.get(id)?.persistence
    if (id === undefined || persistence === undefined) {
      this.#queue.shift()
      return undefined
    }
    const { host } = this.#self
    const deadline = host.monotonicMs() + sliceMs
    try {
      if (!persistence.slice(() => host.monotonicMs() < deadline)) return undefined
    } catch (thrown) {
      this.#queue.shift()
      return this.#failed(id, thrown)
    }
    this.#queue.shift()
    this.#self.io(
      `persist checkpoint ${id}`,
      () => persistence.finish(),
      (): SubtaskMessage => ({ type: 'snapshot.durable', checkpointId: id }),
      (thrown) => this.#failed(id, thrown),
    )
    return undefined
  }

  /** Everything is durable: what to acknowledge. */
  stored(id: CheckpointId): SubtaskEvent {
    const taken = this.#taken.get(id)
    const state = taken?.persistence?.state ?? { operators: [], bytes: 0, finished: taken?.ended ?? false }
    this.#taken.delete(id)
    if (taken?.basis !== undefined) this.#chains?.acknowledged(id, taken.basis)
    const asyncMs = taken === undefined ? 0 : this.#self.host.monotonicMs() - taken.takenAt
    const metrics = {
      ...(taken?.metrics ?? { startDelayMs: 0, alignmentMs: 0, syncMs: 0 }),
      asyncMs,
      bytes: state.writtenBytes ?? state.bytes,
    }
    return { type: 'snapshot.stored', checkpointId: id, state, metrics }
  }

  /** The checkpoint is complete: later snapshots may build on it. */
  completed(id: CheckpointId): void {
    this.#chains?.completed(id)
  }

  aborted(id: CheckpointId): void {
    this.#chains?.aborted(id)
  }

  discard(id: CheckpointId): void {
    const taken = this.#taken.get(id)
    if (taken === undefined) return
    this.#taken.delete(id)
    taken.basis?.letGo()
    if (taken.persistence !== undefined) taken.persistence.discard()
    else for (const part of taken.parts) part.keyed?.release()
  }

  discardAll(): void {
    for (const id of [...this.#taken.keys()]) this.discard(id)
    this.#chains?.forgetAll()
  }

  /** Losing the lease ends the subtask for good; any other failure only declines the checkpoint. */
  #failed(checkpointId: CheckpointId, thrown: unknown): SubtaskEvent {
    const sentence = `Checkpoint ${checkpointId} of "${this.#descriptor.vertexName}" failed`
    const error: StreamError = asStreamError(thrown, 'CHECKPOINT_FAILED', sentence)
    const failure = failureOf(error)
    this.discard(checkpointId)
    return error.code === 'LEASE_LOST'
      ? { type: 'subtask.crashed', failure }
      : { type: 'snapshot.failed', checkpointId, failure }
  }

  #channelsOf(recorded: readonly (readonly RecordBatch[])[]): ChannelBatches[] {
    return recorded.map((batches, channel) => {
      const { gate, input, from, feeder } = this.#descriptor.inputs[channel]!
      return { gate, input, from: parseSubtaskId(from).index, ...(feeder && { feeder }), batches }
    })
  }

  #namesOf(): ReadonlyMap<string, string> {
    return new Map(this.#descriptor.operators.map(({ id, name }) => [id, name]))
  }
}
