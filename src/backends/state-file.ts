/**
 * One state file on disk while it is written: bytes go out in the background as they come, `close` makes them durable.
 *
 * Owns the order write → sync → close → sync of the directory. Does not own when a file may be made (`open` says so).
 * Appended bytes must not be changed until `close` or `abort` has settled. Tests: test/backends/crash.test.ts.
 */
import { dirname, join } from 'node:path'
import { limits } from '../core/limits.ts'
import type { StateWriter } from './checkpoint-storage.ts'
import { removeIfThere } from './durable-files.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { StateHandle } from './manifest.ts'
import { SegmentLog } from './state-segments.ts'
import { storageError } from './storage-errors.ts'

export interface StateFilePlace {
  /** Makes the directory and checks the lease, just before the file is made. */
  prepare(): Promise<void>
  /** The file was given up and is gone. What this fails with is nobody's concern: a sweep comes later. */
  abandoned(): Promise<void>
}

export class StateFile implements StateWriter {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #place: StateFilePlace
  readonly #log: SegmentLog
  #segments = 0
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #file: OpenFile | undefined
  #created = false
  #failure: unknown
  /** Everything written in the background so far; never rejects. */
  #written: Promise<void> = Promise.resolve()

  constructor(fs: FileSystem, dir: string, name: string, place: StateFilePlace) {
    this.#fs = fs
    this.#path = join(dir, name)
    this.#place = place
    this.#log = new SegmentLog(name)
  }

  beginSegment(): void {
    this.#log.begin()
    this.#segments++
  }

  append(bytes: Uint8Array): void {
    this.#log.append(bytes)
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes >= limits.stateWriteBytes) this.#flush()
  }

  endSegment(): StateHandle {
    return this.#log.end()
  }

  async close(): Promise<void> {
    if (this.#segments === 0) return
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
