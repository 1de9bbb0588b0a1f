/** Whole jobs in event time: timers and lateness through savepoints, other parallelisms, kills, and both ways to stop. */
import { describe, expect, it } from 'vitest'
import type { ValueState } from '../../src/backends/state-backend.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import type { StateMapping } from '../../src/deployment/state-mapping.ts'
import { Storages } from '../../src/job/storages.ts'
import type { Sink } from '../../src/operators/endpoints.ts'
import { type StateDeclaration, valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { NoStates } from '../../src/program/keyed-stream.ts'
import { PortionSink } from './divided-endpoints.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { expectedTicks, type Tick, tickProgram, timed } from './tick-program.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

const marksBehind = 30

/** Records around a time that goes on, some of them late, with a mark now and then. */
function randomTicks(seed: number, count: number, latest = 2 * marksBehind): Tick[] {
  const random = new Random(seed)
  let now = 0
  return Array.from({ length: count }, (_, i): Tick => {
    now += random.int(0, 9)
    if (i % 5 === 4) return { at: now - marksBehind }
    return { key: keys[random.int(0, keys.length - 1)]!, at: now - random.int(0, latest) }
  })
}

describe('event-time timers', () => {
  it('of a finite stream have all fired when it has ended', async () => {
    const ticks = randomTicks(1, 60)
    const feed = new Feed(ticks)
    feed.end()
    const output: string[] = []
    const process = new SimulatedProcess()
    const observed = await process.submit(tickProgram(feed.source, toArray(output), { parallelism: 2 }))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(output.toSorted()).toEqual(expectedTicks(ticks, true))
    expect(output.some((line) => line.includes('late'))).toBe(true)
  })

  it.each([1, 2, 3])(
    'go through savepoints and other parallelisms, and so does what is late (seed %i)',
    async (seed) => {
      const feed = new Feed<Tick>()
      const output = new PortionSink<string>()
      const ticks = randomTicks(seed, 200)
      const process = new SimulatedProcess({ seed })
      let from = {}
      for (const [phase, parallelism] of [1, 3, 2, 4].entries()) {
        const options = { parallelism, checkpoint: { intervalMs: 100 } }
        const observed = await process.submit(tickProgram(feed.source, output.sink, options), from)
        feed.push(...ticks.slice(phase * 50, phase * 50 + 50))
        await process.until(() => feed.read === feed.size)
        await observed.is('RUNNING')
        const drain = phase === 3
        from = { fromSavepoint: await process.settle(observed.job.stop({ drain })) }
        expect(output.shown.toSorted()).toEqual(expectedTicks(ticks.slice(0, phase * 50 + 50), drain))
      }
      expect(process.crashes).toEqual([])
    },
  )

  it('that were drained have fired, and nothing is left to do', async () => {
    const ticks: Tick[] = [{ at: 50 }, { key: 'a', at: 100 }, { key: 'a', at: 20 }]
    const feed = new Feed(ticks)
    const output = new PortionSink<string>()
    const process = new SimulatedProcess()
    const program = tickProgram(feed.source, output.sink, { checkpoint: { intervalMs: 100 } })
    const first = await process.submit(program)
    await process.until(() => feed.read === feed.size)
    await first.is('RUNNING')
    const path = await process.settle(first.job.stop({ drain: true }))
    expect(output.shown.toSorted()).toEqual(expectedTicks(ticks, true))
    const second = await process.submit(program, { fromSavepoint: path })
    expect(await second.done()).toMatchObject({ status: 'FINISHED' })
    expect(output.shown).toHaveLength(2)
  })

  it('are many at one time, which takes turns, and a checkpoint waits for all of them', async () => {
    const timers = 3.5 * limits.timersPerTurn
    const feed = new Feed<Tick>([...Array.from({ length: timers }, (_, i) => ({ key: `k${i}`, at: 10 })), { at: 10 }])
    let written = 0
    const counting: Sink<string> = {
      kind: 'counting',
      stateful: false,
      createWriter: () => ({
        write(values) {
          written += values.length
        },
        endOfData() {},
        snapshot: () => ({ state: undefined }),
        notifyCompleted() {},
        close() {},
      }),
    }
    const process = new SimulatedProcess()
    const options = { batchRecords: 1_024, checkpoint: { intervalMs: 1_000_000 } }
    const observed = await process.submit(tickProgram(feed.source, counting, options))
    await process.until(() => written > 0)
    const savepoint = observed.job.triggerSavepoint()
    const turns: number[] = [written]
    while (written < timers) {
      const before = written
      await process.simulated.step()
      if (written > before) turns.push(written - before)
    }
    expect(turns).toEqual([1_000, 1_000, 1_000, 500])
    expect(observed.completed).toEqual([])
    await process.settle(savepoint)
  })
})

describe('the watermark in a snapshot', () => {
  /** Stops a job and goes on from there with another operator in the place of its keyed one. */
  async function replaced(
    state: { readonly seen: StateDeclaration<ValueState<number>> } | NoStates,
    stateMapping: readonly StateMapping[],
  ): Promise<void> {
    const feed = new Feed<Tick>([{ key: 'a', at: 100 }, { at: 50 }])
    const program = (uid: string) => {
      const env = StreamEnvironment.create({ name: 'replaced', checkpoint: { intervalMs: 100 } })
      timed(env.fromSource(feed.source).uid('in'))
        .uid('time')
        .keyBy(({ key }) => key)
        .process({
          state,
          element({ at }, ctx) {
            if ('seen' in ctx.state) ctx.state.seen.update(at)
            ctx.emit(at > ctx.currentWatermark)
          },
        })
        .uid(uid)
        .sinkTo(toArray<unknown>([]))
        .uid('out')
      return env
    }
    const process = new SimulatedProcess()
    const first = await process.submit(program('one'))
    await process.until(() => feed.read === feed.size)
    await first.is('RUNNING')
    const path = await process.settle(first.job.stop())
    const second = await process.submit(program('another'), { fromSavepoint: path, stateMapping })
    await second.is('RUNNING')
  }

  it('is none of an operator without state, which could not take it back', () => replaced({}, []))

  it('is no loss where the state has gone elsewhere', () =>
    replaced({ seen: valueState(0) }, [{ from: 'one/seen', to: 'another/seen' }]))
})

describe('a job in event time that is killed', () => {
  const options = (unaligned: boolean, parallelism: number) => ({
    parallelism,
    checkpoint: { intervalMs: 3, unaligned, inlineStateBytes: 0, tolerableFailures: 1_000 },
  })

  async function story(seed: number, ticks: readonly Tick[], unaligned: boolean): Promise<string[]> {
    const random = new Random(seed)
    const storages = new Storages({})
    const feed = new Feed(ticks)
    feed.end()
    const output = new PortionSink<string>()
    for (let life = 0; life < 5; life++) {
      const process = new SimulatedProcess({ seed: seed * 10 + life, storages, lateness: true })
      const env = tickProgram(feed.source, output.sink, options(unaligned, random.int(1, 4)))
      const observed = await process.submit(env, { resume: life > 0 })
      const over = () => observed.job.endedAt !== undefined
      await process.until(() => over() || observed.completed.length > 0)
      for (let steps = random.int(0, 400); steps > 0 && !over(); steps--) await process.simulated.step()
      if (life === 4) await observed.done()
      expect(process.crashes).toEqual([])
      if (over()) break
    }
    return output.shown.toSorted()
  }

  it.each([1, 2, 3, 4, 5, 6])('is late for what it would have been late for (seed %i)', async (seed) => {
    const ticks = randomTicks(seed, 120)
    expect(await story(seed, ticks, false)).toEqual(expectedTicks(ticks, true))
  })

  it.each([1, 2, 3, 4, 5, 6])('with barriers that overtake loses no timer (seed %i)', async (seed) => {
    // A watermark on its way is not part of a snapshot, so what is late may be not late any more; here nothing is late.
    const ticks = randomTicks(seed, 120, marksBehind - 1)
    expect(await story(seed, ticks, true)).toEqual(expectedTicks(ticks, true))
  })
})
