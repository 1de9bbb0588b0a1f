/**
 * The asynchronous part of one subtask's snapshot: encode what was marked, slice by slice, into one state file, then
 * wait until everything is durable.
 *
 * `slice` is called between batches and returns quickly; records go on flowing. When it says it is done, `finish` is
 * the I/O that makes the file and the operators' own side files durable, and gives the state to acknowledge.
 */
import type { StateWriter } from '../backends/checkpoint-storage.ts'
import type { KeyedStateHandle, OperatorStateHandles, StateHandle, SubtaskState } from '../backends/manifest.ts'
import type { KeyedSnapshot } from '../backends/state-backend.ts'
import { codecVersion, encodeValue, notSerializable } from '../core/codec.ts'
import { StreamError } from '../core/errors.ts'
import type { OperatorSnapshotPart } from '../operators/chain.ts'

export class SnapshotPersistence {
  readonly #parts: readonly OperatorSnapshotPart[]
  readonly #names: ReadonlyMap<string, string>
  readonly #ended: boolean
  readonly #writer: StateWriter | undefined
  readonly #handles: OperatorStateHandles[] = []
  readonly #durable: Promise<void>[] = []
  #index = 0
  #keyedOpen = false
  #bytes = 0
  #released = false

  /** `names`: operator id → name, for messages. `openWriter` is called only when there is something to write. */
  constructor(
    parts: readonly OperatorSnapshotPart[],
    names: ReadonlyMap<string, string>,
    ended: boolean,
    openWriter: () => StateWriter,
  ) {
    this.#parts = parts
    this.#names = names
    this.#ended = ended
    const writes = parts.some((part) => part.state !== undefined || part.keyed?.empty === false)
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

  #writeKeyed(keyed: KeyedSnapshot, more: () => boolean): boolean {
    const writer = this.#writer!
    if (!this.#keyedOpen) {
      writer.beginSegment()
      this.#keyedOpen = true
    }
    const bytes = keyed.write(more)
    if (bytes !== undefined) {
      writer.append(bytes)
      return false
    }
    this.#keyedOpen = false
    const handle: KeyedStateHandle = { ...writer.endSegment(), keyGroups: keyed.range, states: keyed.states }
    this.#closePart(this.#parts[this.#index]!, handle)
    return true
  }

  #closePart(part: OperatorSnapshotPart, keyed: KeyedStateHandle | undefined): void {
    const operator = part.state === undefined ? undefined : this.#writeOperatorState(part)
    this.#bytes += (keyed?.length ?? 0) + (operator?.length ?? 0)
    if (keyed !== undefined || operator !== undefined) {
      this.#handles.push({ operatorId: part.operatorId, keyed, operator })
    }
    part.keyed?.release()
    this.#index++
  }

  #writeOperatorState(part: OperatorSnapshotPart): StateHandle {
    const bytes = this.#encode(part)
    const writer = this.#writer!
    writer.beginSegment()
    writer.append(bytes)
    return { ...writer.endSegment(), codec: codecVersion }
  }

  #encode({ operatorId, state }: OperatorSnapshotPart): Uint8Array {
    try {
      return encodeValue(state)
    } catch (thrown) {
      if (!(thrown instanceof StreamError) || thrown.code !== 'STATE_NOT_SERIALIZABLE') throw thrown
      throw notSerializable(state, `The state of operator "${this.#names.get(operatorId)}"`)
    }
  }

  /** What is acknowledged; valid once everything is encoded. */
  get state(): SubtaskState {
    return { operators: this.#handles, bytes: this.#bytes, finished: this.#ended }
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
