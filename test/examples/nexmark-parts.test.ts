import { readFile } from 'node:fs/promises'
import { fromCollection, StreamEnvironment, toArray } from 'tidemark'
import { expect, it } from 'vitest'
import { dayNumber, dayText, hourOf, minuteOf, minuteText } from '../../examples/nexmark/calendar.ts'
import { Draws } from '../../examples/nexmark/draws.ts'
import nexmarkJob from '../../examples/nexmark/job.ts'
import type { Auction, Event, Person } from '../../examples/nexmark/model.ts'
import { pairKey } from '../../examples/nexmark/pair-key.ts'
import { q3 } from '../../examples/nexmark/queries/q3.ts'
import { queries } from '../../examples/nexmark/queries.ts'
import { codeOf } from '../connectors/endpoint-harness.ts'

it.each([
  '2026-02-28T23:59:59.999Z',
  '2026-03-01T00:00:00.000Z',
  '2024-02-29T12:34:56.789Z',
  '1970-01-01T00:00:00.000Z',
])('the calendar reads %s as it is written', (time) => {
  const ms = Date.parse(time)
  expect(dayText(dayNumber(ms))).toBe(time.slice(0, 10))
  expect(minuteText(minuteOf(ms))).toBe(time.slice(11, 16))
  expect(hourOf(ms)).toBe(Number(time.slice(11, 13)))
})

it('draws evenly, and differently for numbers and seeds that are close together', () => {
  const draws = new Draws(1)
  const firstOf = (seed: number, number: number) => {
    const own = new Draws(seed)
    own.begin(number)
    return own.unit()
  }
  const counts = new Array<number>(10).fill(0)
  for (let number = 0; number < 10_000; number++) {
    draws.begin(number)
    for (let i = 0; i < 10; i++) counts[draws.below(10)]! += 1
  }
  for (const count of counts) expect(Math.abs(count / 10_000 - 1)).toBeLessThan(0.04)
  const firsts = [0, 1, 2].flatMap((seed) => [0, 1, 2, 2 ** 32 - 1].map((number) => firstOf(seed, number)))
  expect(new Set(firsts).size).toBe(12)
})

it('makes different keys of different pairs', () => {
  const ids = [0, 1, 2 ** 26 - 1]
  const keys = [...ids, 2 ** 27 - 1].flatMap((first) => ids.map((second) => pairKey(first, second)))
  expect(new Set(keys).size).toBe(12)
  expect(keys.every(Number.isSafeInteger)).toBe(true)
})

it('joins auctions with their seller, whoever of them comes first', async () => {
  const person = (id: number, state: string): Person => ({
    kind: 'person',
    id,
    name: `p${id}`,
    emailAddress: '',
    creditCard: '',
    city: 'Salem',
    state,
    dateTime: 0,
    extra: '',
  })
  const auction = (id: number, seller: number, category = 10): Auction => ({
    kind: 'auction',
    id,
    seller,
    category,
    itemName: '',
    description: '',
    initialBid: 1,
    reserve: 2,
    dateTime: 0,
    expires: 1,
    extra: '',
  })
  const events: readonly Event[] = [
    auction(1, 7),
    auction(2, 7),
    auction(3, 8),
    person(7, 'OR'),
    person(8, 'WA'),
    auction(4, 7),
    auction(5, 7, 11),
    auction(6, 8),
    person(9, 'ID'),
    auction(7, 9),
  ]
  const rows: unknown[] = []
  const env = StreamEnvironment.create({ freezeState: true })
  q3(env.fromSource(fromCollection(events)).uid('events'))
    .sinkTo(toArray(rows))
    .uid('out')
  await (await env.execute()).done
  const sale = (name: string, state: string, id: number) => ({ name, city: 'Salem', state, id })
  expect(rows).toEqual([sale('p7', 'OR', 1), sale('p7', 'OR', 2), sale('p7', 'OR', 4), sale('p9', 'ID', 7)])
})

it('names the queries to who asks for another one', async () => {
  expect(nexmarkJob(['q2', '1000']).explain()).toContain('nexmark q2')
  const refused = await codeOf(() => nexmarkJob(['q99']))
  expect(refused).toEqual({
    code: 'ARGUMENT_INVALID',
    message: expect.stringMatching(/is q99: expected one of q0, q1/),
  })
})

it('says in its README what each query gives, in order', async () => {
  const text = await readFile(new URL('../../examples/nexmark/README.md', import.meta.url), 'utf8')
  const described = [...text.matchAll(/^\| (q\d+) \|/gm)].map(([, name]) => name)
  expect(described).toEqual(expect.arrayContaining(queries.map(({ name }) => name)))
  expect(described).toEqual([...described].sort((a, b) => Number(a?.slice(1)) - Number(b?.slice(1))))
})
