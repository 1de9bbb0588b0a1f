/**
 * The asynchronous part of one subtask's snapshot: encode what was marked, slice by slice, into one state file, then
 * wait until everything is durable.
 *
 * `slice` is called between batches and returns quickly; records go on flowing. When it says it is done, `finish` is
 * the I/O that makes the file and the operators' own side files durable, and gives the state to acknowledge. Records that
 * an unaligned checkpoint found on their way are a segment per channel, before the operators' state.
 */

import { encodeBatch, encodeBatchCount, encodeChannel } from '../backends/channel-segment.ts'
import type { StateScope, StateWriter } from '../backends/checkpoint-storage.ts'
import type {
  ChannelStateHandle,
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorStateHandles,
  SubtaskState,
} from '../backends/manifest.ts'
import type { KeyedSnapshot } from '../backends/state-backend.ts'
import { codecVersion, encodeValue, notSerializable } from '../core/codec.ts'
import type { RecordBatch } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { DividedState } from '../core/operator-state.ts'
import type { OperatorSnapshotPart } from '../operators/chain-options.ts'
import type { ChainBasis } from './keyed-chains.ts'

/** The batches of one input channel that belong to a snapshot. */
export interface ChannelBatches extends Pick<ChannelStateHandle, 'gate' | 'input' | 'from' | 'feeder'> {
  readonly batches: readonly RecordBatch[]
}

export interface PersistenceOptions {
  /** Operator id → name, for messages. */
  readonly names: ReadonlyMap<string, string>
  /** Had the data ended? */
  readonly ended: boolean
  /** Called only when there is something to write. */
  readonly openWriter: () => StateWriter
  readonly channels?: readonly ChannelBatches[]
  /** What the keyed state builds on; undefined when every snapshot holds everything and is its checkpoint's alone. */
  readonly basis?: ChainBasis | undefined
}

export class SnapshotPersistence {
  readonly #parts: readonly OperatorSnapshotPart[]
  readonly #names: ReadonlyMap<string, string>
  readonly #ended: boolean
  readonly #basis: ChainBasis | undefined
  readonly #writer: StateWriter | undefined
  readonly #handles: OperatorStateHandles[] = []
  readonly #durable: Promise<void>[] = []
  readonly #channels: readonly ChannelBatches[]
  readonly #inFlight: ChannelStateHandle[] = []
  #index = 0
  #channel = 0
  /** The next batch of `#channel`; 0 also before its segment is begun. */
  #batch = 0
  #keyedOpen = false
  /** Written. */
  #bytes = 0
  /** Of earlier snapshots. */
  #namedBytes = 0
  #released = false

  constructor(parts: readonly OperatorSnapshotPart[], options: PersistenceOptions) {
    const { names, ended, openWriter, channels = [], basis } = options
    this.#parts = parts
    this.#names = names
    this.#ended = ended
    this.#basis = basis
    this.#channels = channels.filter(({ batches }) => batches.length > 0)
    const writes =
      this.#channels.length > 0 || parts.some((part) => part.state !== undefined || part.keyed?.empty === false)
    this.#writer = writes ? openWriter() : undefined
    for (const part of parts) {
      if (part.durable === undefined) continue
      const durable = begin(part.durable)
      durable.catch(() => {}) // Awaited in `finish`; a failure before that must not count as unhandled.
      this.#durable.push(durable)
    }
  }

  /** Nothing to write and nothing to wait for: the subtask may acknowledge at once. */
  get trivial(): boolean {
    return this.#writer === undefined && this.#durable.length === 0
  }

  /** Encodes while `more()` allows. Returns true when all is encoded. Fails with `STATE_NOT_SERIALIZABLE`. */
  slice(more: () => boolean): boolean {
    do {
      if (this.#channel < this.#channels.length) {
        this.#writeBatch(this.#channels[this.#channel]!)
        continue
      }
      const part = this.#parts[this.#index]
      if (part === undefined) return true
      if (this.#keyedOpen || (part.keyed !== undefined && !part.keyed.empty)) {
        if (!this.#writeKeyed(part.keyed!, more)) return false
      } else {
        this.#closePart(part, undefined)
      }
    } while (more())
    return this.#index === this.#parts.length
  }

  #writeBatch({ batches, ...name }: ChannelBatches): void {
    const writer = this.#writer!
    if (this.#batch === 0) {
      writer.beginSegment()
      writer.append(encodeChannel(name))
    }
    const batch = batches[this.#batch++]!
    writer.append(this.#encode(batch, () => encodeBatch(batch), 'A record on its way'))
    if (this.#batch < batches.length) return
    writer.append(encodeBatchCount(batches.length))
    const handle = { ...writer.endSegment(), ...name }
    this.#inFlight.push(handle)
    this.#bytes += handle.length
    this.#batch = 0
    this.#channel++
  }

  #writeKeyed(keyed: KeyedSnapshot, more: () => boolean): boolean {
    const writer = this.#writer!
    if (!this.#keyedOpen) {
      const scope: StateScope = this.#basis === undefined ? 'exclusive' : 'shared'
      writer.beginSegment(scope)
      this.#keyedOpen = true
    }
    const bytes = keyed.write(more)
    if (bytes !== undefined) {
      writer.append(bytes)
      return false
    }
    this.#keyedOpen = false
    const delta = keyed.since === undefined ? {} : ({ delta: true } as const)
    const handle: KeyedStateHandle = { ...writer.endSegment(), keyGroups: keyed.range, states: keyed.states, ...delta }
    this.#closePart(this.#parts[this.#index]!, handle)
    return true
  }

  #closePart(part: OperatorSnapshotPart, keyed: KeyedStateHandle | undefined): void {
    const operator = part.state === undefined ? undefined : this.#writeOperatorState(part)
    this.#bytes += (keyed?.length ?? 0) + (operator?.length ?? 0)
    const segments = this.#segmentsOf(part, keyed)
    this.#namedBytes += segments.reduce((sum, { length }) => sum + length, -(keyed?.length ?? 0))
    if (segments.length > 0 || operator !== undefined) {
      this.#handles.push({ operatorId: part.operatorId, keyed: segments, operator })
    }
    part.keyed?.release()
    this.#index++
  }

  #segmentsOf(part: OperatorSnapshotPart, own: KeyedStateHandle | undefined): readonly KeyedStateHandle[] {
    if (part.keyed !== undefined && this.#basis !== undefined) {
      return this.#basis.extend(part.operatorId, part.keyed, own)
    }
    return own === undefined ? [] : [own]
  }

  #writeOperatorState(part: OperatorSnapshotPart): OperatorStateHandle {
    const owner = `The state of operator "${this.#names.get(part.operatorId)}"`
    const divided = part.state instanceof DividedState ? part.state : undefined
    const value = divided === undefined ? part.state : divided.value
    const bytes = this.#encode(value, () => encodeValue(value), owner)
    const writer = this.#writer!
    writer.beginSegment()
    writer.append(bytes)
    const handle = { ...writer.endSegment(), codec: codecVersion }
    return divided === undefined ? handle : { ...handle, states: divided.facts }
  }

  #encode(value: unknown, encode: () => Uint8Array, owner: string): Uint8Array {
    try {
      return encode()
    } catch (thrown) {
      if (!(thrown instanceof StreamError) || thrown.code !== 'STATE_NOT_SERIALIZABLE') throw thrown
      throw notSerializable(value, owner)
    }
  }

  /** What is acknowledged; valid once everything is encoded. */
  get state(): SubtaskState {
    const inFlight = this.#inFlight.length === 0 ? {} : { inFlight: this.#inFlight }
    const written = this.#namedBytes === 0 ? {} : { writtenBytes: this.#bytes }
    const bytes = this.#bytes + this.#namedBytes
    return { operators: this.#handles, ...inFlight, bytes, ...written, finished: this.#ended }
  }

  /** Makes everything durable. Given up before it began, it writes nothing: its file is gone. */
  async finish(): Promise<SubtaskState> {
    if (this.#released) return this.state
    await Promise.all([this.#writer?.close(), ...this.#durable])
    return this.state
  }

  /** Gives the snapshot up; its file is removed in the background. Safe to call more than once. */
  discard(): void {
    if (this.#released) return
    this.#released = true
    for (const part of this.#parts.slice(this.#index)) part.keyed?.release()
    if (this.#writer !== undefined) void this.#writer.abort()
  }
}

/** Starts the work at once; what it throws instead of rejecting counts as a rejection. */
const begin = async (work: () => Promise<void>): Promise<void> => work()
