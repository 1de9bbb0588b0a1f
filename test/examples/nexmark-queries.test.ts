import { StreamEnvironment, toArray } from 'tidemark'
import { describe, expect, it } from 'vitest'
import { NexmarkGenerator, type NexmarkOptions } from '../../examples/nexmark/generator.ts'
import { queries } from '../../examples/nexmark/queries.ts'
import { type Change, differences, type NexmarkQuery } from '../../examples/nexmark/query.ts'
import { inEventTime, nexmarkSource } from '../../examples/nexmark/source.ts'

interface Run extends Omit<NexmarkOptions, 'events'> {
  readonly input: string
  readonly parallelism: number
}

const events = 3_000
const seconds = { input: '20 seconds', ratePerSecond: 150 }
const runs: readonly Run[] = [
  { ...seconds, parallelism: 1, outOfOrderGroup: 1 },
  // As late as 3.3 seconds, which is in time.
  { ...seconds, parallelism: 2, outOfOrderGroup: 500 },
  {
    input: '21 hours',
    parallelism: 2,
    outOfOrderGroup: 1,
    ratePerSecond: 1 / 25,
    baseTimeMs: Date.UTC(2026, 1, 27, 12),
  },
  // An auction is over after a few of them, and bidders bid several times in one.
  { input: 'a few milliseconds', parallelism: 1, ratePerSecond: 500_000, outOfOrderGroup: 500 },
]

async function emittedBy(query: NexmarkQuery, { parallelism, ...options }: Run): Promise<readonly unknown[]> {
  const emitted: unknown[] = []
  // Event time goes on with every batch, not with the clock, so that windows end and auctions close among the events.
  const env = StreamEnvironment.create({ parallelism, freezeState: true, batchRecords: 64, autoWatermarkIntervalMs: 0 })
  const stream = inEventTime(env.fromSource(nexmarkSource({ events, ...options })).uid('events'))
  query.build(stream).sinkTo(toArray(emitted)).uid('out')
  const job = await env.execute(query.name)
  expect((await job.done).error).toBeUndefined()
  return emitted
}

describe.each(queries)('$name: $about', (query) => {
  it.each(runs)('equals its reference ($input, parallelism $parallelism, groups of $outOfOrderGroup)', async (run) => {
    const expected = query.reference([...new NexmarkGenerator({ events, ...run })])
    // Nobody registers and sells within ten seconds when an event comes every 25.
    const nothing = query.name === 'q8' && run.input === '21 hours'
    expect(expected.length > 0).toBe(!nothing)
    expect(differences(query, await emittedBy(query, run), expected)).toEqual([])
  })
})

describe('the comparison with a reference', () => {
  const [rows, table] = ['q0', 'q9'].map((name) => queries.find((query) => query.name === name)!)
  const change = (op: '+' | '-', a: number): Change<unknown> => ({ op, row: { a } })

  it('takes rows in any order, with their fields in any order', () => {
    expect(differences(rows!, [{ a: 1, b: { c: 2, d: 3 } }, 4], [4, { b: { d: 3, c: 2 }, a: 1 }])).toEqual([])
  })

  it('finds what is missing, too much, and not often enough', () => {
    expect(differences(rows!, [{ a: 1 }, { a: 2 }, { a: 3 }], [{ a: 1 }, { a: 1 }, { a: 2 }, { a: 4 }])).toEqual([
      'expected 2 ×, got 1 ×: {"a":1}',
      'expected 1 ×, got 0 ×: {"a":4}',
      'expected 0 ×, got 1 ×: {"a":3}',
    ])
  })

  it('puts changes together in any order', () => {
    const changes = [change('-', 1), change('+', 2), change('+', 1), change('-', 2), change('+', 3)]
    expect(differences(table!, changes, [{ a: 3 }])).toEqual([])
    expect(differences(table!, changes.slice(1), [{ a: 3 }])).toEqual(['expected 0 ×, got 1 ×: {"a":1}'])
  })

  it('refuses a row that was taken away and never added', () => {
    expect(() => differences(table!, [change('-', 1)], [])).toThrow('q9 took away a row that it had not added: {"a":1}')
  })
})
