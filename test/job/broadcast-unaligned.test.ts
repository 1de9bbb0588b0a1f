/**
 * Jobs that apply broadcast records to all keys, with unaligned checkpoints that find such records on their way, killed anywhere
 * and resumed.
 */
import { expect, it } from 'vitest'
import type { SubtaskState } from '../../src/core/state-handles.ts'
import type { Storages } from '../../src/job/storages.ts'
import { broadcastState } from '../../src/operators/operator-state-declarations.ts'
import { listState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { PartitionedFeed, PortionSink } from './divided-endpoints.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const keys = Array.from({ length: 8 }, (_, i) => `key ${i}`)
const perKey = 20
const rules = Array.from({ length: 60 }, (_, i) => i + 1)

class Story {
  readonly words = new PartitionedFeed<string>(3)
  readonly rules = new Feed<number>(rules)
  readonly output = new PortionSink<string>()
  storages: Storages | undefined
  /** Checkpoints that found broadcast records on their way, by subtasks. */
  overtaken = 0

  constructor() {
    this.words.push(...Array.from({ length: perKey }, () => keys).flat())
    this.words.end()
    this.rules.end()
  }

  program(parallelism: number): StreamEnvironment {
    const env = StreamEnvironment.create({
      name: 'rules',
      parallelism,
      batchRecords: 2,
      checkpoint: { intervalMs: 4, unaligned: true, inlineStateBytes: 0, tolerableFailures: 1_000 },
    })
    env
      .fromSource(this.words.source)
      .uid('words')
      .keyBy((word) => word)
      .connect(env.fromSource(this.rules.source).uid('numbers').broadcast({ rules: broadcastState<number, number>() }))
      .process({
        output: '' as string,
        state: { heard: listState<number>() },
        element: (_word, ctx) => ctx.state.heard.add(0),
        broadcastElement(rule, ctx) {
          ctx.broadcastState.rules.put(rule, rule)
          ctx.applyToKeyedState('heard', (_key, heard) => heard.add(rule))
        },
        endOfKey(ctx) {
          const heard = ctx.state.heard.get()
          const applied = heard.filter((rule) => rule > 0)
          ctx.emit(`${ctx.key} ${heard.length - applied.length} ${applied} of ${[...ctx.broadcastState.rules.keys()]}`)
        },
      })
      .uid('heard')
      .sinkTo(this.output.sink)
      .uid('out')
    return env
  }

  /** Until it ends or dies. */
  async live(seed: number, parallelism: number, resume: boolean, death: number): Promise<boolean> {
    const process = new SimulatedProcess({
      seed,
      lateness: true,
      tap: ({ event }) => {
        if (event.type !== 'snapshot.stored') return
        const { inFlight = [] } = (event as unknown as { state: SubtaskState }).state
        if (inFlight.some(({ input }) => input === 1)) this.overtaken++
      },
      ...(this.storages && { storages: this.storages }),
    })
    this.storages = process.storages
    const observed = await process.submit(this.program(parallelism), { resume })
    await process.until(() => observed.job.endedAt !== undefined || process.simulated.steps >= death, 1_000_000)
    expect(process.crashes).toEqual([])
    return observed.job.endedAt !== undefined
  }
}

let overtaken = 0

it.each(Array.from({ length: 6 }, (_, i) => i + 1))('hears of every record once, in order (seed %i)', async (seed) => {
  const story = new Story()
  const deaths = [400 + ((131 * seed) % 300), 300 + ((277 * seed) % 300)]
  for (let n = 0; ; n++) {
    const ended = await story.live(seed * 100 + n, 3, n > 0, deaths[n] ?? Number.POSITIVE_INFINITY)
    if (ended) break
  }
  overtaken += story.overtaken
  expect(story.output.shown).toHaveLength(keys.length)
  for (const line of story.output.shown) {
    // From when the key was there first.
    const [, applied = ''] = /^key \d 20 ([\d,]*) of 1,2,.*,60$/.exec(line) ?? [line]
    expect(applied).toBe(`${rules.slice(rules.length - applied.split(',').length)}`)
  }
})

it('found some of them on their way', () => {
  expect(overtaken).toBeGreaterThan(5)
})

it('is not resumed at another parallelism while such records were on their way', async () => {
  for (let seed = 1; ; seed++) {
    expect(seed).toBeLessThan(50)
    const story = new Story()
    await story.live(seed, 3, false, 500)
    if (story.overtaken === 0) continue
    const resumed = story.live(seed, 2, true, 500)
    // The last checkpoint may have been without any.
    const code = await resumed.then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    )
    if (code === undefined) continue
    expect(code).toBe('RESTORE_CHANNEL_MISMATCH')
    return
  }
})
