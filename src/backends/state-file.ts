/**
 * One state file on disk while it is written: bytes go out in the background as they come, `close` makes them durable. A
 * segment that stays small does not go into the file, but into its handle.
 *
 * Owns the order write → sync → close → sync of the directory. Does not own when a file may be made (`open` says so).
 * Appended bytes must not be changed until `close` or `abort` has settled. Tests: test/backends/crash.test.ts.
 */
import { dirname, join } from 'node:path'
import { limits } from '../core/limits.ts'
import { removeIfThere } from './durable-files.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { StateHandle } from './manifest.ts'
import { inlineHandle, SegmentLog } from './state-segments.ts'
import { storageError } from './storage-errors.ts'

export interface StateFilePlace {
  /** Makes the directory and checks the lease, just before the file is made. */
  prepare(): Promise<void>
  /** The file was given up and is gone. What this fails with is nobody's concern: a sweep comes later. */
  abandoned(): Promise<void>
  /** Segments of up to so many bytes do not go into the file. */
  readonly inlineBytes: number
}

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
  #pending: Uint8Array[] = []
  #pendingBytes = 0
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
    this.#small.push(bytes)
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
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes >= limits.stateWriteBytes) this.#flush()
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
    const bytes = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    this.#written = this.#written.then(async () => {
      if (this.#failure !== undefined) return
      try {
        await this.#open()
        await this.#file?.write(bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes))
      } catch (error) {
        this.#failure = error
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
