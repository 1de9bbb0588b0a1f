import { describe, expect, it } from 'vitest'
import { NexmarkGenerator, type NexmarkOptions } from '../../examples/nexmark/generator.ts'
import {
  type Auction,
  type Bid,
  type Event,
  isAuction,
  isBid,
  isPerson,
  type Person,
} from '../../examples/nexmark/model.ts'
import { nexmarkSource } from '../../examples/nexmark/source.ts'
import { cities, firstNames, hotChannels, lastNames, otherChannels, states } from '../../examples/nexmark/texts.ts'
import { codeOf, dealtOut, drain, testContext } from '../connectors/endpoint-harness.ts'

const eventsOf = (options: NexmarkOptions): Event[] => [...new NexmarkGenerator(options)]
const many = eventsOf({ events: 100_000 })
const people: readonly Person[] = many.filter(isPerson)
const auctions: readonly Auction[] = many.filter(isAuction)
const bids: readonly Bid[] = many.filter(isBid)

/** How often something is so, from 0 to 1. */
const share = <T>(values: readonly T[], is: (value: T, index: number) => boolean): number =>
  values.filter(is).length / values.length

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

describe('an event', () => {
  it('is of the kind that its number says', () => {
    expect([people.length, auctions.length, bids.length]).toEqual([2_000, 6_000, 92_000])
    const kinds = many.slice(50, 100).map(({ kind }) => kind)
    expect(kinds).toEqual(['person', 'auction', 'auction', 'auction', ...new Array<string>(46).fill('bid')])
  })

  it('has the next id of its kind', () => {
    expect(people.map(({ id }) => id)).toEqual(people.map((_, index) => 1_000 + index))
    expect(auctions.map(({ id }) => id)).toEqual(auctions.map((_, index) => 1_000 + index))
  })

  it('happens when its number is due', () => {
    const at = (number: number, options: Partial<NexmarkOptions> = {}) =>
      new NexmarkGenerator({ events: 1, ...options }).event(number).dateTime
    expect([0, 9, 10, 12_345].map((number) => at(number))).toEqual(
      ['00:00:00.000', '00:00:00.000', '00:00:00.001', '00:00:01.234'].map((time) => Date.parse(`2026-01-01T${time}Z`)),
    )
    expect(at(7, { ratePerSecond: 0.5, baseTimeMs: 1_000 })).toBe(15_000)
  })

  it.each<{ kind: string; events: readonly Event[]; average: number; numbers: number }>([
    { kind: 'person', events: people, average: 200, numbers: 2 },
    { kind: 'auction', events: auctions, average: 500, numbers: 7 },
    { kind: 'bid', events: bids, average: 100, numbers: 4 },
  ])('of kind $kind is as large as it is meant to be', ({ events, average, numbers }) => {
    const sizes = events.map((event) => 8 * numbers + lettersIn(event))
    expect(mean(sizes)).toBeGreaterThan(average * 0.99)
    expect(mean(sizes)).toBeLessThan(average * 1.01)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(average * 0.8)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(average * 1.2)
  })
})

/** Of all strings that count. */
function lettersIn(event: Event): number {
  const { kind: _, ...fields } = event
  const counted = event.kind === 'bid' ? [event.extra] : Object.values(fields)
  return counted.reduce((sum: number, field) => sum + (typeof field === 'string' ? field.length : 0), 0)
}

describe('a bid', () => {
  it('is for a hot auction, or for one in flight, or for one of the next ten', () => {
    let last = 0
    let hot = 0
    const cold = new Map<number, number>()
    for (const event of many) {
      if (event.kind === 'auction') last = event.id
      if (event.kind !== 'bid' || last < 1_200) continue
      if (event.auction === last - (last % 100)) hot += 1
      else cold.set(event.auction - last, (cold.get(event.auction - last) ?? 0) + 1)
    }
    const all = hot + [...cold.values()].reduce((sum, count) => sum + count, 0)
    // Half, and of the other half the one of 111 auctions that is hot.
    expect(hot / all).toBeCloseTo(0.5 + 0.5 / 111, 2)
    expect([...cold.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 111 }, (_, i) => i - 100))
    for (const [distance, count] of cold) {
      // The hot auction is never this far away, or as often as any other.
      expect(count / all, `${distance}`).toBeGreaterThan((0.5 / 111) * 0.7)
      expect(count / all, `${distance}`).toBeLessThan((0.5 / 111) * 1.3)
    }
  })

  it('is made by a hot bidder, or by one of the last thousand people or the next ten', () => {
    let last = 0
    let hot = 0
    const cold = new Set<number>()
    const later: Bid[] = []
    for (const event of many) {
      if (event.kind === 'person') last = event.id
      if (event.kind !== 'bid' || last < 2_000) continue
      later.push(event)
      if (event.bidder === last - (last % 100) + 1) hot += 1
      else cold.add(event.bidder - last)
    }
    expect(hot / later.length).toBeCloseTo(0.75, 2)
    expect([Math.min(...cold), Math.max(...cold), cold.size]).toEqual([-999, 10, 1_010])
  })

  it('has a price of each power of ten as often', () => {
    const prices = bids.map(({ price }) => price)
    expect(prices.every(Number.isInteger)).toBe(true)
    for (const power of [2, 3, 4, 5, 6, 7]) {
      expect(share(prices, (price) => price >= 10 ** power && price < 10 ** (power + 1))).toBeCloseTo(1 / 6, 2)
    }
    expect(Math.min(...prices)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...prices)).toBeLessThanOrEqual(10 ** 8)
  })

  it('comes through a hot channel, or any other, which has one URL', () => {
    const urls = new Map<string, Set<string>>()
    for (const { channel, url } of bids) urls.set(channel, (urls.get(channel) ?? new Set()).add(url))
    expect([...urls.values()].every(({ size }) => size === 1)).toBe(true)
    for (const hot of hotChannels) expect(share(bids, ({ channel }) => channel === hot)).toBeCloseTo(1 / 8, 2)
    const others = bids.filter(({ channel }) => channel.startsWith('channel-'))
    expect(others.length / bids.length).toBeCloseTo(1 / 2, 2)
    expect(urls.size).toBeGreaterThan(otherChannels * 0.95)
    const shape = /^https:\/\/www\.nexmark\.com\/[a-z]+\/[a-z]+\/[a-z]+\/item\.htm\?query=1(&channel_id=\d+)?$/
    expect(bids.every(({ url }) => shape.test(url))).toBe(true)
    expect(share(others, ({ url }) => url.includes('channel_id'))).toBeCloseTo(0.9, 1)
  })
})

describe('an auction', () => {
  it('is that of a hot seller, or of one of the last thousand people or the next ten', () => {
    const late = auctions.filter(({ id }) => id >= 4_000)
    const last = ({ id }: Auction) => 1_000 + Math.floor((id - 1_000) / 3)
    const isHot = (auction: Auction) => auction.seller === last(auction) - (last(auction) % 100)
    expect(share(late, isHot)).toBeCloseTo(0.75, 1)
    const distances = late.filter((auction) => !isHot(auction)).map((auction) => auction.seller - last(auction))
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(-999)
    expect(Math.max(...distances)).toBeLessThanOrEqual(10)
  })

  it('never has a hot bidder for its hot seller', () => {
    const sellers = new Set(auctions.filter(({ seller }) => seller % 100 === 0).map(({ seller }) => seller))
    expect(sellers.size).toBe(20)
    const hotBidders = new Set(bids.filter(({ bidder }) => bidder % 100 === 1).map(({ bidder }) => bidder))
    expect([...sellers].filter((seller) => hotBidders.has(seller))).toEqual([])
  })

  it('lasts until about as many more auctions exist as are in flight', () => {
    const lengths = auctions.map(({ dateTime, expires }) => expires - dateTime)
    expect(Math.min(...lengths)).toBe(1)
    expect(Math.max(...lengths)).toBe(332)
    expect(mean(lengths)).toBeCloseTo(166, -1)
  })

  it('has one of five categories, and a reserve above its initial bid', () => {
    for (const category of [10, 11, 12, 13, 14]) {
      expect(share(auctions, (auction) => auction.category === category)).toBeCloseTo(0.2, 1)
    }
    expect(auctions.every(({ category, reserve, initialBid }) => category < 15 && reserve >= initialBid + 100)).toBe(
      true,
    )
  })
})

it('gives people all names and places', () => {
  expect(new Set(people.map(({ city }) => city))).toEqual(new Set(cities))
  expect(new Set(people.map(({ state }) => state))).toEqual(new Set(states))
  expect(new Set(people.map(({ name }) => name)).size).toBe(firstNames.length * lastNames.length)
})

describe('the order of events', () => {
  const byNumber = eventsOf({ events: 2_000 })

  it.each([3, 10, 500])('is that of the rule in groups of %d', (group) => {
    const events = eventsOf({ events: 2_000 - (2_000 % group), outOfOrderGroup: group })
    const expected = events.map((_, place) => byNumber[place - (place % group) + ((place * 953) % group)])
    expect(events).toEqual(expected)
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length)
    expect(events).not.toEqual(byNumber.slice(0, events.length))
  })

  it('begins with the event that is asked for', () => {
    expect(eventsOf({ events: 50, firstEventId: 777 })).toEqual(byNumber.slice(777, 827))
  })

  it('says nothing about their contents', () => {
    const generator = new NexmarkGenerator({ events: 2_000 })
    expect([1_999, 3, 50, 3].map((number) => generator.event(number))).toEqual(
      [1_999, 3, 50, 3].map((number) => byNumber[number]),
    )
  })

  it('differs with the seed in everything that is drawn', () => {
    const other = eventsOf({ events: 2_000, seed: 2 })
    expect(other.map(({ kind, dateTime }) => [kind, dateTime])).toEqual(
      byNumber.map(({ kind, dateTime }) => [kind, dateTime]),
    )
    expect(share(other, ({ extra }, index) => extra === byNumber[index]?.extra)).toBe(0)
    expect(eventsOf({ events: 2_000, seed: 1 })).toEqual(byNumber)
  })
})

describe('the source', () => {
  it('makes the same events, over any number of subtasks, across changes of the parallelism', async () => {
    const source = nexmarkSource({ events: 3_000, outOfOrderGroup: 500 })
    const seen: Event[] = []
    let states: readonly unknown[] | undefined
    for (const parallelism of [1, 3, 2]) {
      const restored = states && dealtOut(states, parallelism, (item) => item)
      states = await Promise.all(
        Array.from({ length: parallelism }, async (_, subtaskIndex) => {
          const context = testContext({ parallelism, subtaskIndex })
          const reader = source.createReader(context, restored?.[subtaskIndex])
          seen.push(...(await drain(reader, context, { records: parallelism === 2 ? 3_000 : 300, max: 64 })))
          return reader.snapshot()
        }),
      )
    }
    const textOf = (event: Event) => JSON.stringify(event)
    expect(seen.map(textOf).sort()).toEqual(eventsOf({ events: 3_000 }).map(textOf).sort())
  })

  it('goes along the same line of event time in each subtask', async () => {
    const source = nexmarkSource({ events: 10_000 })
    for (const subtaskIndex of [0, 1]) {
      const context = testContext({ parallelism: 2, subtaskIndex })
      const events = await drain(source.createReader(context, undefined), context, { records: 1_000, max: 64 })
      expect(events.at(-1)!.dateTime - events[0]!.dateTime).toBeGreaterThanOrEqual(180)
      expect(events.at(-1)!.dateTime - events[0]!.dateTime).toBeLessThanOrEqual(220)
    }
  })
})

it.each<[string, Partial<NexmarkOptions>, RegExp]>([
  ['events', { events: -1 }, /events of the Nexmark generator is -1: expected an integer from 0/],
  [
    'a number that has no draws',
    { events: 2, firstEventId: 2 ** 32 - 1 },
    /4294967297: expected at most 2\^32 together/,
  ],
  ['ratePerSecond', { ratePerSecond: 0 }, /ratePerSecond .* is 0: expected a number above 0/],
  ['seed', { seed: 1.5 }, /seed .* is 1.5: expected an integer/],
  ['a group that is no order', { outOfOrderGroup: 1_906 }, /outOfOrderGroup .* is 1906: .* no multiple of 953/],
  ['baseTimeMs', { baseTimeMs: Number.NaN }, /baseTimeMs .* is NaN/],
])('refuses %s out of bounds', async (_, options, message) => {
  const refused = await codeOf(() => nexmarkSource({ events: 10, ...options }))
  expect(refused).toEqual({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) })
})

/** These never change: whoever has figures for a seed can have them again. */
it('makes these events of seed 1', () => {
  const generator = new NexmarkGenerator({ events: 1 })
  expect([0, 1, 7_007].map((number) => generator.event(number))).toMatchInlineSnapshot(`
    [
      {
        "city": "San Jose",
        "creditCard": "8086 5827 3386 8743",
        "dateTime": 1767225600000,
        "emailAddress": "fgpatfq@uinbf.com",
        "extra": "sfybqdkuitnnktyofdmrcjyvpeamyvzicudmbqmuqitgdqsvtjqklunsjcqdnpjdptkxvivdqixancvxjwrujoohwfgzdxydipytwfbbsfgtqznnvupwtltjntqilxtqnkzyxtyiorvq",
        "id": 1000,
        "kind": "person",
        "name": "Hugo Engel",
        "state": "WA",
      },
      {
        "category": 10,
        "dateTime": 1767225600000,
        "description": "xnnklzubdwlvcmlydmhtpfihqazjbmlyufwwirocfkwnirmppdvzdumrkpyndkpuiruiemkecxiqnuvquc",
        "expires": 1767225600295,
        "extra": "njpnplmpuibshyubihszzzmymevglfkalfsyhyxkedpewfgteuxqtxhfblmjxwwwktxiujkwnwdlwhnkfhkifdqhycfffwbqkjxcrdqystycshkhmevybksuyxonrogfmuouvpcemuorqblzdtiehzfzmfbbpnctozlqsdsyyingsczndrvwolidfophfogmwsolpbqwxpjwiokkdahszuhtisefdxrwdhmlfecnpoqhjyriynjqalkcjlojtdlroplnpzipcunrhiohaaxnmfzrrshdhyxhiurqycksjcawtyftnattwvmblhuvbqsdgcpqgknlgjruplvbvsjil",
        "id": 1000,
        "initialBid": 2527758,
        "itemName": "ndsjdryrda",
        "kind": "auction",
        "reserve": 7675444,
        "seller": 1009,
      },
      {
        "auction": 1371,
        "bidder": 1017,
        "channel": "Google",
        "dateTime": 1767225600700,
        "extra": "pzbtakfarwgupqcfqhwgcgmmmfhtvwepvvzabvpzwubqitqupkjpwgpycmupezlron",
        "kind": "bid",
        "price": 117,
        "url": "https://www.nexmark.com/bdhzqu/uin/tgxvnmk/item.htm?query=1",
      },
    ]
  `)
})
