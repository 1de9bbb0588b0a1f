/**
 * The state of one subtask in one checkpoint, gathered in memory and stored as files when it is whole: for storages that
 * take a file at once. Tests: test/backends/gathered-state-writer.test.ts.
 */
import { asStreamError, assert, StreamError } from '../core/errors.ts'
import type { CheckpointId, SubtaskId } from '../core/ids.ts'
import type { StateScope, StateWriter } from './checkpoint-storage.ts'
import { type StateHandle, sharedFile } from './manifest.ts'
import { sharedFileName } from './shared-files.ts'
import { inlineHandle, SegmentLog, stateFileName } from './state-segments.ts'

export interface GatheredStateOptions {
  readonly checkpoint: CheckpointId
  readonly subtask: SubtaskId
  /** A segment of up to so many bytes goes into its handle, and into no file. Default 0: none does. */
  readonly inlineBytes?: number | undefined
  /**
   * Keeps a whole file under the name that handles have, and resolves when it is durable. The name is relative to the
   * checkpoint: `<subtask>.state`, or one for which `isShared` holds, for what later checkpoints may name.
   */
  store(file: string, bytes: Uint8Array): Promise<void>
  /** Removes what `store` has kept. What it fails with is nobody's concern: a sweep comes later. */
  remove(file: string): Promise<void>
}

interface File {
  readonly name: string
  readonly log: SegmentLog
  readonly segments: Uint8Array[]
}

/**
 * A `StateWriter` for a storage of your own, if the state of one subtask fits into memory.
 *
 * @example
 * new GatheredStateWriter({ checkpoint, subtask, store: (file, bytes) => bucket.put(keyOf(file), bytes), remove })
 */
export class GatheredStateWriter implements StateWriter {
  readonly #options: GatheredStateOptions
  readonly #files = new Map<StateScope, File>()
  #segment: { readonly scope: StateScope; readonly pieces: Uint8Array[] } | undefined
  #stored: string[] = []
  #closing: Promise<void> | undefined
  #givenUp = false

  constructor(options: GatheredStateOptions) {
    this.#options = options
  }

  beginSegment(scope: StateScope = 'exclusive'): void {
    assert(this.#segment === undefined, 'a segment is begun within another')
    this.#segment = { scope, pieces: [] }
  }

  append(bytes: Uint8Array): void {
    assert(this.#segment !== undefined, 'bytes are appended outside a segment')
    this.#segment.pieces.push(Uint8Array.from(bytes))
  }

  endSegment(): StateHandle {
    assert(this.#segment !== undefined, 'a segment is ended that was not begun')
    const { scope, pieces } = this.#segment
    this.#segment = undefined
    const bytes = Buffer.concat(pieces)
    const { inlineBytes = 0 } = this.#options
    if (inlineBytes > 0 && bytes.length <= inlineBytes) return inlineHandle(bytes)
    const { log, segments } = this.#fileOf(scope)
    segments.push(bytes)
    log.begin()
    log.append(bytes)
    return log.end()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async abort(): Promise<void> {
    this.#givenUp = true
    this.#files.clear()
    await this.#closing?.catch(() => {})
    await this.#removeStored()
  }

  async #close(): Promise<void> {
    for (const { name, segments } of this.#files.values()) {
      try {
        const [only, second] = segments
        await this.#options.store(name, second === undefined && only !== undefined ? only : Buffer.concat(segments))
        this.#stored.push(name)
        if (this.#givenUp) throw new StreamError('STORAGE_FAILED', `State file ${name} was given up.`)
      } catch (thrown) {
        await this.#removeStored()
        throw asStreamError(thrown, 'STORAGE_FAILED', `Cannot store state file ${name}`)
      }
    }
  }

  async #removeStored(): Promise<void> {
    const stored = this.#stored
    this.#stored = []
    for (const file of stored) await this.#options.remove(file).catch(() => {})
  }

  #fileOf(scope: StateScope): File {
    const { checkpoint, subtask } = this.#options
    const own = stateFileName(subtask)
    const name = scope === 'shared' ? sharedFile(sharedFileName(checkpoint, own)) : own
    const file = this.#files.get(scope) ?? { name, log: new SegmentLog(name), segments: [] }
    this.#files.set(scope, file)
    return file
  }
}
