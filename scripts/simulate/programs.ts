/**
 * The programs that `npm run simulate` runs: variants of a keyed count with two sources, by seed. Each output stream
 * brings its positions once: one stream per key, whose positions are the counts, and one of all records.
 */
import { lmdbStateBackend } from '../../src/backends/lmdb/index.ts'
import { mapState, valueState } from '../../src/operators/state-descriptors.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SimulatedJob, SimulationRun } from '../../src/testing/simulation/simulation-exports.ts'
import { environment } from './environment.ts'
import { eventTimers, windows } from './event-time-programs.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const keyOf = (index: number): string => keys[index % keys.length]!

export interface Counted {
  readonly key: string
  readonly index: number
  readonly count: number
}

/** Two sources of different length, as one stream of indexes. */
function numbers(run: SimulationRun, env: StreamEnvironment) {
  const short = Math.ceil(run.records / 4)
  const from = (first: number, count: number) =>
    env.fromSource(run.source({ count, ratePerSecond: 1_000, at: (index) => first + index }))
  return from(0, short)
    .uid('short')
    .union(from(short, run.records - short).uid('long'))
}

function expectCounts(run: SimulationRun, mode: 'exactly-once' | 'at-least-once' | undefined): void {
  run.expect('records', run.records)
  // At least once, a record may be counted again.
  if (mode === 'at-least-once') return
  for (const key of keys) {
    run.expect(key, Array.from({ length: run.records }, (_, i) => keyOf(i)).filter((other) => other === key).length)
  }
}

const record = ({ index }: Counted) => ({ stream: 'records', position: index + 1 })
const counted = (value: Counted) => [{ stream: value.key, position: value.count }, record(value)]

/** A keyed count, and sinks that each get a share of every key. */
function count(
  run: SimulationRun,
  env: StreamEnvironment,
  mode = env.options.checkpoint?.mode,
  before: (indexes: DataStream<number>) => DataStream<number> = (indexes) => indexes,
): StreamEnvironment {
  expectCounts(run, mode)
  before(numbers(run, env))
    .map((index) => {
      run.pass('map')
      return index
    })
    .uid('map')
    .keyBy(keyOf)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(index, ctx) {
        run.pass('count')
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.emit({ key: ctx.key, index, count: ctx.state.count.value() })
      },
    })
    .uid('count')
    .rebalance()
    .sinkTo(run.sink(mode === 'at-least-once' ? (value: Counted) => [record(value)] : counted))
    .uid('out')
  return env
}

const keyedCount: SimulatedJob = (run) => count(run, environment(run, 'keyed count'))

/** A person asks for savepoints now and then, and stops the job once or twice; it is resumed from there. */
const savepoints: SimulatedJob = (run) => {
  run.action({ name: 'savepoint', most: 6, act: (job) => job.triggerSavepoint() })
  run.action({ name: 'stop', most: 2, act: (job) => job.stop() })
  run.action({ name: 'checkpoint', most: 3, act: (job) => job.triggerCheckpoint() })
  return count(run, environment(run, 'savepoints', { maxConcurrent: 2 }))
}

/** A client that asks for a savepoint, awaits it, and asks again. */
const savepointLoop: SimulatedJob = (run) => {
  run.client(async (job) => {
    while (job.endedAt === undefined) {
      try {
        await job.triggerSavepoint()
      } catch {
        // The job has none to give while it starts and ends: ask again in a moment.
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      }
    }
  })
  return count(run, environment(run, 'savepoint loop', { minPauseMs: 5 }))
}

/** Each key emits its count when a timer of it fires, and what is left at the end of the data. */
const timers: SimulatedJob = (run) => {
  const env = environment(run, 'timers')
  run.expect('records', run.records)
  numbers(run, env)
    .keyBy(keyOf)
    .process({
      output: [] as readonly number[],
      state: { waiting: valueState<readonly number[]>([]), at: valueState(0) },
      element(index, ctx) {
        run.pass('element')
        const waiting = ctx.state.waiting.value()
        if (waiting.length === 0) {
          const at = ctx.now() + 15
          ctx.timers.registerProcessingTime(at)
          ctx.state.at.update(at)
          run.userTimer('set', `${ctx.key} at ${at}`)
        }
        ctx.state.waiting.update([...waiting, index])
      },
      timer(at, ctx) {
        run.pass('timer')
        run.userTimer('fired', `${ctx.key} at ${at}`)
        ctx.emit(ctx.state.waiting.value())
        ctx.state.waiting.clear()
      },
      endOfKey(ctx) {
        if (ctx.state.waiting.value().length === 0) return
        run.userTimer('deleted', `${ctx.key} at ${ctx.state.at.value()}`)
        ctx.emit(ctx.state.waiting.value())
      },
    })
    .uid('batches')
    .rebalance()
    .sinkTo(run.sink((indexes) => indexes.map((index) => ({ stream: 'records', position: index + 1 }))))
    .uid('out')
  return env
}

const atLeastOnce: SimulatedJob = (run) => count(run, environment(run, 'at least once', { mode: 'at-least-once' }))

/** Barriers that overtake, at once or after a while. */
const unaligned: SimulatedJob = (run) => {
  const alignedTimeoutMs = run.seed % 2 === 0 ? 0 : 5
  const env = environment(run, 'unaligned', { unaligned: true, alignedTimeoutMs })
  // What is on its way from one subtask to one other cannot go on at another parallelism.
  return count(run, env, 'exactly-once', (indexes) => (run.rescales ? indexes.rebalance() : indexes))
}

/** Many keys, so that few of them change between two checkpoints. */
const manyKeys = 61
const manyKeysOf = (index: number): string => `k${(index * 7) % manyKeys}`

/**
 * Checkpoints of what has changed. Every third count is kept as a number and the entries of the two before it are removed,
 * so that a change that is lost, and a removal that is, give a wrong count after a restore.
 */
const incremental: SimulatedJob = (run) => changing(run, 'incremental')

/** The same with state on disk, of which next to nothing is in memory. */
const onDisk: SimulatedJob = (run) => {
  run.keepStateIn(lmdbStateBackend({ cacheEntries: 2 + (run.seed % 5) }))
  return changing(run, 'on disk')
}

function changing(run: SimulationRun, name: string): StreamEnvironment {
  const env = environment(run, name, {
    incremental: run.seed % 5 > 0,
    inlineStateBytes: run.seed % 3 === 0 ? 1_000 : 0,
    // A checkpoint that begins while an older one is on its way outlives what it is built on.
    maxConcurrent: run.seed % 2 === 0 ? 1 : 3,
    retained: 1,
  })
  run.action({ name: 'savepoint', most: 2, act: (job) => job.triggerSavepoint() })
  run.expect('records', run.records)
  const indexes = Array.from({ length: run.records }, (_, index) => manyKeysOf(index))
  for (const key of new Set(indexes)) run.expect(key, indexes.filter((other) => other === key).length)
  numbers(run, env)
    .keyBy(manyKeysOf)
    .process({
      output: {} as Counted,
      state: { base: valueState(0), since: mapState<number, true>() },
      element(index, ctx) {
        run.pass('count')
        const { base, since } = ctx.state
        const count = base.value() + [...since.keys()].length + 1
        if (count % 3 === 0) {
          base.update(count)
          since.clear()
        } else since.put(index, true)
        ctx.emit({ key: ctx.key, index, count })
      },
    })
    .uid('count')
    .rebalance()
    .sinkTo(run.sink(counted))
    .uid('out')
  return env
}

/** Asks elsewhere before it counts, some things twice. */
const calls: SimulatedJob = (run) =>
  count(
    run,
    environment(run, 'calls', { unaligned: run.seed % 2 === 0, alignedTimeoutMs: 5 }),
    'exactly-once',
    (indexes) =>
      indexes
        .rebalance()
        .asyncUnordered({
          call: async (index, { attempt }) => {
            run.pass('call')
            if (attempt === 1 && index % 5 === 0) throw new Error('busy')
            return index
          },
          capacity: 4,
          retry: { attempts: 2, delayMs: 3 },
        })
        .uid('calls')
        .map((index) => index)
        .uid('called')
        .asyncOrdered({ call: async (index) => index, capacity: 3 })
        .uid('calls again'),
  )

/** Counts as if exactly once, and is not: for the mutant that claims so. */
const countsAtLeastOnce: SimulatedJob = (run) =>
  count(run, environment(run, 'counts at least once', { mode: 'at-least-once' }), 'exactly-once')

export const programs: Readonly<Record<string, SimulatedJob>> = {
  'keyed-count': keyedCount,
  savepoints,
  'savepoint-loop': savepointLoop,
  timers,
  'event-timers': eventTimers,
  windows,
  calls,
  'at-least-once': atLeastOnce,
  unaligned,
  incremental,
  'on-disk': onDisk,
  'counts-at-least-once': countsAtLeastOnce,
}

/** Which program a seed runs, unless one is named. */
export const programOf = (seed: number): string =>
  (
    [
      'keyed-count',
      'savepoints',
      'unaligned',
      'timers',
      'savepoints',
      'savepoint-loop',
      'incremental',
      'at-least-once',
      'on-disk',
      'event-timers',
      'windows',
      'calls',
    ] as const
  )[Math.floor(seed / 4) % 12]!
