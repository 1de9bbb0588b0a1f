/** Whole jobs of several streams that go on at another parallelism, after a savepoint or a kill: joins, event-time timers, broadcast state. */
import { describe, expect, it } from 'vitest'
import type { SubmitOptions } from '../../src/job/session.ts'
import { broadcastState } from '../../src/operators/operator-state-declarations.ts'
import { listState, mapState, valueState } from '../../src/operators/state-descriptors.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { eventTimeSessionWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { PortionSink } from './divided-endpoints.ts'
import { Feed } from './feed.ts'
import { type ObservedJob, SimulatedProcess } from './simulated-process.ts'

type Leave = (process: SimulatedProcess, observed: ObservedJob) => Promise<SubmitOptions>
const ways: readonly (readonly [string, Leave])[] = [
  [
    'stopped with a savepoint',
    async (process, observed) => ({
      fromSavepoint: await process.settle(observed.job.stop({ savepoint: temporaryDir() })),
    }),
  ],
  [
    'killed and resumed',
    async (_process, observed) => {
      await observed.completes(2)
      return { resume: true }
    },
  ],
]
const parallelisms = [1, 3, 2]

interface Story {
  readonly feeds: readonly Feed<never>[]
  program(options: object, parallelism: number): StreamEnvironment
  /** What comes in before the job goes on at this phase's end. */
  act(phase: number, process: SimulatedProcess, observed: ObservedJob): Promise<void>
}

/** Runs a program through all parallelisms, to the end of its input. */
async function live({ feeds, program, act }: Story, leave: Leave): Promise<void> {
  const dir = temporaryDir()
  let from: SubmitOptions = {}
  for (const [phase, parallelism] of parallelisms.entries()) {
    const process = new SimulatedProcess({ seed: phase + 1 })
    const checkpoint = { intervalMs: 100, storage: { kind: 'filesystem', dir } }
    const observed = await process.submit(
      program({ parallelism, checkpoint, autoWatermarkIntervalMs: 0 }, parallelism),
      from,
    )
    await act(phase, process, observed)
    await process.until(() => feeds.every(({ read, size }) => read === size))
    await observed.is('RUNNING')
    if (phase < parallelisms.length - 1) from = await leave(process, observed)
    else {
      for (const feed of feeds) feed.end()
      expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    }
    expect(process.crashes).toEqual([])
  }
}

interface Event {
  readonly key: string
  readonly time: number
}
const byTime = WatermarkStrategy.forBoundedOutOfOrderness<Event>(20).withTimestampAssigner(({ time }) => time)
const keys = Array.from({ length: 12 }, (_, i) => `k${i}`)
/** Two events for each key, less than 20 out of order. */
const events = (phase: number, offset: number): readonly Event[] =>
  keys.flatMap((key, i) => [0, 1].map((n) => ({ key, time: phase * 40 + n * 20 + ((i * 7 + offset) % 18) })))

const timesOf = (some: readonly Event[]) => some.map(({ time }) => time).toSorted((a, b) => a - b)

describe.each(ways)('%s', (_, leave) => {
  it('an interval join finds every pair once', async () => {
    const lefts = new Feed<Event>()
    const rights = new Feed<Event>()
    const output = new PortionSink<string>()
    const came: { left: Event[]; right: Event[] } = { left: [], right: [] }
    const program = (options: object) => {
      const env = StreamEnvironment.create({ name: 'join', ...options })
      const keyed = (feed: Feed<Event>, uid: string) =>
        env
          .fromSource(feed.source, byTime)
          .uid(uid)
          .keyBy(({ key }) => key)
      keyed(lefts, 'left')
        .intervalJoin(keyed(rights, 'right'))
        .between(-15, 30)
        .process({
          output: '' as string,
          element: (left, right, ctx) => ctx.emit(`${ctx.key} ${left.time} ${right.time}`),
        })
        .uid('join')
        .sinkTo(output.sink)
        .uid('out')
      return env
    }
    const act = async (phase: number) => {
      const [left, right] = [events(phase, 0), events(phase, 5)]
      came.left.push(...left)
      came.right.push(...right)
      lefts.push(...left)
      rights.push(...right)
    }
    await live({ feeds: [lefts, rights] as never, program, act }, leave)
    const expected = came.left.flatMap((left) =>
      came.right
        .filter(({ key, time }) => key === left.key && time >= left.time - 15 && time <= left.time + 30)
        .map(({ time }) => `${left.key} ${left.time} ${time}`),
    )
    expect(output.shown.toSorted()).toEqual(expected.toSorted())
  })

  it('a coGroup sees each window of both streams once, with sessions', async () => {
    const lefts = new Feed<Event>()
    const rights = new Feed<Event>()
    const output = new PortionSink<string>()
    const program = (options: object) => {
      const env = StreamEnvironment.create({ name: 'groups', ...options })
      env
        .fromSource(lefts.source, byTime)
        .uid('left')
        .coGroup(env.fromSource(rights.source, byTime).uid('right'))
        .where(({ key }) => key)
        .equalTo(({ key }) => key)
        .window(eventTimeSessionWindows(12))
        .apply((left, right, key, { start }) => [`${key} from ${start}: ${timesOf(left)} | ${timesOf(right)}`])
        .uid('groups')
        .sinkTo(output.sink)
        .uid('out')
      return env
    }
    const came: (Event & { side: 0 | 1 })[] = []
    const act = async (phase: number) => {
      const [left, right] = [events(phase, 0), events(phase, 5)]
      lefts.push(...left)
      rights.push(...right)
      came.push(...left.map((event) => ({ ...event, side: 0 as const })))
      came.push(...right.map((event) => ({ ...event, side: 1 as const })))
    }
    await live({ feeds: [lefts, rights] as never, program, act }, leave)
    const expected = keys.flatMap((key) => {
      const sessions: (typeof came)[] = []
      for (const event of came.filter((one) => one.key === key).toSorted((a, b) => a.time - b.time)) {
        const latest = sessions.at(-1)
        if (latest !== undefined && event.time <= latest.at(-1)!.time + 12) latest.push(event)
        else sessions.push([event])
      }
      return sessions.map((session) => {
        const [left, right] = [0, 1].map((wanted) => timesOf(session.filter(({ side }) => side === wanted)))
        return `${key} from ${session[0]!.time}: ${left} | ${right}`
      })
    })
    expect(expected.length).toBeGreaterThan(keys.length)
    expect(output.shown.toSorted()).toEqual(expected.toSorted())
  })

  it('the timers of a co-process function fire by the lower watermark of its inputs, in the order of their times', async () => {
    const lefts = new Feed<Event>()
    const rights = new Feed<Event>()
    const output = new PortionSink<string>()
    const program = (options: object) => {
      const env = StreamEnvironment.create({ name: 'timers', ...options })
      const keyed = (feed: Feed<Event>, uid: string) =>
        env
          .fromSource(feed.source, byTime)
          .uid(uid)
          .keyBy(({ key }) => key)
      keyed(lefts, 'left')
        .connect(keyed(rights, 'right'))
        .process({
          output: '' as string,
          state: { seen: listState<string>() },
          element1(event, ctx) {
            ctx.state.seen.add(`left ${event.time}`)
            ctx.timers.registerEventTime(event.time)
          },
          element2(event, ctx) {
            ctx.state.seen.add(`right ${event.time}`)
            ctx.timers.registerEventTime(event.time)
          },
          timer(time, ctx) {
            const due = ctx.state.seen.get().filter((text) => Number(text.split(' ')[1]) <= time)
            ctx.state.seen.update(ctx.state.seen.get().filter((text) => !due.includes(text)))
            ctx.emit(`${ctx.key} ${time}: ${due.toSorted().join(', ')}`)
          },
        })
        .uid('timers')
        .sinkTo(output.sink)
        .uid('out')
      return env
    }
    const came: string[][] = []
    const act = async (phase: number) => {
      const [left, right] = [events(phase, 0), events(phase, 3)]
      lefts.push(...left)
      rights.push(...right)
      came.push(...left.map(({ key, time }) => [key, `${time}`, `left ${time}`]))
      came.push(...right.map(({ key, time }) => [key, `${time}`, `right ${time}`]))
    }
    await live({ feeds: [lefts, rights] as never, program, act }, leave)
    const times = new Map<string, string[]>()
    for (const [key, time, text] of came) {
      const at = `${key} ${time}`
      times.set(at, [...(times.get(at) ?? []), text!])
    }
    // All that came of one time, on either side: nothing fires before both have come as far.
    const expected = [...times].map(([at, texts]) => `${at}: ${texts.toSorted().join(', ')}`)
    expect(output.shown.toSorted()).toEqual(expected.toSorted())
  })

  it('timers over a union fire by the lower watermark of its streams', async () => {
    const lefts = new Feed<Event>()
    const rights = new Feed<Event>()
    const output = new PortionSink<string>()
    const program = (options: object) => {
      const env = StreamEnvironment.create({ name: 'union', ...options })
      env
        .fromSource(lefts.source, byTime)
        .uid('left')
        .union(env.fromSource(rights.source, byTime).uid('right'))
        .keyBy(({ key }) => key)
        .process({
          output: '' as string,
          state: { counts: mapState<number, number>() },
          element({ time }, ctx) {
            ctx.state.counts.put(time, (ctx.state.counts.get(time) ?? 0) + 1)
            ctx.timers.registerEventTime(time)
          },
          timer(time, ctx) {
            ctx.emit(`${ctx.key} ${time}: ${ctx.state.counts.get(time)}`)
            ctx.state.counts.remove(time)
          },
        })
        .uid('counts')
        .sinkTo(output.sink)
        .uid('out')
      return env
    }
    const counts = new Map<string, number>()
    const act = async (phase: number, process: SimulatedProcess) => {
      const [left, right] = [events(phase, 0), events(phase, 6)]
      for (const { key, time } of [...left, ...right])
        counts.set(`${key} ${time}`, (counts.get(`${key} ${time}`) ?? 0) + 1)
      // One stream comes alone first: nothing is due before the other one has come as far.
      lefts.push(...left)
      await process.until(() => lefts.read === lefts.size)
      rights.push(...right)
    }
    await live({ feeds: [lefts, rights] as never, program, act }, leave)
    expect(output.shown.toSorted()).toEqual([...counts].map(([at, count]) => `${at}: ${count}`).toSorted())
  })

  it('broadcast state is the same everywhere, and every key is changed once by each record', async () => {
    const words = new Feed<string>()
    const rules = new Feed<number>()
    const output = new PortionSink<string>()
    const sums = { sum: valueState(0) }
    const program = (options: object, parallelism: number) => {
      const env = StreamEnvironment.create({ name: 'rules', ...options })
      env
        .fromSource(words.source)
        .uid('words')
        .keyBy((word) => word)
        .connect(env.fromSource(rules.source).uid('numbers').broadcast({ rules: broadcastState<number, string>() }))
        .process({
          output: '' as string,
          state: sums,
          element: (_word, { state }) => state.sum.update(state.sum.value() + 1),
          broadcastElement(rule, ctx) {
            ctx.broadcastState.rules.put(rule, `at ${parallelism}`)
            ctx.applyToKeyedState('sum', (_key, sum) => sum.update(sum.value() + rule))
          },
          endOfKey: (ctx) => ctx.emit(`${ctx.key} ${ctx.state.sum.value()} ${[...ctx.broadcastState.rules.values()]}`),
        })
        .uid('sums')
        .sinkTo(output.sink)
        .uid('out')
      return env
    }
    const act = async (phase: number, process: SimulatedProcess, observed: ObservedJob) => {
      words.push(...keys)
      await process.until(() => words.read === words.size)
      // A rule counts for the words that came before: a checkpoint behind them says that they have.
      await observed.completes(2)
      rules.push(100 * 10 ** phase)
    }
    await live({ feeds: [words, rules] as never, program, act }, leave)
    expect(output.shown.toSorted()).toEqual(keys.map((key) => `${key} 11103 at 1,at 3,at 2`).toSorted())
  })
})
