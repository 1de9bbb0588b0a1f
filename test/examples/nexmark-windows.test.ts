import { fromCollection, StreamEnvironment, toArray } from 'tidemark'
import { describe, expect, it } from 'vitest'
import type { Bid, Event } from '../../examples/nexmark/model.ts'
import { queries } from '../../examples/nexmark/queries.ts'
import { differences, type NexmarkQuery } from '../../examples/nexmark/query.ts'
import { inEventTime } from '../../examples/nexmark/source.ts'
import { maxWatermark } from '../../src/core/elements.ts'
import { type OperatorFactory, OperatorHarness } from '../../src/testing/index.ts'

const bid = (dateTime: number, price: number, auction = 1): Bid => ({
  kind: 'bid',
  auction,
  bidder: 7,
  price,
  channel: '',
  url: '',
  dateTime,
  extra: `${dateTime} for ${price}`,
})

const queryNamed = (name: string): NexmarkQuery => queries.find((query) => query.name === name)!

/** The rows, which are those of the reference, by what they have in this field. */
async function fieldOf(name: string, events: readonly Event[], field: string): Promise<readonly unknown[]> {
  const query = queryNamed(name)
  const rows: Record<string, unknown>[] = []
  const env = StreamEnvironment.create({ freezeState: true })
  const stream = query.build(inEventTime(env.fromSource(fromCollection(events)).uid('events')))
  stream.sinkTo(toArray(rows as unknown[])).uid('out')
  await (await env.execute()).done
  expect(differences(query, rows, query.reference(events))).toEqual([])
  return rows.map((row) => row[field]).sort()
}

describe('q7', () => {
  const highest = (...bids: readonly Bid[]) => fieldOf('q7', bids, 'extra')

  it('gives all bids with the highest price', async () => {
    const bids = [bid(1_000, 5), bid(2_000, 9, 2), bid(9_999, 9, 3), bid(3_000, 8)]
    expect(await highest(...bids)).toEqual(['2000 for 9', '9999 for 9'])
  })

  it('gives a bid on the border of two windows for both, if it is the highest of both', async () => {
    const [early, border, late] = [bid(4_000, 9), bid(10_000, 9, 2), bid(12_000, 5)]
    expect(await highest(early, border, late)).toEqual(['10000 for 9', '10000 for 9', '4000 for 9'])
  })

  it('finds the highest price among bids before the end', async () => {
    expect(await highest(bid(4_000, 9), bid(10_000, 20, 2))).toEqual(['10000 for 20', '4000 for 9'])
    expect(await highest(bid(4_000, 9), bid(10_000, 3, 2))).toEqual(['10000 for 3', '4000 for 9'])
  })
})

describe('q5', () => {
  it('gives all auctions with the most bids of each window', async () => {
    const bids = [bid(2_000, 1), bid(3_000, 1, 2), bid(4_500, 1, 3), bid(4_600, 1, 3)]
    const ends = await fieldOf('q5', bids, 'end')
    // Auctions 1 and 2 until 3 comes, 3 until its bids are ten seconds old.
    expect(ends).toEqual([4_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000].sort())
  })
})

describe('q6', () => {
  it('has the mean of ten prices at most, in the order in which the auctions closed', async () => {
    const auction = (id: number): Event => ({
      kind: 'auction',
      id,
      itemName: '',
      description: '',
      initialBid: 1,
      reserve: 1,
      dateTime: 0,
      expires: 1_000 * id,
      seller: 4,
      category: 10,
      extra: '',
    })
    const ids = Array.from({ length: 12 }, (_, index) => index + 1)
    const events = [...ids.map(auction), ...ids.map((id) => bid(500, 100 * id, id)).reverse()]
    const means = (await fieldOf('q6', events, 'average')) as number[]
    expect(means.sort((a, b) => a - b)).toEqual([100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 650, 750])
  })
})

describe('q12', () => {
  it('counts by the clock, and gives what is left when the input ends', () => {
    const env = StreamEnvironment.create()
    queryNamed('q12')
      .build(env.fromSource(fromCollection<Event>([])))
      .sinkTo(toArray([]))
    const counts = env.toProgram().transformations.find(({ uid }) => uid === 'counts')!
    const harness = new OperatorHarness(counts.operator as OperatorFactory, {
      key: (one) => (one as Bid).bidder,
      startMs: 12_000,
    })
    const row = (count: number, start: number) => ({ bidder: 7, count, start, end: start + 10_000 })
    harness.elements([bid(0, 1), bid(500_000, 2)])
    harness.advance(7_999)
    harness.elements([bid(0, 1)])
    expect(harness.values).toEqual([])
    harness.advance(1)
    expect(harness.values).toEqual([row(3, 10_000)])
    harness.elements([bid(0, 1), bid(0, 1)])
    harness.advance(10_000)
    expect(harness.values.slice(1)).toEqual([row(2, 20_000)])
    harness.elements([bid(0, 1)])
    harness.watermark(maxWatermark.timestamp)
    expect(harness.values.slice(2)).toEqual([row(1, 30_000)])
    harness.advance(100_000)
    expect(harness.values).toHaveLength(3)
  })
})
