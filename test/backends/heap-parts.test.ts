import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellForms, type ListCell } from '../../src/backends/heap-cells.ts'
import { HeapListState, HeapReducingState, HeapValueState } from '../../src/backends/heap-handles.ts'
import { HeapTable } from '../../src/backends/heap-table.ts'
import { HeapTimerQueue } from '../../src/backends/heap-timers.ts'
import { MinHeap } from '../../src/backends/min-heap.ts'
import { freezeStored } from '../../src/backends/stored-value.ts'
import { stateOwner, TableSnapshot } from '../../src/backends/table-snapshot.ts'
import type { Key } from '../../src/core/key-groups.ts'

const context = { currentKey: 'a' as Key }
const written = { operatorName: 'op', range: { start: 0, end: 7 }, maxParallelism: 8 }

describe('the heap of numbers', () => {
  it('pops in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (items) => {
        const heap = new MinHeap()
        for (const item of items) heap.push(item)
        expect(heap.top()).toBe(items.length === 0 ? undefined : Math.min(...items))
        expect(items.map(() => heap.pop())).toEqual(items.toSorted((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      }),
    )
  })
})

describe('a table', () => {
  it('gives each capture its own version, however they are read', () => {
    const table = new HeapTable('v', 'value', cellForms.value)
    const value = new HeapValueState(context, table, undefined, 0)
    value.update(1)
    const first = table.mark()
    value.update(2)
    const second = table.mark()
    value.clear()
    const read = (capture: typeof first): unknown[] => {
      const content: unknown[] = []
      while (capture.read(content, content.length + 20));
      table.release(capture)
      return content
    }
    expect([read(second), read(first), table.tracking]).toEqual([['a', 2], ['a', 1], false])
  })

  it('is read out entry by entry as it was, once each, while slots are vacated and taken again', () => {
    const key = fc.integer({ min: 0, max: 7 })
    const change = fc.record({ key, value: fc.option(fc.nat()), read: fc.boolean() })
    fc.assert(
      fc.property(fc.array(change), fc.array(change, { maxLength: 40, size: 'max' }), (before, after) => {
        const table = new HeapTable('v', 'value', cellForms.value)
        const expected = new Map<Key, unknown>()
        const apply = ({ key, value }: { key: number; value: number | null }) =>
          value === null ? table.remove(key) : table.put(key, value)
        for (const one of before) {
          apply(one)
          if (one.value === null) expected.delete(one.key)
          else expected.set(one.key, one.value)
        }
        const capture = table.mark()
        const content: unknown[] = []
        for (const one of after) {
          apply(one)
          if (one.read) capture.read(content, content.length + 2)
        }
        while (capture.read(content, content.length + 2));
        const pairs = content.flatMap((part, i) => (i % 2 === 0 ? [[part, content[i + 1]] as const] : []))
        expect(pairs.length).toBe(expected.size)
        expect(new Map(pairs)).toEqual(expected)
      }),
    )
  })

  it('gives what has changed since an earlier mark, as it was, once each, and the keys removed since', () => {
    const change = fc.record({ key: fc.integer({ min: 0, max: 7 }), value: fc.option(fc.nat()), read: fc.boolean() })
    const changes = fc.array(change, { maxLength: 30, size: 'max' })
    fc.assert(
      fc.property(changes, changes, changes, changes, (before, between, last, after) => {
        const table = new HeapTable('v', 'value', cellForms.value, 0)
        const model = new Map<Key, unknown>()
        const apply = ({ key, value }: { key: number; value: number | null }) => {
          if (value === null) {
            table.remove(key)
            model.delete(key)
          } else {
            table.put(key, value)
            model.set(key, value)
          }
        }
        for (const one of before) apply(one)
        table.release(table.mark())
        const base = new Map(model)
        for (const one of between) apply(one)
        table.release(table.mark(0))
        for (const one of last) apply(one)
        const expected = new Map(model)
        const capture = table.mark(0)
        const content: unknown[] = []
        for (const one of after) {
          apply(one)
          if (one.read) capture.read(content, content.length + 2)
        }
        while (capture.read(content, content.length + 2));
        for (const key of capture.removed.flat()) base.delete(key)
        const touched = new Set([...between, ...last].map(({ key }) => key))
        for (let i = 0; i < content.length; i += 2) {
          expect(touched.has(content[i] as number)).toBe(true)
          base.set(content[i] as Key, content[i + 1])
        }
        expect(new Set(content.filter((_, i) => i % 2 === 0)).size).toBe(content.length / 2)
        expect(base).toEqual(expected)
        expect(capture.empty).toBe(content.length === 0 && capture.removed.length === 0)
      }),
      { numRuns: 300 },
    )
  })

  it('finds its keys whatever was found last, and reuses the slots of removed ones', () => {
    const change = fc.record({ key: fc.integer({ min: 0, max: 4 }), value: fc.option(fc.nat()) })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const table = new HeapTable('v', 'value', cellForms.value)
        const model = new Map<Key, unknown>()
        for (const { key, value } of changes) {
          if (value === null) table.remove(key)
          else table.put(key, value)
          if (value === null) model.delete(key)
          else model.set(key, value)
          expect([0, 1, 2, 3, 4, key].map((k) => table.get(k))).toEqual([0, 1, 2, 3, 4, key].map((k) => model.get(k)))
        }
        expect(table.size).toBe(model.size)
        expect(table.cells.length).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('does not hold up its reader with vacant slots, and gives their room back when it is empty', () => {
    const table = new HeapTable('v', 'value', cellForms.value)
    for (let key = 0; key < 25_000; key++) table.put(key, key)
    for (let key = 0; key < 24_999; key++) table.remove(key)
    const capture = table.mark()
    const content: unknown[] = []
    let reads = 1
    while (capture.read(content, 2)) reads++
    expect([reads, content]).toEqual([3, [24_999, 24_999]])
    table.release(capture)
    table.remove(24_999)
    expect(table.cells.length).toBe(0)
  })

  it('does not copy what a snapshot has written already', () => {
    const table = new HeapTable('l', 'list', cellForms.list)
    const list = new HeapListState(context, table, undefined)
    list.add(1)
    const capture = table.mark()
    const content: unknown[] = []
    while (capture.read(content, 20));
    const cell = table.get('a') as ListCell
    const { items } = cell
    list.add(2)
    expect(cell.items).toBe(items)
    table.release(capture)
  })

  it('copies a list once per snapshot, not once per add', () => {
    const table = new HeapTable('l', 'list', cellForms.list)
    const list = new HeapListState(context, table, undefined)
    list.add(1)
    const capture = table.mark()
    list.add(2)
    const { items } = table.get('a') as ListCell
    list.add(3)
    expect((table.get('a') as ListCell).items).toBe(items)
    table.release(capture)
  })
})

describe('timers', () => {
  it('of one time fire in the order they were added, also while more are added', () => {
    const fired: unknown[] = []
    const at = { ...context, setCurrentKey: (key: Key) => void fired.push(key) }
    const queue = new HeapTimerQueue(at, new HeapTable('t', 'timers', cellForms.timers))
    for (const key of ['a', 'b', 'c']) {
      at.currentKey = key
      queue.add(5)
    }
    queue.poll(5)
    at.currentKey = 'a'
    queue.add(5)
    at.currentKey = 'b'
    queue.delete(5)
    while (queue.poll(5) !== undefined);
    expect(fired).toEqual(['a', 'c', 'a'])
    expect(() => queue.add(Number.NaN)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  it('poll a crowded timestamp without going over it again and again', () => {
    const at = { ...context, setCurrentKey: () => {} }
    const queue = new HeapTimerQueue(at, new HeapTable('t', 'timers', cellForms.timers))
    for (let key = 0; key < 200_000; key++) {
      at.currentKey = key as never
      queue.add(1)
    }
    let count = 0
    while (queue.poll(1) !== undefined) count++
    expect([count, queue.size]).toEqual([200_000, 0])
  })
})

describe('a snapshot', () => {
  it('adapts its frames to the size of the entries', () => {
    const table = new HeapTable('v', 'value', cellForms.value)
    for (let key = 0; key < 300; key++) table.put(key, 'x'.repeat(100_000))
    const snapshot = new TableSnapshot(written, [{ table, state: { name: 'v', kind: 'value' } }], 0, undefined)
    let asked = 0
    while (snapshot.write(() => ++asked > 0) !== undefined);
    snapshot.release()
    // Once it knows how large they are, an entry at a time.
    expect(asked).toBeGreaterThan(150)
    expect(() => snapshot.release()).toThrow(/released twice/)
  })

  it('fills one buffer again and again', () => {
    const table = new HeapTable('v', 'value', cellForms.value)
    for (let key = 0; key < 3_000; key++) table.put(key, { key })
    const snapshot = new TableSnapshot(written, [{ table, state: { name: 'v', kind: 'value' } }], 0, undefined)
    const buffers = new Set<ArrayBufferLike>()
    let pieces = 0
    for (let piece = snapshot.write(() => false); piece !== undefined; piece = snapshot.write(() => false)) {
      buffers.add(piece.buffer)
      pieces++
    }
    expect([pieces > 20, buffers.size]).toEqual([true, 1])
  })
})

describe('stored values in development builds', () => {
  it('are frozen all the way down, but for what cannot be', () => {
    const value = { list: [{ a: 1 }], map: new Map([['k', { b: 1 }]]), bytes: new Uint8Array(2), date: new Date(0) }
    freezeStored(value, 'v')
    expect([value, value.list, value.list[0], value.map.get('k')].every(Object.isFrozen)).toBe(true)
    value.bytes[0] = 1
    freezeStored({ ...value, more: {} }, 'v')
  })

  it('are checked where they are stored: function, symbol, class', () => {
    const owner = stateOwner({ operatorName: 'count words' }, 'user')
    for (const [value, what] of [
      [() => 1, 'user is a function'],
      [Symbol('s'), 'user is a symbol'],
      [{ a: new URL('x:y') }, 'user → a is an instance of class URL'],
    ] as const) {
      expect(() => freezeStored(value, owner)).toThrow(
        expect.objectContaining({
          code: 'STATE_NOT_SERIALIZABLE',
          message: expect.stringContaining(`operator "count words" cannot be stored: ${what}`),
        }),
      )
    }
  })

  it('of a fold are checked after it', () => {
    const table = new HeapTable('r', 'reducing', cellForms.reducing)
    const state = new HeapReducingState(context, table, 'r', (a: object, b: object) => Object.assign(a, b))
    state.add({ a: 1 })
    expect(() => state.add({ a: 2 })).toThrow(TypeError)
  })
})
