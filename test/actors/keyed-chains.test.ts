import { describe, expect, it } from 'vitest'
import { baseOf, type Chain, KeyedChains } from '../../src/actors/keyed-chains.ts'
import { Holds } from '../../src/backends/holds.ts'
import type { KeyedStateHandle } from '../../src/backends/manifest.ts'
import type { KeyedSnapshot, KeyedStateBackend } from '../../src/backends/state-backend.ts'
import type { CheckpointId, OperatorId } from '../../src/core/ids.ts'

const operator = 'count' as OperatorId
const ck = (id: number) => id as CheckpointId

const segment = (name: string, length: number): KeyedStateHandle => ({
  file: name,
  offset: 0,
  length,
  checksum: '00000000',
  codec: 1,
  keyGroups: { start: 0, end: 127 },
  states: [],
})

/** A backend that does as it is told, or gives everything. */
function scene({ stubborn = false } = {}) {
  let base: { since: number; oldest: number } | undefined
  let version = 0
  const backend = {
    rebase(to: typeof base) {
      base = to
    },
  } as KeyedStateBackend
  const holds = new Holds([])
  const chains = new KeyedChains([{ id: operator, backend }], { hold: (id) => holds.hold(id) })
  const snapshot = (id: number, length = 1) => {
    const basis = chains.begin()
    const taken = { version: version++, since: stubborn ? undefined : base?.since } as KeyedSnapshot
    const segments = basis.extend(operator, taken, length === 0 ? undefined : segment(`${id}`, length))
    chains.acknowledged(ck(id), basis)
    return segments.map((handle) => ('file' in handle ? handle.file : ''))
  }
  const complete = (id: number) => {
    holds.stored(ck(id))
    chains.completed(ck(id))
  }
  return { chains, holds, snapshot, complete, base: () => base }
}

describe('the segments of keyed state', () => {
  it('build on the last checkpoint that is known to be complete', () => {
    const { snapshot, complete, chains } = scene()
    expect(snapshot(1, 100)).toEqual(['1'])
    expect(snapshot(2, 100)).toEqual(['2'])
    complete(2)
    expect(snapshot(3)).toEqual(['2', '3'])
    chains.aborted(ck(3))
    expect(snapshot(4)).toEqual(['2', '4'])
    complete(4)
    complete(1)
    expect(snapshot(5)).toEqual(['2', '5'])
  })

  it('take the places of as many as have no more weight, so that there are few', () => {
    const { snapshot, complete } = scene()
    const lengths: number[] = []
    for (let id = 1; id <= 64; id++) {
      lengths.push(snapshot(id, id === 1 ? 1_000 : 1).length)
      complete(id)
    }
    expect(lengths.slice(0, 9)).toEqual([1, 2, 2, 3, 2, 3, 3, 4, 2])
    expect(Math.max(...lengths)).toBe(7)
  })

  it('begin again when the changes have become as large as what they change', () => {
    const { snapshot, complete } = scene()
    expect(snapshot(1, 10)).toEqual(['1'])
    complete(1)
    expect(snapshot(2, 10)).toEqual(['1', '2'])
    complete(2)
    expect(snapshot(3, 10)).toEqual(['3'])
  })

  it('stay as they are when nothing has changed', () => {
    const { snapshot, complete } = scene()
    snapshot(1, 100)
    complete(1)
    expect(snapshot(2, 0)).toEqual(['1'])
    complete(2)
    expect(snapshot(3)).toEqual(['1', '3'])
  })

  it('begin again when the backend gives everything', () => {
    const { snapshot, complete } = scene({ stubborn: true })
    snapshot(1, 100)
    complete(1)
    expect(snapshot(2, 100)).toEqual(['2'])
    complete(2)
    expect(snapshot(3, 0)).toEqual([])
  })

  it('begin again when what they would build on is about to go', () => {
    const { snapshot, complete, holds, base } = scene()
    snapshot(1, 100)
    complete(1)
    holds.letGo(ck(1))
    expect(snapshot(2, 100)).toEqual(['2'])
    expect(base()).toBeUndefined()
  })

  it('hold what they build on until their own end is known', () => {
    const { snapshot, complete, holds, chains } = scene()
    snapshot(1, 100)
    complete(1)
    snapshot(2)
    snapshot(3)
    expect(holds.letGo(ck(1))).toBe(false)
    chains.aborted(ck(2))
    expect(holds.overdue).toEqual([])
    complete(3)
    expect(holds.overdue).toEqual([1])
    snapshot(4)
    expect(holds.letGo(ck(3))).toBe(false)
    chains.forgetAll()
    expect(holds.overdue).toEqual([1, 3])
  })

  it('are never more than a manifest may name', () => {
    const weights = Array.from({ length: 64 }, (_, index) => 2 ** (64 - index))
    const chain: Chain = weights.map((weight, version) => ({
      version,
      weight,
      handle: segment('x', version === 0 ? 1_000 : 1),
    }))
    expect(baseOf(chain)).toBeUndefined()
    expect(baseOf(chain.slice(0, 63))).toEqual({ since: 62, oldest: 0 })
    expect(baseOf([])).toBeUndefined()
  })
})
