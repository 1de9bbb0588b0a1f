/**
 * Changes of entries that are written in one transaction, encoded one behind the other.
 *
 * They are encoded before the transaction begins, so that a value that cannot be encoded leaves nothing half written. A
 * value is the epoch of its last change, the key when it is too long to be one of the database, and the content.
 */
import { encodeTransient } from '../../core/codec.ts'
import type { Key } from '../../core/key-groups.ts'
import { isLong, longKeyBytes, readKey, readUint32 } from './entry-key.ts'

export interface EntryChange {
  readonly state: number
  readonly hash: number
  readonly key: Key
  /** The epoch in which it happened. */
  readonly epoch: number
  /** Where the value's bytes are; none for a removal. */
  readonly start: number
  readonly end: number
}

export class EntryBatch {
  readonly changes: EntryChange[] = []
  #bytes = Buffer.allocUnsafeSlow(64 * 1024)
  #length = 0

  /** Bytes of all values. */
  get length(): number {
    return this.#length
  }

  /** Fails with `STATE_NOT_SERIALIZABLE`. */
  put(state: number, hash: number, key: Key, epoch: number, content: unknown): void {
    const encoded = encodeTransient(content)
    const long = isLong(key) ? longKeyBytes(key) : undefined
    const start = this.#length
    this.#makeRoom(start + 8 + (long?.length ?? 0) + encoded.length)
    let at = this.#bytes.writeUInt32BE(epoch, start)
    if (long !== undefined) {
      at = this.#bytes.writeUInt32BE(long.length, at)
      this.#bytes.set(long, at)
      at += long.length
    }
    this.#bytes.set(encoded, at)
    this.#length = at + encoded.length
    this.changes.push({ state, hash, key, epoch, start, end: this.#length })
  }

  remove(state: number, hash: number, key: Key, epoch: number): void {
    this.changes.push({ state, hash, key, epoch, start: this.#length, end: this.#length })
  }

  /** The value, good until the batch is cleared; undefined for a removal. */
  valueOf({ start, end }: EntryChange): Uint8Array | undefined {
    return start === end ? undefined : this.#bytes.subarray(start, end)
  }

  clear(): void {
    this.changes.length = 0
    this.#length = 0
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

export const epochOf = (value: Uint8Array): number => readUint32(value, 0)

/** The bytes of the content, which `decodeValue` takes. `size` is that of the value; `long`: does it hold the key? */
export const contentOf = (value: Uint8Array, size: number, long: boolean): Uint8Array =>
  value.subarray(long ? 8 + readUint32(value, 4) : 4, size)

/** The key that was too long. */
export const longKeyOf = (value: Uint8Array): Key => readKey(value, 8, 8 + readUint32(value, 4))
