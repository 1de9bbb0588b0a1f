/**
 * The state of one subtask on its way to disk: what belongs to its checkpoint alone in one file, what later checkpoints may
 * name, too, in another. Both are durable, or neither counts. Tests: test/backends/state-writer.test.ts.
 */
import { assert } from '../core/errors.ts'
import type { StateScope, StateWriter } from './checkpoint-storage.ts'
import type { StateHandle } from './manifest.ts'
import type { StateFile } from './state-file.ts'

export class FileStateWriter implements StateWriter {
  readonly #open: (scope: StateScope) => StateFile
  readonly #files = new Map<StateScope, StateFile>()
  /** The file of the segment that is being written. */
  #current: StateFile | undefined

  constructor(open: (scope: StateScope) => StateFile) {
    this.#open = open
  }

  beginSegment(scope: StateScope = 'exclusive'): void {
    assert(this.#current === undefined, 'a segment is begun within another')
    const file = this.#files.get(scope) ?? this.#open(scope)
    this.#files.set(scope, file)
    file.beginSegment()
    this.#current = file
  }

  append(bytes: Uint8Array): void {
    assert(this.#current !== undefined, 'bytes are appended outside a segment')
    this.#current.append(bytes)
  }

  endSegment(): StateHandle {
    assert(this.#current !== undefined, 'a segment is ended that was not begun')
    const handle = this.#current.endSegment()
    this.#current = undefined
    return handle
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#files.values()].map((file) => file.close()))
    const failed = closed.find(({ status }) => status === 'rejected')
    if (failed?.status !== 'rejected') return
    await this.abort()
    throw failed.reason
  }

  async abort(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.abort()))
  }
}
