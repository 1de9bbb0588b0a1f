/**
 * Jobs with unaligned checkpoints that are killed anywhere and resumed at another parallelism, with records on their way by key and
 * in turn, and with some of their subtasks finished.
 */
import { describe, expect, it } from 'vitest'
import type { SubtaskState } from '../../src/core/state-handles.ts'
import type { Storages } from '../../src/job/storages.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { PartitionedFeed, PortionSink } from './divided-endpoints.ts'
import { SimulatedProcess } from './simulated-process.ts'

const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`)
const perKey = 12
const copies = 3

interface Numbered {
  readonly key: string
  /** Of all that is said of its key, from 1. */
  readonly place: number
}

/** What happened to one program over all its processes. */
class Story {
  readonly feed = new PartitionedFeed<string>(4)
  readonly output = new PortionSink<string>()
  readonly dealt = new PortionSink<string>()
  readonly outOfOrder: string[] = []
  resumed = 0
  channelStates = 0

  constructor() {
    this.feed.push(...Array.from({ length: perKey }, () => keys).flat())
    this.feed.end()
  }

  program(parallelism: number): StreamEnvironment {
    const env = StreamEnvironment.create({
      name: 'unaligned',
      parallelism,
      batchRecords: 2,
      checkpoint: { intervalMs: 4, unaligned: true, inlineStateBytes: 0, tolerableFailures: 1_000 },
    })
    const numbered = env
      .fromSource(this.feed.source)
      .uid('in')
      .keyBy((key) => key)
      .process({
        output: {} as Numbered,
        state: { count: valueState<number>(0) },
        element(key, ctx) {
          const count = ctx.state.count.value()
          ctx.state.count.update(count + 1)
          for (let copy = 1; copy <= copies; copy++) ctx.emit({ key, place: count * copies + copy })
        },
      })
      .uid('count')
    const { outOfOrder } = this
    numbered
      .keyBy(({ key }) => key)
      .process({
        output: '' as string,
        state: { last: valueState<number>(0) },
        element({ key, place }, ctx) {
          const last = ctx.state.last.value()
          if (place !== last + 1) outOfOrder.push(`${key}: ${place} after ${last}`)
          ctx.state.last.update(place)
          ctx.emit(`${key} ${place}`)
        },
      })
      .uid('order')
      .sinkTo(this.output.sink)
      .uid('out')
    numbered
      .rebalance()
      .map(({ key, place }) => `${key} ${place}`)
      .uid('dealt')
      .sinkTo(this.dealt.sink)
      .uid('dealt out')
    return env
  }

  /** Runs the job to its end, through the deaths of its processes, each time at the next parallelism. */
  async run(seed: number, deaths: readonly number[], parallelisms: readonly number[]): Promise<void> {
    let storages: Storages | undefined
    for (let n = 0; ; n++) {
      const process = new SimulatedProcess({
        seed: seed * 100 + n,
        lateness: true,
        tap: ({ event }) => {
          if (event.type !== 'snapshot.stored') return
          this.channelStates += (event as unknown as { state: SubtaskState }).state.inFlight?.length ?? 0
        },
        ...(storages && { storages }),
      })
      storages = process.storages
      const environment = this.program(parallelisms[n % parallelisms.length]!)
      const observed = await process.submit(environment, { resume: n > 0 }).catch((error: unknown) => {
        const { code } = error as { readonly code?: string }
        if (code === 'JOB_FINISHED') return undefined
        if (code === 'CHECKPOINT_NOT_FOUND') return process.submit(environment)
        throw error
      })
      if (observed === undefined) return
      if (observed.job.checkpointStats().restored !== undefined) this.resumed++
      const death = deaths[n] ?? Number.POSITIVE_INFINITY
      await process.until(() => observed.job.endedAt !== undefined || process.simulated.steps >= death, 1_000_000)
      expect(process.crashes).toEqual([])
      if (observed.job.endedAt === undefined) continue
      expect(await observed.job.done).toMatchObject({ status: 'FINISHED' })
      return
    }
  }
}

const expected = keys.flatMap((key) => Array.from({ length: perKey * copies }, (_, i) => `${key} ${i + 1}`)).toSorted()

describe('exactly once and in the order of each key', () => {
  it.each(Array.from({ length: 24 }, (_, i) => i + 1))(
    'through deaths and other parallelisms (seed %i)',
    async (seed) => {
      const deaths = [300 + ((131 * seed) % 600), 200 + ((277 * seed) % 600), 100 + ((53 * seed) % 500), 400]
      const parallelisms = [2 + (seed % 3), 1 + ((seed * 7) % 5), 2 + (seed % 4), 1 + ((seed * 3) % 6), 3]
      const story = new Story()
      await story.run(seed, deaths, parallelisms)
      expect(story.outOfOrder).toEqual([])
      expect(story.output.shown.toSorted()).toEqual(expected)
      expect(story.dealt.shown.toSorted()).toEqual(expected)
      expect(story.channelStates).toBeGreaterThan(10)
      expect(story.resumed).toBeGreaterThan(0)
    },
  )
})
