/**
 * One state file on disk while it is written: bytes go out in the background as they come, `close` makes them durable. A
 * segment that stays small does not go into the file, but into its handle.
 *
 * Owns the order write → sync → close → sync of the directory. Does not own when a file may be made (`open` says so).
 * Appended bytes are copied. Tests: test/backends/crash.test.ts, test/backends/state-writer.test.ts.
 */
import { dirname, join } from 'node:path'
import { removeIfThere } from './durable-files.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { StateHandle } from './manifest.ts'
import { inlineHandle, SegmentLog } from './state-segments.ts'
import { storageError } from './storage-errors.ts'
import type { WriteChunks } from './write-chunks.ts'

export interface StateFilePlace {
  /** Makes the directory and checks the lease, just before the file is made. */
  prepare(): Promise<void>
  /** The file was given up and is gone. What this fails with is nobody's concern: a sweep comes later. */
  abandoned(): Promise<void>
  /** Segments of up to so many bytes do not go into the file. */
  readonly inlineBytes: number
  readonly chunks: WriteChunks
}

/** A file with less has no chunk of its own. */
const chunkFromBytes = 64 * 1024

export class StateFile {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #place: StateFilePlace
  readonly #log: SegmentLog
  /** The segment so far, while it is small. */
  #small: Uint8Array[] | undefined
  #smallBytes = 0
  #begun = false
  #used = false
  /** Not written yet, before there is a chunk: small pieces. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** What is written next, once it is full. */
  #chunk: Buffer | undefined
  #chunkBytes = 0
  #file: OpenFile | undefined
  #created = false
  #failure: unknown
  /** Everything written in the background so far; never rejects. */
  #written: Promise<void> = Promise.resolve()

  /** `file`: the path of the file, relative to the directory of the manifest. */
  constructor(fs: FileSystem, dir: string, file: string, place: StateFilePlace) {
    this.#fs = fs
    this.#path = join(dir, file)
    this.#place = place
    this.#log = new SegmentLog(file)
  }

  beginSegment(): void {
    this.#small = []
    this.#smallBytes = 0
    this.#begun = true
  }

  append(bytes: Uint8Array): void {
    if (this.#small === undefined) {
      this.#write(bytes)
      return
    }
    this.#small.push(Uint8Array.from(bytes))
    this.#smallBytes += bytes.length
    if (this.#smallBytes > this.#place.inlineBytes) this.#toFile(this.#small)
  }

  endSegment(): StateHandle {
    const small = this.#small
    if (small === undefined) return this.#log.end()
    this.#small = undefined
    if (this.#place.inlineBytes > 0) return inlineHandle(Buffer.concat(small))
    this.#toFile(small)
    return this.#log.end()
  }

  #toFile(pieces: readonly Uint8Array[]): void {
    this.#small = undefined
    this.#used = true
    this.#log.begin()
    for (const bytes of pieces) this.#write(bytes)
  }

  #write(bytes: Uint8Array): void {
    this.#log.append(bytes)
    if (this.#chunk === undefined && this.#pendingBytes + bytes.length < chunkFromBytes) {
      this.#pending.push(Uint8Array.from(bytes))
      this.#pendingBytes += bytes.length
      return
    }
    if (this.#chunk === undefined) this.#beginChunks()
    this.#copy(bytes)
  }

  #beginChunks(): void {
    const pieces = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    for (const bytes of pieces) this.#copy(bytes)
  }

  #copy(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#chunk ??= this.#place.chunks.take()
      const some = bytes.subarray(at, at + this.#chunk.length - this.#chunkBytes)
      this.#chunk.set(some, this.#chunkBytes)
      this.#chunkBytes += some.length
      at += some.length
      if (this.#chunkBytes === this.#chunk.length) this.#flush()
    }
  }

  async close(): Promise<void> {
    if (!this.#used) {
      // Without a file there is still something that makes the id of its checkpoint known to the next process.
      if (this.#begun) await this.#place.prepare()
      return
    }
    this.#flush()
    await this.#written
    try {
      if (this.#failure !== undefined) throw this.#failure
      await this.#file?.sync()
      await this.#closeFile()
      await this.#fs.syncDir(dirname(this.#path))
    } catch (error) {
      await this.abort()
      throw storageError(error, 'write state file', this.#path)
    }
  }

  async abort(): Promise<void> {
    this.#pending = []
    this.#failure ??= new Error('given up')
    await this.#written
    if (this.#chunk !== undefined) this.#place.chunks.give(this.#chunk)
    this.#chunk = undefined
    await this.#closeFile().catch(() => {})
    if (this.#created) await removeIfThere(this.#fs, this.#path).catch(() => {})
    this.#created = false
    await this.#place.abandoned().catch(() => {})
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #flush(): void {
    const chunk = this.#chunk
    const bytes = chunk === undefined ? Buffer.concat(this.#pending) : chunk.subarray(0, this.#chunkBytes)
    this.#pending = []
    this.#pendingBytes = 0
    this.#chunk = undefined
    this.#chunkBytes = 0
    this.#written = this.#written.then(async () => {
      try {
        if (this.#failure !== undefined) return
        await this.#open()
        await this.#file?.write(bytes)
      } catch (error) {
        this.#failure = error
      } finally {
        if (chunk !== undefined) this.#place.chunks.give(chunk)
      }
    })
  }

  async #open(): Promise<void> {
    if (this.#file !== undefined) return
    await this.#place.prepare()
    this.#file = await this.#fs.create(this.#path)
    this.#created = true
  }
}
