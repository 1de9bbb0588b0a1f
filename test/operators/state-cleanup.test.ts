import { describe, expect, it } from 'vitest'
import { ExpiryIndex } from '../../src/backends/expiry-index.ts'
import type { Stamped } from '../../src/backends/state-contents.ts'
import type { Key } from '../../src/core/key-groups.ts'
import { limits } from '../../src/core/limits.ts'
import { StateCleanup } from '../../src/operators/state-cleanup.ts'
import { type Cleanable, TtlValueState } from '../../src/operators/ttl-cells.ts'
import { TtlListState } from '../../src/operators/ttl-collections.ts'
import { TtlRule } from '../../src/operators/ttl-rule.ts'

const ms = 160

/** Values by key, with everything that is asked of them counted. */
function store() {
  const cells = new Map<Key, Stamped>()
  const backend = {
    currentKey: 'a' as Key,
    index: new ExpiryIndex(ms),
    expiries: () => backend.index,
    setCurrentKey(key: Key) {
      backend.currentKey = key
    },
  }
  const counts = { reads: 0, clears: 0 }
  const wakes: number[] = []
  const clock = { nowMs: 0 }
  const rule = new TtlRule('v', { ms }, { backend, now: () => clock.nowMs, wake: (atMs) => void wakes.push(atMs) })
  const inner = {
    value() {
      counts.reads++
      return cells.get(backend.currentKey)
    },
    update: (stamped: unknown) => void cells.set(backend.currentKey, stamped as Stamped),
    clear() {
      counts.clears++
      cells.delete(backend.currentKey)
    },
  }
  const state = new TtlValueState(inner, rule, () => 'none')
  const cleanup = new StateCleanup(backend)
  cleanup.add(state, rule.index)
  const write = (key: Key, nowMs: number) => {
    clock.nowMs = nowMs
    backend.setCurrentKey(key)
    state.update(key)
  }
  return { cells, counts, wakes, clock, cleanup, write, index: rule.index, rule }
}

describe('cleaning up', () => {
  it('looks at no key that is not due, and at each that is once', () => {
    const { cells, counts, cleanup, write } = store()
    for (let key = 0; key < 10_000; key++) write(key, Math.floor(key / 1_000))
    cleanup.run(ms - 1)
    expect(counts).toEqual({ reads: 0, clears: 0 })
    for (let turn = 0; turn < 10; turn++) cleanup.run(ms + 10)
    expect([counts, cells.size, cleanup.next()]).toEqual([{ reads: 10_000, clears: 10_000 }, 0, undefined])
  })

  it('asks to be woken once for each bucket, not for each write', () => {
    const { wakes, write } = store()
    for (let n = 0; n < 10_000; n++) write(n, Math.floor(n / 100))
    expect(wakes).toEqual([160, 170, 180, 190, 200, 210, 220, 230, 240, 250, 260])
  })

  it('looks at a key that is written all the time once in its time to live', () => {
    const { cells, counts, cleanup, write, clock } = store()
    for (let nowMs = 0; nowMs < 10 * ms; nowMs++) {
      write('a', nowMs)
      cleanup.run(nowMs)
    }
    expect(counts.clears).toBe(0)
    expect(counts.reads).toBeLessThanOrEqual(11)
    clock.nowMs = 11 * ms + 10
    cleanup.run(clock.nowMs)
    expect(cells.size).toBe(0)
  })

  it('does a bounded number of keys in a turn, whatever states they are of', () => {
    const { cells, cleanup, write, index } = store()
    let asked = 0
    const other = new ExpiryIndex(ms)
    cleanup.add({ clean: () => void asked++ } as unknown as Cleanable, other)
    for (let key = 0; key < 1_500; key++) {
      write(key, 0)
      other.track(key, ms, 0)
    }
    cleanup.run(ms)
    expect([1_500 - cells.size, asked, cleanup.next()]).toEqual([limits.ttlKeysPerTurn, 0, Number.NEGATIVE_INFINITY])
    cleanup.run(ms)
    expect([cells.size, index.size, asked]).toEqual([0, 0, 500])
    cleanup.run(ms)
    expect([asked, cleanup.next()]).toEqual([1_500, undefined])
  })

  it('removes everything that is over when somebody is to go through all keys', () => {
    const { cells, cleanup, write } = store()
    write('a', 1)
    write('b', 3)
    cleanup.runAll(ms + 1)
    expect([...cells.keys()]).toEqual(['b'])
    cleanup.runAll(ms + 3)
    expect([cells.size, cleanup.next()]).toEqual([0, undefined])
  })

  it('keeps of a list what is not over, and says when the first of that is', () => {
    const { rule } = store()
    let held: readonly unknown[] = [
      [10, 'x'],
      [30, 'y'],
      [20, 'z'],
    ]
    const inner = {
      get: () => held,
      add: () => {},
      addAll: () => {},
      update: (items: readonly unknown[]) => {
        held = items
      },
      clear: () => {},
    }
    const list = new TtlListState(inner, rule)
    expect(list.clean(10 + ms)).toBe(20 + ms)
    expect(held).toEqual([
      [30, 'y'],
      [20, 'z'],
    ])
    expect(list.clean(30 + ms)).toBeUndefined()
    expect(held).toEqual([])
  })
})
