import { describe, expect, it } from 'vitest'
import { NexmarkGenerator } from '../../examples/nexmark/generator.ts'
import { queries } from '../../examples/nexmark/queries.ts'
import { differences, type NexmarkQuery } from '../../examples/nexmark/query.ts'
import { inEventTime, nexmarkSource } from '../../examples/nexmark/source.ts'
import { StreamEnvironment, toArray } from '../../src/index.ts'

const load = { events: 8_000, ratePerSecond: 400, seed: 5 }

async function rowsOf(query: NexmarkQuery, outOfOrderGroup: number, parallelism: number): Promise<readonly unknown[]> {
  const rows: unknown[] = []
  const env = StreamEnvironment.create({ parallelism, freezeState: true })
  const events = env.fromSource(nexmarkSource({ ...load, outOfOrderGroup })).uid('events')
  query.build(inEventTime(events)).sinkTo(toArray(rows)).uid('rows')
  expect((await (await env.execute()).done).error).toBeUndefined()
  return rows
}

describe.each(queries.map((query) => [query.name, query] as const))('%s', (_name, query) => {
  it.each([
    [1, 1],
    [1, 2],
    [500, 1],
    [500, 2],
  ])('gives the rows of its reference (out of order in groups of %i, parallelism %i)', async (group, parallelism) => {
    const expected = query.reference([...new NexmarkGenerator({ ...load, outOfOrderGroup: group })])
    expect(expected.length).toBeGreaterThan(0)
    expect(differences(query, await rowsOf(query, group, parallelism), expected)).toEqual([])
  })
})
