/** The state of one subtask in one checkpoint, gathered in memory and stored as files when it is whole. */
import { assert } from '../core/errors.ts'
import type { StateScope, StateWriter } from './checkpoint-storage.ts'
import type { StateHandle } from './manifest.ts'
import { SegmentLog } from './state-segments.ts'

interface File {
  readonly name: string
  readonly log: SegmentLog
  readonly pieces: Uint8Array[]
}

export class HeapStateWriter implements StateWriter {
  readonly #names: Readonly<Record<StateScope, string>>
  readonly #store: (file: string, bytes: Uint8Array) => () => void
  readonly #files = new Map<StateScope, File>()
  #current: File | undefined
  #remove: (() => void)[] = []

  /** `store` keeps a file and returns what removes it again. */
  constructor(names: Readonly<Record<StateScope, string>>, store: (file: string, bytes: Uint8Array) => () => void) {
    this.#names = names
    this.#store = store
  }

  beginSegment(scope: StateScope = 'exclusive'): void {
    assert(this.#current === undefined, 'a segment is begun within another')
    const name = this.#names[scope]
    const file = this.#files.get(scope) ?? { name, log: new SegmentLog(name), pieces: [] }
    this.#files.set(scope, file)
    file.log.begin()
    this.#current = file
  }

  append(bytes: Uint8Array): void {
    assert(this.#current !== undefined, 'bytes are appended outside a segment')
    this.#current.log.append(bytes)
    this.#current.pieces.push(Uint8Array.from(bytes))
  }

  endSegment(): StateHandle {
    assert(this.#current !== undefined, 'a segment is ended that was not begun')
    const handle = this.#current.log.end()
    this.#current = undefined
    return handle
  }

  async close(): Promise<void> {
    for (const { name, pieces } of this.#files.values()) this.#remove.push(this.#store(name, Buffer.concat(pieces)))
  }

  async abort(): Promise<void> {
    for (const { pieces } of this.#files.values()) pieces.length = 0
    for (const remove of this.#remove) remove()
    this.#remove = []
  }
}
