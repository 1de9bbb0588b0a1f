import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeKeyEncoder, changeValue, readChange } from '../../../src/backends/lmdb/change-key.ts'
import { contentOf, EntryBatch, epochOf, longKeyOf } from '../../../src/backends/lmdb/entry-batch.ts'
import { hashOf } from '../../../src/backends/lmdb/entry-key.ts'
import { loadLmdb } from '../../../src/backends/lmdb/lmdb-module.ts'
import { LmdbStore } from '../../../src/backends/lmdb/lmdb-store.ts'
import type { StoreView } from '../../../src/backends/lmdb/store-view.ts'
import { decodeValue } from '../../../src/core/codec.ts'
import type { Key } from '../../../src/core/key-groups.ts'
import { someKeys } from '../../../src/testing/state-backend-subject.ts'
import { temporaryDir } from '../temporary.ts'

const longKey = 'k'.repeat(5_000)
const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1)

/** What was written in one batch; `undefined` removes. */
function write(store: LmdbStore, state: number, epoch: number, entries: readonly (readonly [Key, unknown])[]): void {
  const batch = new EntryBatch()
  for (const [key, content] of entries) {
    if (content === undefined) batch.remove(state, hashOf(key), key, epoch)
    else batch.put(state, hashOf(key), key, epoch, content)
  }
  store.write(batch)
}
const contents = (view: StoreView, state: number): unknown[] =>
  [...view.entries(state)].map(({ key, epoch, content }) => [key, epoch, decodeValue(content)]).sort(byText)

describe('a batch', () => {
  it('has values with their epoch, and with the key when it is too long', () => {
    const batch = new EntryBatch()
    batch.put(0, 1, 'a', 7, { x: 1 })
    batch.remove(0, 2, 'b', 8)
    batch.put(0, 3, longKey, 2 ** 32 - 1, 'y'.repeat(100_000))
    const [first, removed, long] = batch.changes.map((change) => batch.valueOf(change))
    expect([epochOf(first!), decodeValue(contentOf(first!, first!.length, false))]).toEqual([7, { x: 1 }])
    expect(removed).toBeUndefined()
    expect([epochOf(long!), longKeyOf(long!)]).toEqual([2 ** 32 - 1, longKey])
    expect(decodeValue(contentOf(long!, long!.length, true))).toBe('y'.repeat(100_000))
    batch.clear()
    expect([batch.length, batch.changes]).toEqual([0, []])
  })
})

describe('a change', () => {
  it.each([...someKeys, longKey])('comes back from its bytes: %.20s', (key) => {
    const target = Buffer.alloc(4096)
    const at = { epoch: 3, state: 2, hash: hashOf(key), key }
    const bytes = changeKeyEncoder.readKey(target, 0, changeKeyEncoder.writeKey(at, target, 0))
    for (const removal of [true, false]) {
      expect(readChange(bytes, changeValue({ removal, key }))).toEqual({ removal, key })
    }
  })
})

describe('a store', () => {
  const open = (incremental = true) => {
    const dir = temporaryDir()
    return { dir, store: new LmdbStore(loadLmdb(), dir, incremental) }
  }

  it('has the entries of each state, and views to which later ones do not come', () => {
    const { store } = open()
    const entries = [...someKeys, longKey].map((key): [Key, unknown] => [key, `${typeof key} ${String(key)}`])
    write(store, 0, 1, entries)
    write(store, 1, 2, [['a', 'of another state']])
    const before = store.view()
    write(store, 0, 3, [
      ['a', 'changed'],
      [longKey, undefined],
      [-7, undefined],
    ])
    const after = store.view()
    expect(contents(before, 0)).toEqual(entries.map(([key, content]) => [key, 1, content]).sort(byText))
    expect(contents(before, 1)).toEqual([['a', 2, 'of another state']])
    expect(contents(after, 0).length).toBe(entries.length - 2)
    expect(after.read(0, longKey)).toBeUndefined()
    expect(before.read(0, longKey)).toMatchObject({ key: longKey, epoch: 1 })
    expect(after.read(0, 'a')?.epoch).toBe(3)
    expect(decodeValue(store.read(0, hashOf('a'), 'a')!)).toBe('changed')
    expect(store.read(0, hashOf(-7), -7)).toBeUndefined()
    store.dispose()
  })

  it('knows what was changed in which epoch until that is forgotten', () => {
    const { store } = open()
    const many = Array.from({ length: 3_000 }, (_, key): [Key, unknown] => [key, key])
    write(store, 0, 0, [['before any mark', 0]])
    write(store, 0, 1, many)
    write(store, 0, 2, [
      ['a', 1],
      [longKey, undefined],
    ])
    write(store, 1, 2, [['c', 1]])
    const changes = (epoch: number, state: number) => {
      const view = store.view()
      const found = [...view.changes(epoch, state)]
      view.close()
      return found.sort((a, b) => byText(a.key, b.key))
    }
    // Nobody can ask since a mark before the first one.
    expect(changes(0, 0)).toEqual([])
    expect(changes(1, 0).length).toBe(3_000)
    expect(changes(2, 0)).toEqual([
      { removal: false, key: 'a' },
      { removal: true, key: longKey },
    ])
    expect(changes(2, 1)).toEqual([{ removal: false, key: 'c' }])
    expect([store.reaches(-1), store.reaches(0), store.reaches(1)]).toEqual([false, true, true])
    store.forget(1)
    expect([store.reaches(0), store.reaches(1)]).toEqual([false, true])
    const left: number[] = []
    for (let i = 0; i < 8; i++) {
      write(store, 0, 3, [[i, 'again']])
      left.push(changes(1, 0).length)
    }
    expect([left[0], left.at(-1)]).toEqual([3_000 - 512, 0])
    expect([changes(2, 0).length, changes(3, 0).length]).toEqual([2, 8])
    store.dispose()
  })

  it('has no files until there is something to write', () => {
    const { dir, store } = open()
    const view = store.view()
    expect([readdirSync(dir), store.read(0, hashOf('a'), 'a'), view.read(0, 'a')]).toEqual([[], undefined, undefined])
    expect([...view.entries(0), ...view.changes(0, 0)]).toEqual([])
    write(store, 0, 0, [['a', 1]])
    expect([readdirSync(dir).length, view.read(0, 'a')]).toEqual([1, undefined])
    store.dispose()
    expect(() => write(store, 0, 0, [['a', 1]])).toThrow(expect.objectContaining({ code: 'BUG' }))
  })

  it('that need not know changes keeps none', () => {
    const { store } = open(false)
    write(store, 0, 0, [['a', 1]])
    const view = store.view()
    expect([store.reaches(0), [...view.changes(0, 0)]]).toEqual([false, []])
    store.dispose()
  })

  it('closes its views and removes its files, also in the middle of a range', () => {
    const { dir, store } = open()
    write(store, 0, 1, [
      ['a', 1],
      ['b', 2],
    ])
    const view = store.view()
    const entries = view.entries(0)
    const changes = view.changes(1, 0)
    expect([entries.next().done, changes.next().done]).toEqual([false, false])
    store.dispose()
    expect([entries.next().done, changes.next().done, readdirSync(dir)]).toEqual([true, true, []])
    view.close()
    store.dispose()
  })

  it('says where it could not write', () => {
    const { dir, store } = open()
    write(store, 0, 0, [['a', 1]])
    rmSync(join(dir, readdirSync(dir)[0]!), { recursive: true })
    const writeMany = () => {
      for (let i = 0; i < 100; i++) write(store, 0, 0, [['a', 1]])
    }
    expect(writeMany).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILED', message: expect.stringContaining(dir) }),
    )
    store.dispose()
  })

  it('says where it could not be opened', () => {
    const lmdb = {
      open: () => {
        throw new Error('not today')
      },
    }
    const dir = temporaryDir()
    const store = new LmdbStore(lmdb, dir, false)
    expect(() => write(store, 0, 0, [['a', 1]])).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILED', message: expect.stringContaining('not today') }),
    )
    expect(readdirSync(dir)).toEqual([])
  })
})
