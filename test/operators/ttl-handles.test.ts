import { describe, expect, it } from 'vitest'
import type { TtlOptions } from '../../src/backends/state-backend.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { stampedDescriptor } from '../../src/operators/ttl-handles.ts'
import { OperatorHarness, type OperatorHarnessOptions } from '../../src/testing/operator-harness.ts'
import { type Command, ttlOperator } from './ttl-program.ts'

/** Buckets of 10 ms. */
const ms = 160

const opened = (ttl: Partial<TtlOptions> = {}, options: OperatorHarnessOptions = {}) => {
  const harness = new OperatorHarness(ttlOperator({ ms, ...ttl }), { key: ({ key }: Command) => key, ...options })
  const tell = (call: string, item?: number, entry?: number, key = 'a'): unknown => {
    const command = { key, call, ...(item !== undefined && { item }), ...(entry !== undefined && { entry }) }
    harness.element(command)
    return harness.values.at(-1)
  }
  return { harness, tell }
}

const reads = ['value.read', 'list.read', 'map.entries', 'map.isEmpty', 'sum.read', 'count.read'] as const
const nothing = [-1, [], [], true, undefined, undefined]

function fill(tell: (call: string, item?: number, entry?: number) => unknown): void {
  for (const call of ['value.write', 'list.add', 'map.put', 'sum.add', 'count.add']) tell(call, 7, 1)
}

describe('state with a time to live', () => {
  it('is there until its time is over, in every kind', () => {
    const { harness, tell } = opened()
    fill(tell)
    harness.advance(ms - 1)
    expect(reads.map((call) => tell(call))).toEqual([7, [7], [[1, 7]], false, 7, '1'])
    harness.advance(1)
    expect(reads.map((call) => tell(call))).toEqual(nothing)
  })

  it('begins anew when it is written after its time', () => {
    const { harness, tell } = opened()
    harness.advance(5) // So that the bucket is due later than what is in it expires.
    fill(tell)
    harness.advance(ms)
    for (const call of ['sum.add', 'count.add', 'list.add']) tell(call, 3)
    expect(['sum.read', 'count.read', 'list.read'].map((call) => tell(call))).toEqual([3, '1', [3]])
  })

  it('lives on with each write, and in a list or map only what is written', () => {
    const { harness, tell } = opened()
    fill(tell)
    harness.advance(100)
    for (const call of ['value.write', 'list.add', 'map.put', 'sum.add', 'count.add']) tell(call, 8, 2)
    harness.advance(100)
    expect(reads.map((call) => tell(call))).toEqual([8, [8], [[2, 8]], false, 15, '2'])
  })

  it('lives on when it is read only where that is asked for', () => {
    for (const [refresh, expected] of [
      ['write', nothing],
      ['read-and-write', [7, [7], [[1, 7]], false, 7, '1']],
    ] as const) {
      const { harness, tell } = opened({ refresh })
      fill(tell)
      harness.advance(100)
      for (const call of reads) tell(call)
      harness.advance(100)
      expect(reads.map((call) => tell(call))).toEqual(expected)
    }
  })

  it.each(['map.read', 'map.has', 'map.keys', 'map.values'])('counts %s as reading', (call) => {
    const { harness, tell } = opened({ refresh: 'read-and-write' })
    tell('map.put', 7, 1)
    harness.advance(100)
    tell(call, 0, 1)
    harness.advance(100)
    expect(tell('map.read', 0, 1)).toBe(7)
  })

  it('does not count asking whether a map is empty as reading, nor seeing what is over', () => {
    const { harness, tell } = opened({ refresh: 'read-and-write', expired: 'visible-until-cleaned' })
    harness.advance(5)
    fill(tell)
    harness.advance(ms)
    expect(tell('value.read')).toBe(7)
    harness.advance(5)
    expect(reads.map((call) => tell(call))).toEqual(nothing)
  })

  it('may be seen until it is cleaned up, which is a sixteenth of its time later at most', () => {
    const { harness, tell } = opened({ expired: 'visible-until-cleaned' })
    harness.advance(1)
    fill(tell)
    harness.advance(ms)
    expect(reads.map((call) => tell(call))).toEqual([7, [7], [[1, 7]], false, 7, '1'])
    // What is seen is what is added to.
    tell('sum.add', 1)
    expect(tell('sum.read')).toBe(8)
    harness.advance(9)
    expect(reads.map((call) => tell(call))).toEqual([-1, [], [], true, 8, undefined])
  })

  it('goes away: what is cleaned up is not in a snapshot any more', async () => {
    const { harness, tell } = opened()
    fill(tell)
    const full = (await harness.snapshot()).keyed
    harness.advance(ms)
    const empty = (await harness.snapshot()).keyed
    expect([full.length > 0, empty.length]).toEqual([true, 0])
  })

  it('cleans up many keys a thousand at a time', async () => {
    const { harness } = opened()
    harness.elements(Array.from({ length: 2_500 }, (_, n) => ({ key: `k${n}`, call: 'value.write', item: n })))
    harness.advance(ms)
    expect((await harness.snapshot()).keyed.length).toBe(0)
  })

  it('does not show at the end of the data a key of which everything is over', async () => {
    for (const expired of ['hidden', 'visible-until-cleaned'] as const) {
      const { harness, tell } = opened({ expired })
      tell('value.write', 1, 0, 'over')
      tell('value.write', 1, 0, 'half')
      tell('plain.write', 1, 0, 'plain')
      harness.advance(1)
      tell('list.add', 1, 0, 'half')
      tell('list.add', 1, 0, 'there')
      harness.advance(ms - 1)
      const before = harness.values.length
      await harness.endOfData()
      expect(harness.values.slice(before).sort()).toEqual(['end of half', 'end of plain', 'end of there'])
    }
  })

  it('keeps its times in a snapshot: what is overdue at the restore is over at once', async () => {
    const { harness, tell } = opened()
    tell('value.write', 7, 0, 'old')
    harness.advance(100)
    tell('value.write', 8, 0, 'young')
    const restored = await harness.snapshot()
    for (const expired of ['hidden', 'visible-until-cleaned'] as const) {
      const later = opened({ expired }, { restored, startMs: 200 })
      expect([later.tell('value.read', 0, 0, 'old'), later.tell('value.read', 0, 0, 'young')]).toEqual([-1, 8])
      later.harness.advance(60)
      expect(later.tell('value.read', 0, 0, 'young')).toBe(-1)
      expect((await later.harness.snapshot()).keyed.length).toBe(0)
    }
  })

  it('is kept by a backend as values that replace each other, whatever folds them', () => {
    const reduce = stampedDescriptor({ kind: 'reducing', reduce: () => 'folded' })
    expect(reduce.kind === 'reducing' && reduce.reduce('a' as never, 'b' as never)).toBe('b')
    const list = { kind: 'list', ttl: { ms } } as const
    expect(stampedDescriptor(list)).toBe(list)
  })

  it('reads as its initial value when it is over, as a copy where that could be changed in place', () => {
    const operator = keyedProcessOperator({
      state: { seen: valueState(new Map([['x', 0]]), { ttl: { ms } }), fixed: valueState({ n: 0 }, { ttl: { ms } }) },
      element(_: string, ctx) {
        const { seen, fixed } = ctx.state
        ctx.emit([seen.value(), fixed.value()])
        seen.value().set('y', 1)
      },
    })
    const harness = new OperatorHarness(operator, { key: (word: string) => word })
    harness.elements(['a', 'b'])
    const [first, second] = harness.values as [unknown, unknown][]
    expect(second).toEqual([new Map([['x', 0]]), { n: 0 }])
    expect(Object.isFrozen(first![1])).toBe(true)
  })
})
