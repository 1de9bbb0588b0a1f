/**
 * Reads the splits of one subtask in order, some way ahead of the runtime, and queues their blocks.
 *
 * Bounds what is read ahead in bytes and in open files. Errors are delivered in their place: after the blocks that were
 * read before them.
 */
import { limits } from '../core/limits.ts'
import type { FileSplit } from './file-splits.ts'
import { type LineBlock, readBlocks } from './split-blocks.ts'

export interface QueuedBlock {
  readonly split: number
  readonly block: LineBlock
}

export type NextBlock = QueuedBlock | 'waiting' | 'end'

export interface SplitQueueOptions {
  readonly splits: readonly FileSplit[]
  readonly operator: string
  readonly wake: () => void
}

type Blocks = AsyncGenerator<LineBlock, void, undefined>

interface OpenedSplit {
  readonly blocks: Blocks
  /** Started ahead of its turn, so that small files do not wait for each other. */
  readonly first: Promise<IteratorResult<LineBlock, void>>
}

export class SplitQueue {
  readonly #options: SplitQueueOptions
  readonly #queue: QueuedBlock[] = []
  #queuedBytes = 0
  readonly #opened = new Map<number, OpenedSplit>()
  readonly #reading: Promise<void>
  #failure: { readonly thrown: unknown } | undefined
  #ended = false
  #closed = false
  #waiting = false
  #makeRoom: (() => void) | undefined

  constructor(options: SplitQueueOptions) {
    this.#options = options
    this.#reading = this.#read()
  }

  /** Is there a block to take at once? */
  get ready(): boolean {
    return this.#queue.length > 0
  }

  /** The next block in order. Throws what reading it threw. */
  next(): NextBlock {
    const head = this.#queue.shift()
    if (head !== undefined) {
      this.#queuedBytes -= head.block.bytes.length
      this.#makeRoom?.()
      return head
    }
    if (this.#failure !== undefined) throw this.#failure.thrown
    if (this.#ended) return 'end'
    this.#waiting = true
    return 'waiting'
  }

  /** Resolves when every file is closed. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    this.#makeRoom?.()
    await this.#reading
    for (const { blocks, first } of this.#opened.values()) {
      await first.catch(() => undefined)
      await blocks.return().catch(() => undefined)
    }
    this.#opened.clear()
  }

  async #read(): Promise<void> {
    try {
      const { splits } = this.#options
      for (let index = 0; index < splits.length && !this.#closed; index++) await this.#readSplit(index)
      this.#ended = true
    } catch (thrown) {
      this.#failure = { thrown }
    }
    this.#wake()
  }

  async #readSplit(index: number): Promise<void> {
    for (let ahead = index; ahead <= index + limits.fileSplitsAhead; ahead++) this.#open(ahead)
    const { blocks, first } = this.#opened.get(index)!
    for (let next = await first; next.done !== true && !this.#closed; next = await blocks.next()) {
      this.#queue.push({ split: index, block: next.value })
      this.#queuedBytes += next.value.bytes.length
      this.#wake()
      while (!this.#closed && this.#isFull()) await this.#room()
    }
    if (!this.#closed) this.#opened.delete(index)
  }

  #open(index: number): void {
    const split = this.#options.splits[index]
    if (split === undefined || this.#opened.has(index)) return
    const blocks = readBlocks(split, { operator: this.#options.operator })
    const first = blocks.next()
    // Its turn may never come; when it does, the same rejection is awaited and reported.
    first.catch(() => undefined)
    this.#opened.set(index, { blocks, first })
  }

  /** Empty blocks count too, so that a million empty ranges do not queue up. */
  #isFull(): boolean {
    return this.#queuedBytes >= limits.fileReadAheadBytes || this.#queue.length >= limits.channelCapacity
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#makeRoom = resolve
    })
  }

  #wake(): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#options.wake()
  }
}
