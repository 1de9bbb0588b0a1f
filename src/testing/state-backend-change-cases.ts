/**
 * The keyed-state contract, third part: a snapshot may hold only what has changed since an earlier one, and all of them in
 * order restore what one with everything would.
 */
import type { KeyedSnapshot, KeyedStateBackend, StateBackend, ValueState } from '../backends/state-backend.ts'
import { Random } from '../core/random.ts'
import { expectEqual, expectTrue } from './conformance.ts'
import {
  never,
  open,
  type StateBackendCase,
  Subject,
  setKey,
  someKeys,
  valueState,
  wholeRange,
  writeAll,
} from './state-backend-subject.ts'

/** A segment of a chain, and the version that the state has after it. */
interface Link {
  readonly version: number
  readonly bytes: Uint8Array
}

/** Puts a snapshot behind the segments that it builds on: what has changed since the last one that stays. */
function extend(chain: readonly Link[], snapshot: KeyedSnapshot, bytes: Uint8Array): readonly Link[] {
  const { version, since } = snapshot
  const kept = since === undefined ? [] : chain.slice(0, chain.findIndex((link) => link.version === since) + 1)
  expectTrue(since === undefined || kept.length > 0, `the snapshot builds on a version that is there, got ${since}`)
  return [...kept, { version, bytes }]
}

function restoredFrom(backend: StateBackend, chain: readonly Link[], range = wholeRange): KeyedStateBackend {
  const state = open(backend, { range })
  for (const { bytes } of chain) if (bytes.length > 0) state.restore(bytes)
  return state
}

/** A random life with snapshots, some of which are given up; each chain must restore the state at its last mark. */
function liveThrough(backend: StateBackend, seed: number): number {
  const random = new Random(seed)
  const subject = new Subject(open(backend, { incremental: true }))
  const steps: number[] = []
  const change = () => {
    const step = random.uint32()
    steps.push(step)
    subject.change(new Random(step), someKeys)
  }
  let chain: readonly Link[] = []
  let changesOnly = 0
  for (let round = 0; round < 8; round++) {
    for (let i = random.int(0, 40); i > 0; i--) change()
    const base = chain.length > 0 && random.next() < 0.9 ? random.pick(chain) : undefined
    subject.state.rebase(base && { since: base.version, oldest: chain[0]!.version })
    const snapshot = subject.state.mark()
    const twin = new Subject(open(backend))
    for (const step of steps) twin.change(new Random(step), someKeys)
    const bytes = writeAll(
      snapshot,
      () => random.next() < 0.5,
      () => {
        for (let i = random.int(0, 4); i > 0; i--) change()
      },
    )
    const extended = extend(chain, snapshot, bytes)
    const copy = new Subject(restoredFrom(backend, extended))
    expectEqual(copy.contents(someKeys), twin.contents(someKeys), `the state at the mark (seed ${seed}, ${round})`)
    if (snapshot.since !== undefined) changesOnly++
    // A checkpoint that is given up is nothing to build on.
    if (random.next() < 0.8) chain = extended
  }
  return changesOnly
}

export const changeCases: readonly StateBackendCase[] = [
  {
    name: 'snapshots of what has changed restore, in order, the state at the last mark',
    needs: 'incremental',
    run(backend) {
      let changesOnly = 0
      for (let seed = 1; seed <= 60; seed++) changesOnly += liveThrough(backend, seed)
      expectTrue(changesOnly > 100, `most snapshots hold only changes, got ${changesOnly}`)
    },
  },
  {
    name: 'a snapshot of what has changed is as large as the change',
    needs: 'incremental',
    run(backend) {
      const state = open(backend, { incremental: true })
      const value = state.state('v', valueState('')) as ValueState<unknown>
      const update = (key: number) => {
        setKey(state, key)
        value.update('x'.repeat(50))
      }
      for (let key = 0; key < 3_000; key++) update(key)
      const full = state.mark()
      const all = writeAll(full).length
      state.rebase({ since: full.version, oldest: full.version })
      for (let key = 0; key < 30; key++) update(key)
      const some = writeAll(state.mark(), never).length
      expectTrue(some < all / 50, `30 of 3000 entries take less than a fiftieth: ${some} of ${all} bytes`)
      const unchanged = state.mark()
      state.rebase({ since: unchanged.version, oldest: full.version })
      unchanged.release()
      const nothing = state.mark()
      expectTrue(nothing.empty, 'nothing has changed since')
      nothing.release()
    },
  },
  {
    name: 'keys removed and put back, and a range of key groups, come out of a chain as they were',
    needs: 'incremental',
    run(backend) {
      const state = open(backend, { incremental: true })
      const value = state.state('v', valueState('none')) as ValueState<unknown>
      const set = (key: number, to: unknown) => {
        setKey(state, key)
        if (to === undefined) value.clear()
        else value.update(to)
      }
      for (let key = 0; key < 200; key++) set(key, 'old')
      const full = state.mark()
      const chain = [{ version: full.version, bytes: writeAll(full) }]
      state.rebase({ since: full.version, oldest: full.version })
      for (let key = 0; key < 200; key += 2) set(key, undefined)
      for (let key = 0; key < 200; key += 4) set(key, 'new')
      for (let key = 200; key < 260; key++) set(key, 'added')
      for (let key = 200; key < 230; key++) set(key, undefined)
      const changes = state.mark()
      const whole = extend(chain, changes, writeAll(changes, never))
      const expected = (key: number) => {
        if (key >= 200) return key < 230 ? 'none' : 'added'
        return key % 4 === 0 ? 'new' : key % 2 === 0 ? 'none' : 'old'
      }
      const halves = [
        { start: 0, end: 7 },
        { start: 8, end: 15 },
      ].map((range) => restoredFrom(backend, whole, range))
      const sizes = halves.map(({ entryCount }) => entryCount)
      expectEqual(sizes[0]! + sizes[1]!, 180, 'each entry in one half')
      const copy = restoredFrom(backend, whole)
      const copied = copy.state('v', valueState('none')) as ValueState<unknown>
      for (let key = 0; key < 260; key++) {
        setKey(copy, key)
        expectEqual(copied.value(), expected(key), `key ${key}`)
      }
    },
  },
]
