/**
 * Buffers that are written to disk and used again. A large state goes to disk through a few of them: if each piece had a
 * buffer of its own, the garbage would start collections of the whole heap, in whose steps a large table stops the
 * process for a hundred milliseconds and more. Tests: test/backends/write-chunks.test.ts.
 */
import { limits } from '../core/limits.ts'

/** Free ones kept for the next write. */
const keptMax = 8

export class WriteChunks {
  readonly #free: Buffer[] = []

  /** `limits.stateWriteBytes` of room, with anything in it. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(limits.stateWriteBytes)
  }

  /** Nobody uses it any more. */
  give(chunk: Buffer): void {
    if (this.#free.length < keptMax) this.#free.push(chunk)
  }
}
