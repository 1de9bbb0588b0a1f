/**
 * The keys of the record of changes: epoch, then what the entry's key is (`entry-key.ts`), so that what changed in one
 * epoch in one state is a range. They are read as bytes, since most are only read to be deleted.
 */
import type { Key } from '../../core/key-groups.ts'
import { type EntryKey, entryKeyEncoder, isLong, longKeyBytes, prefixBytes, readKey, writeUint32 } from './entry-key.ts'
import type { KeyEncoder } from './lmdb-module.ts'

/** Written over for every call, as an `EntryKey` is. */
export interface ChangeKey extends EntryKey {
  epoch: number
}

const epochBytes = 4

export const changeKeyEncoder: KeyEncoder<ChangeKey | Uint8Array, Uint8Array> = {
  writeKey(key, target, start) {
    if (key instanceof Uint8Array) {
      target.set(key, start)
      return start + key.length
    }
    writeUint32(key.epoch, target, start)
    return entryKeyEncoder.writeKey(key, target, start + epochBytes)
  },
  readKey: (source, start, end) => Uint8Array.prototype.slice.call(source, start, end),
}

/** What is kept under a change's key: was it a removal, and the entry's key if it is too long. */
export interface Change {
  readonly removal: boolean
  readonly key: Key
}

const put = new Uint8Array([0])
const removal = new Uint8Array([1])

export function changeValue(change: Change): Uint8Array {
  const first = change.removal ? removal : put
  return isLong(change.key) ? Buffer.concat([first, longKeyBytes(change.key)]) : first
}

export const readChange = (key: Uint8Array, value: Uint8Array): Change => ({
  removal: value[0] === 1,
  key: value.length > 1 ? readKey(value, 1, value.length) : readKey(key, epochBytes + prefixBytes, key.length),
})
