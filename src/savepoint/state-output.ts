/**
 * The state file of one operator in one subtask, written as a stream: nothing is kept but what is not yet a few kilobytes.
 * Tests: test/savepoint/savepoint-builder.test.ts.
 */
import { join } from 'node:path'
import { removeIfThere } from '../backends/durable-files.ts'
import type { FileSystem, OpenFile } from '../backends/file-system.ts'
import type { FileHandle } from '../backends/manifest.ts'
import { SegmentLog, stateFileName } from '../backends/state-segments.ts'
import { type SubtaskId, subtaskId, type VertexId } from '../core/ids.ts'

export class StateOutput {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #log: SegmentLog
  #file: OpenFile | undefined
  #made = false

  constructor(fs: FileSystem, dir: string, operator: string, index: number) {
    // Not the vertex of the operator: its other operators have files of their own.
    const owner: SubtaskId = subtaskId(operator as VertexId, index)
    const name = stateFileName(owner)
    this.#fs = fs
    this.#path = join(dir, name)
    this.#log = new SegmentLog(name)
  }

  begin(): void {
    this.#log.begin()
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#log.append(bytes)
    if (this.#file === undefined) {
      this.#file = await this.#fs.create(this.#path)
      this.#made = true
    }
    await this.#file.write(bytes)
  }

  end(): FileHandle {
    return this.#log.end()
  }

  /** One whole segment. */
  async segment(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<FileHandle> {
    this.begin()
    for await (const bytes of pieces) await this.write(bytes)
    return this.end()
  }

  /** Resolves when every byte is durable; the name is not yet. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Removes what was written. Never rejects. */
  async abort(): Promise<void> {
    await this.#file?.close().catch(() => {})
    this.#file = undefined
    if (this.#made) await removeIfThere(this.#fs, this.#path).catch(() => {})
  }
}
