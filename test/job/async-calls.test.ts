/**
 * Jobs that call the outside, killed anywhere and resumed, also at another parallelism: what was in flight is called for again,
 * and every result counts once.
 */
import { describe, expect, it } from 'vitest'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { runThroughDeaths } from './deaths.ts'
import { PartitionedFeed, PortionSink } from './divided-endpoints.ts'

const count = 240
const names = Array.from({ length: count }, (_, i) => `${'abcdef'[i % 6]}${String(i).padStart(3, '0')}`)

/** One program over all its processes, and what it said. */
class Story {
  readonly feed = new PartitionedFeed<string>(4)
  readonly output = new PortionSink<string>()
  calls = 0
  inFlight = 0

  constructor() {
    this.feed.push(...names)
    this.feed.end()
  }

  program(parallelism: number, unaligned: boolean): StreamEnvironment {
    const env = StreamEnvironment.create({
      name: 'calls',
      parallelism,
      batchRecords: 4,
      checkpoint: { intervalMs: 4, unaligned, inlineStateBytes: 0, tolerableFailures: 1_000 },
    })
    env
      .fromSource(this.feed.source)
      .uid('in')
      .asyncUnordered({
        call: async (name, { attempt }) => {
          this.calls++
          if (attempt === 1 && name.endsWith('3')) throw new Error('busy')
          return name
        },
        capacity: 3,
        retry: { attempts: 2, delayMs: 1 },
      })
      .uid('unordered')
      .keyBy((name) => name[0]!)
      .process({ output: '' as string, element: (name, ctx) => ctx.emit(`${name}!`) })
      .uid('process')
      .asyncOrdered({ call: async (name) => name.toUpperCase(), capacity: 2 })
      .uid('ordered')
      .map((name) => name)
      .sinkTo(this.output.sink)
      .uid('out')
    return env
  }

  async run(seed: number, unaligned: boolean, parallelisms: readonly number[]): Promise<number> {
    const deaths = [500 + ((131 * seed) % 500), 300 + ((277 * seed) % 400), 250 + ((53 * seed) % 300)]
    return runThroughDeaths((parallelism) => this.program(parallelism, unaligned), {
      seed,
      deaths,
      parallelisms,
      stored: ({ operators }) => {
        for (const { operator } of operators) {
          for (const { name, items } of operator?.states ?? []) if (name === 'inFlight') this.inFlight += items
        }
      },
    })
  }
}

const expected = names.map((name) => `${name.toUpperCase()}!`)

describe('results of calls come once each', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('through deaths and other parallelisms (seed %i)', async (seed) => {
    const story = new Story()
    const parallelisms = [2 + (seed % 3), 1 + ((seed * 7) % 4), 2, 1 + ((seed * 3) % 5), 3]
    expect(await story.run(seed, seed % 2 === 0, parallelisms)).toBeGreaterThan(0)
    expect(story.output.shown.toSorted()).toEqual(expected.toSorted())
    expect([story.inFlight > 20, story.calls > count]).toEqual([true, true])
  })
})

it.each([11, 12, 13, 14])('ordered results keep the order of their records through deaths (seed %i)', async (seed) => {
  const shown = new PortionSink<string>()
  const feed = new PartitionedFeed<string>(1)
  feed.push(...names)
  feed.end()
  const program = () => {
    const env = StreamEnvironment.create({ name: 'order', batchRecords: 4, checkpoint: { intervalMs: 4 } })
    env
      .fromSource(feed.source)
      .uid('in')
      .asyncOrdered({ call: async (name) => name, capacity: 5 })
      .uid('calls')
      .sinkTo(shown.sink)
      .uid('out')
    return env
  }
  await runThroughDeaths(program, { seed, deaths: [90 + seed, 100 + seed, 80], parallelisms: [1] })
  expect(shown.shown).toEqual(names)
})
