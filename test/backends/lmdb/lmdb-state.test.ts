import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { type LmdbStateOptions, lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { KeyedStateBackend, MapState, StateBackend, ValueState } from '../../../src/backends/state-backend.ts'
import type { Key } from '../../../src/core/key-groups.ts'
import { Random } from '../../../src/core/random.ts'
import { maxParallelism, Subject, someKeys, wholeRange } from '../../../src/testing/state-backend-subject.ts'
import { stateBackendSuite } from '../../../src/testing/state-backend-suite.ts'
import { temporaryDir } from '../temporary.ts'

const capabilities = { freeze: true, concurrentSnapshots: true, incremental: true, portable: true } as const

/** As `backend`; `disposeAll` disposes of all that it has made: the suite leaves that to the garbage collector. */
function disposing(backend: StateBackend): StateBackend & { disposeAll(): void } {
  const made: KeyedStateBackend[] = []
  return {
    kind: backend.kind,
    create(options) {
      const state = backend.create(options)
      made.push(state)
      return state
    },
    disposeAll() {
      for (const state of made.splice(0)) state.dispose()
    },
  }
}

describe.each([
  ['with all entries in memory', 1_000],
  ['with two entries in memory', 2],
])('lmdb state conforms %s', (_, cacheEntries) => {
  const dir = temporaryDir()
  const backend = disposing(lmdbStateBackend({ dir, cacheEntries }))
  afterEach(() => backend.disposeAll())
  for (const { name, run } of stateBackendSuite(() => backend, capabilities)) it(name, run, 60_000)
})

const shape = { range: wholeRange, maxParallelism, freeze: false, operatorName: 'count' }
const textOf = (key: Key): string => `${typeof key} ${String(key)}`

describe('lmdb state and heap state', () => {
  const dir = temporaryDir()
  const longKeys: readonly Key[] = ['x'.repeat(3_000), 'x'.repeat(3_001), 'ü'.repeat(1_500), 16n ** 2_500n]

  it('do the same in every program, whatever is in memory, also with keys too long for the database', () => {
    const keys = [...someKeys, ...longKeys, -0, 2 ** 40, '\ud800', '\ud801']
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer(),
        fc.integer({ min: 1, max: 400 }),
        (entries, seed, steps) => {
          const state = lmdbStateBackend({ dir, cacheEntries: entries }).create(shape)
          const subjects = [new Subject(state), new Subject(heapStateBackend.create(shape))]
          const [lmdb, heap] = subjects.map((subject) => {
            const random = new Random(seed)
            for (let i = 0; i < steps; i++) subject.change(random, keys)
            const count = subject.state.entryCount
            const all = [...subject.state.keys()].map(([key, keyGroup]) => `${textOf(key)} ${keyGroup}`).sort()
            return [count, all, subject.contents(keys)]
          })
          expect(lmdb).toEqual(heap)
          state.dispose()
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('lmdb state', () => {
  const dir = temporaryDir()
  const create = (options: Partial<LmdbStateOptions> = {}, freeze = false): KeyedStateBackend =>
    lmdbStateBackend({ dir, cacheEntries: 4, ...options }).create({ ...shape, freeze })
  const valueIn = (state: KeyedStateBackend, initial: unknown = undefined): ValueState<unknown> =>
    state.state('value', { kind: 'value', initial }) as ValueState<unknown>

  it('keeps the type of what leaves memory and comes back', () => {
    const values = [
      new Map<unknown, unknown>([[1, new Set(['a'])]]),
      new Date(7),
      2n ** 80n,
      new Float64Array([1.5, -0]),
      new Uint8Array([1, 2]),
      { nested: [undefined, null, -0, Infinity] },
      'x'.repeat(100_000),
      undefined,
      new Uint8Array(20_000_000).fill(3),
    ]
    const state = create()
    const value = valueIn(state, 'none')
    for (const [key, content] of values.entries()) {
      state.setCurrentKey(key)
      value.update(content)
    }
    for (let key = 100; key < 120; key++) {
      state.setCurrentKey(key)
      expect(value.value()).toBe('none')
    }
    for (const [key, content] of values.entries()) {
      state.setCurrentKey(key)
      expect(value.value()).not.toBe('none')
      expect(isDeepStrictEqual(value.value(), content), `value ${key}`).toBe(true)
    }
    state.dispose()
  })

  it('gives the same list and map to one callback, and frozen values, also those that come back', () => {
    const state = create({}, true)
    const value = valueIn(state)
    const map = state.state('map', { kind: 'map' }) as MapState<unknown, unknown>
    for (let key = 0; key < 20; key++) {
      state.setCurrentKey(key)
      value.update({ list: [key] })
      for (let i = 0; i < 3; i++) map.put(i, key)
      const seen: unknown[] = []
      for (const [i] of map.entries()) {
        seen.push(i)
        if (seen.length === 1) map.put('late', value.value())
      }
      expect(seen).toEqual([0, 1, 2, 'late'])
    }
    state.setCurrentKey(0)
    expect(() => (value.value() as { list: number[] }).list.push(1)).toThrow(TypeError)
    state.dispose()
  })

  it('has two snapshots in flight while entries come and go, each as at its mark', () => {
    const state = create({ cacheEntries: 50 })
    const value = valueIn(state)
    const set = (key: number, content: unknown) => {
      state.setCurrentKey(key)
      if (content === undefined) value.clear()
      else value.update(content)
    }
    for (let key = 0; key < 1_000; key++) set(key, 'first')
    const first = state.mark()
    for (let key = 0; key < 1_000; key += 2) set(key, 'second')
    for (let key = 1; key < 1_000; key += 4) set(key, undefined)
    const second = state.mark()
    const random = new Random(5)
    const between = () => {
      for (let i = 0; i < 30; i++) set(random.int(0, 1_100), random.next() < 0.3 ? undefined : 'third')
    }
    const pieces: [Uint8Array[], Uint8Array[]] = [[], []]
    for (let running = true; running; ) {
      running = false
      for (const [i, snapshot] of [first, second].entries()) {
        const piece = snapshot.write(() => random.next() < 0.3)
        if (piece !== undefined) pieces[i]!.push(Uint8Array.from(piece))
        running ||= piece !== undefined
        between()
      }
    }
    first.release()
    second.release()
    const contents = pieces.map((some) => {
      const copy = heapStateBackend.create(shape)
      copy.restore(Buffer.concat(some))
      const copied = valueIn(copy)
      return Array.from({ length: 1_101 }, (_, key) => {
        copy.setCurrentKey(key)
        return copied.value()
      })
    })
    const expected = Array.from({ length: 1_101 }, (_, key) => (key < 1_000 ? 'first' : undefined))
    expect(contents[0]).toEqual(expected)
    expect(contents[1]).toEqual(
      expected.map((was, key) => (key % 2 === 0 ? was && 'second' : key % 4 === 1 ? undefined : was)),
    )
    state.dispose()
  })

  it('names the state when a value that cannot be stored has to leave memory', () => {
    const state = create()
    const value = valueIn(state)
    const use = () => {
      for (let key = 0; key < 20; key++) {
        state.setCurrentKey(key)
        value.update({ onClick: () => key })
      }
    }
    expect(use).toThrow(
      expect.objectContaining({
        code: 'STATE_NOT_SERIALIZABLE',
        message: expect.stringContaining('value → onClick is a function'),
      }),
    )
    state.dispose()
  })

  it('leaves no files, also with a snapshot and a walk through the keys under way', () => {
    const before = readdirSync(dir)
    const state = create({ cacheEntries: 10 })
    const value = valueIn(state)
    for (let key = 0; key < 500; key++) {
      state.setCurrentKey(key)
      value.update(key)
    }
    const snapshot = state.mark()
    snapshot.write(() => false)
    const keys = state.keys()[Symbol.iterator]()
    expect([keys.next().done, readdirSync(dir).length]).toEqual([false, before.length + 1])
    state.dispose()
    expect(readdirSync(dir)).toEqual(before)
    expect(keys.next().done).toBe(true)
    while (snapshot.write(() => true) !== undefined);
    snapshot.release()
    state.dispose()
  })

  it.each<[string, Partial<LmdbStateOptions>]>([
    ['dir', { dir: '' }],
    ['cacheEntries', { cacheEntries: 1 }],
    ['cacheSize', { cacheSize: 5 } as object],
    ['cacheBytes', { cacheBytes: 0.5 }],
  ])('refuses a bad %s', (name, options) => {
    expect(() => create(options)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(`"${name}"`) }),
    )
  })
})
