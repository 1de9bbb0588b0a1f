import { describe, expect, it } from 'vitest'
import { LmdbCapture } from '../../../src/backends/lmdb/lmdb-capture.ts'
import { loadLmdb } from '../../../src/backends/lmdb/lmdb-module.ts'
import { LmdbStore } from '../../../src/backends/lmdb/lmdb-store.ts'
import { LmdbTable, type LmdbTableOptions } from '../../../src/backends/lmdb/lmdb-table.ts'
import { slotMarks, vacant } from '../../../src/backends/lmdb/slot-marks.ts'
import { Random } from '../../../src/core/random.ts'
import { temporaryDir } from '../temporary.ts'

const dir = temporaryDir()
const make = (options: Partial<LmdbTableOptions> = {}) => {
  const store = new LmdbStore(loadLmdb(), dir, true)
  const table = new LmdbTable({
    name: 'v',
    kind: 'value',
    number: 0,
    epoch: 0,
    store,
    cacheEntries: 100,
    cacheBytes: 1_000_000,
    owner: 'v',
    freeze: undefined,
    ...options,
  })
  let reads = 0
  let written = 0
  const { read, write } = store
  store.read = (state, hash, key) => {
    reads++
    return read.call(store, state, hash, key)
  }
  store.write = (batch) => {
    written += batch.changes.length
    write.call(store, batch)
  }
  return { store, table, reads: () => reads, written: () => written }
}

describe('a table in front of a database', () => {
  it('keeps no more than it may in memory, however many keys there are', () => {
    const { store, table } = make()
    for (let key = 0; key < 5_000; key++) table.put(key, key)
    expect([table.size, table.slots.size, table.cells.length, table.keys.length]).toEqual([5_000, 100, 100, 100])
    for (let key = 0; key < 5_000; key++) expect(table.get(key)).toBe(key)
    for (let key = 0; key < 5_000; key++) table.remove(key)
    for (let key = 0; key < 5_000; key++) expect(table.find(key)).toBe(-1)
    expect(table.cells.every((cell) => cell === vacant)).toBe(true)
    expect([...table.states].every((state) => state & slotMarks.used)).toBe(true)
    expect([table.size, table.slots.size]).toEqual([0, 100])
    store.dispose()
  })

  it('keeps fewer when they are large, and as many again when they are small', () => {
    const { store, table } = make()
    for (let key = 0; key < 100; key++) table.put(key, 'x'.repeat(100_000))
    for (let key = 100; key < 140; key++) table.get(key)
    expect(table.bytes).toBeLessThan(1_200_000)
    expect(table.slots.size).toBeLessThan(70)
    for (let key = 0; key < 100; key++) table.put(key, key)
    for (let key = 1_000; key < 1_400; key++) table.get(key)
    expect([table.slots.size, table.cells.length]).toEqual([100, 100])
    expect(table.bytes).toBeLessThan(1_000_000)
    store.dispose()
  })

  it('keeps what is found again and again, and lets go of what was seen once', () => {
    const { store, table, reads } = make()
    for (let key = 0; key < 10; key++) table.put(key, key)
    const before = reads()
    for (let i = 0; i < 2_000; i++) {
      table.get(i % 10)
      table.get(10_000 + i)
    }
    expect(reads() - before).toBe(2_000)
    store.dispose()
  })

  it('asks once for a key that has no entry, and writes what changes often only sometimes', () => {
    const { store, table, reads, written } = make()
    expect([table.find('a'), table.find('a'), table.findAgain('a')]).toEqual([-1, -1, -1])
    table.put('a', 1)
    expect(reads()).toBe(1)
    const random = new Random(1)
    for (let i = 0; i < 20_000; i++) table.put(random.int(0, 60), i)
    expect([reads(), written()]).toEqual([62, 0])
    for (let key = 100; key < 200; key++) table.put(key, key)
    expect(written()).toBeLessThan(300)
    store.dispose()
  })

  it('does not give away the slot that was found last', () => {
    const { store, table } = make({ cacheEntries: 2 })
    for (let key = 0; key < 100; key++) table.put(key, key)
    table.flush()
    const random = new Random(2)
    for (let i = 0; i < 500; i++) {
      const key = random.int(0, 3)
      const slot = table.find(key)
      table.find(random.int(0, 3))
      expect([table.keys[slot], table.cells[slot]]).toEqual([key, key])
    }
    store.dispose()
  })

  it('gives what has changed exactly once, under the last of its epochs, from memory and from the database', () => {
    const { store, table } = make({ cacheEntries: 10 })
    const pass = () => {
      for (let key = 1_000; key < 1_040; key++) table.get(key)
      table.flush()
    }
    const end = () => table.mark().release()
    for (let key = 0; key < 40; key++) table.put(key, 'old')
    end()
    const changes: readonly ((key: number) => void)[] = [
      (key) => table.put(key, 'new'),
      (key) => table.remove(key),
      (key) => table.put(key, 'newest'),
      (key) => table.remove(key),
    ]
    // Key 10 + n is changed n times, each time in another epoch and in the database, but for the last time.
    for (const [index, change] of changes.entries()) {
      for (let key = 11 + index; key < 15; key++) change(key)
      if (index === 0) table.remove(15)
      if (index === 3) table.put(15, 'back')
      if (index < 3) pass()
      end()
    }
    const capture = table.mark(0)
    const removed: unknown[] = []
    while (capture.readRemovals(removed, removed.length + 1));
    const content: unknown[] = []
    while (capture.read(content, content.length + 2));
    capture.release()
    expect(removed).toEqual([14, 12])
    expect(content.length).toBe(6)
    const entries = [0, 2, 4].map((at) => content.slice(at, at + 2) as [unknown, unknown])
    expect(new Map(entries)).toEqual(
      new Map([
        [11, 'new'],
        [13, 'newest'],
        [15, 'back'],
      ]),
    )
    store.dispose()
  })

  it('gives a capture, which ends with the table', () => {
    const { store, table } = make({ cacheEntries: 4 })
    for (let key = 0; key < 30; key++) table.put(key, key)
    const capture = table.mark()
    expect(capture).toBeInstanceOf(LmdbCapture)
    const into: unknown[] = []
    expect([capture.read(into, 4), into.length, capture.empty]).toEqual([true, 4, false])
    table.clear()
    store.dispose()
    expect([capture.read(into, 400), capture.readRemovals(into, 400), into.length]).toEqual([false, false, 4])
    capture.release()
    expect(table.captures).toEqual([])
  })
})
