/** What is computed of windows is edited between two runs, with windows open: it is refused, or goes on. */
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { StateBackend } from '../../src/backends/state-backend.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import {
  eventTimeSessionWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import type { AggregateFunction, WindowAssigner } from '../../src/operators/windows/window.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

interface Sale {
  readonly shop: string
  readonly euros: number
  readonly at: number
}

const sale = (at: number, shop = at % 2 === 0 ? 'north' : 'south'): Sale => ({ shop, euros: at, at })
const early = [1, 2, 3, 12, 14, 15, 22, 24].map((at) => sale(at))
const late = [25, 26, 33, 34, 47, 90].map((at) => sale(at))

type Compute = (sales: DataStream<Sale>) => SingleOutputStreamOperator<unknown>

const total = {
  createAccumulator: () => 0,
  add: ({ euros }: Sale, sum: number) => sum + euros,
  getResult: (sum: number) => sum,
  merge: (a: number, b: number) => a + b,
}
const tumbling = tumblingEventTimeWindows(20)
const sliding = slidingEventTimeWindows(30, 10)
const sessions = eventTimeSessionWindows<Sale>(8)
const byShop = (sales: DataStream<Sale>, windows: WindowAssigner<Sale>) =>
  sales.keyBy(({ shop }) => shop).window(windows)
const joined = (sales: DataStream<Sale>) =>
  sales
    .join(sales)
    .where(({ shop }) => shop)
    .equalTo(({ shop }) => shop)
    .window(tumbling)
const more = (a: Sale, b: Sale): Sale => (a.euros > b.euros ? a : b)

const apply =
  (windows: WindowAssigner<Sale>): Compute =>
  (sales) =>
    byShop(sales, windows).apply((all, shop) => [[shop, all.length]])
const aggregate =
  (windows: WindowAssigner<Sale>): Compute =>
  (sales) =>
    byShop(sales, windows).aggregate(total)
const reduce =
  (windows: WindowAssigner<Sale>): Compute =>
  (sales) =>
    byShop(sales, windows).reduce(more)
const join: Compute = (sales) => joined(sales).apply((a, b) => [a.at, b.at])
const ofAll: Compute = (sales) => sales.windowAll(tumbling).aggregate(total)
const evicted: Compute = (sales) => byShop(sales, tumbling).evictor(countEvictor(2)).aggregate(total)

function started(backend: StateBackend = heapStateBackend) {
  const feed = new Feed(early)
  const output: unknown[] = []
  const checkpoint = { intervalMs: 100, storage: { kind: 'filesystem' as const, dir: `${temporaryDir()}/checkpoints` } }
  const savepoint = { kind: 'filesystem' as const, dir: `${temporaryDir()}/savepoints` }
  const times = WatermarkStrategy.forMonotonousTimestamps<Sale>().withTimestampAssigner(({ at }) => at)
  const program = (compute: Compute): StreamEnvironment => {
    const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 0, batchRecords: 1, checkpoint, savepoint })
    const sales = env.fromSource(feed.source, times).uid('sales')
    compute(sales)
      .name('windows')
      .uid('windows')
      .sinkTo(toArray(output, { immediate: true }))
      .uid('out')
    return env
  }
  const process = (seed = 1) => new SimulatedProcess({ seed, stateBackend: backend })
  /** Runs a program over what there is, then takes a savepoint and ends. */
  const saved = async (compute: Compute): Promise<string> => {
    const here = process()
    const { job } = await here.submit(program(compute))
    await here.until(() => feed.read === early.length)
    const path = await here.settle(job.stop())
    await here.settle(here.session.close())
    return path
  }
  /** Runs it over the rest, to the end. */
  const finished = async (compute: Compute, start: { fromSavepoint?: string; allowNonRestoredState?: boolean }) => {
    feed.push(...late)
    feed.end()
    const here = process(2)
    const { job } = await here.submit(program(compute), start)
    expect(await here.settle(job.done)).toMatchObject({ status: 'FINISHED' })
  }
  return { output, program, process, saved, finished }
}

/** Keys are in no order between them. */
const inOrder = (results: readonly unknown[]): readonly string[] => results.map((one) => JSON.stringify(one)).sort()

const words = {
  'window-accumulators': 'accumulators of an aggregate, in windows by key',
  'window-records': 'reduced records, in windows by key',
  'window-elements': 'all elements, in windows by key',
  'window-timed-elements': 'all elements with their times, for an evictor, in windows by key',
  'window-joined-elements': 'all elements of two streams, in windows by key',
  'all-window-accumulators': 'accumulators of an aggregate, in windows of all records',
  'session-accumulators': 'accumulators of an aggregate, in merged windows by key',
  'session-elements': 'all elements, in merged windows by key',
} as const
type Name = keyof typeof words

describe.each<[string, Compute, Compute, Name, Name]>([
  ['apply becomes aggregate', apply(tumbling), aggregate(tumbling), 'window-elements', 'window-accumulators'],
  ['apply becomes reduce', apply(tumbling), reduce(tumbling), 'window-elements', 'window-records'],
  ['aggregate becomes apply', aggregate(tumbling), apply(tumbling), 'window-accumulators', 'window-elements'],
  ['aggregate becomes reduce', aggregate(tumbling), reduce(tumbling), 'window-accumulators', 'window-records'],
  ['reduce becomes aggregate', reduce(tumbling), aggregate(tumbling), 'window-records', 'window-accumulators'],
  ['a join becomes apply', join, apply(tumbling), 'window-joined-elements', 'window-elements'],
  ['apply becomes a join', apply(tumbling), join, 'window-elements', 'window-joined-elements'],
  ['an evictor is added', aggregate(tumbling), evicted, 'window-accumulators', 'window-timed-elements'],
  ['an evictor is removed', evicted, aggregate(tumbling), 'window-timed-elements', 'window-accumulators'],
  ['windows lose their keys', aggregate(tumbling), ofAll, 'window-accumulators', 'all-window-accumulators'],
  ['windows get keys', ofAll, aggregate(tumbling), 'all-window-accumulators', 'window-accumulators'],
  ['windows become sessions', aggregate(tumbling), aggregate(sessions), 'window-accumulators', 'session-accumulators'],
  ['sessions are aggregated', apply(sessions), aggregate(sessions), 'session-elements', 'session-accumulators'],
])('when %s', (_title, before, after, stored, kept) => {
  it('the plan says what is stored, and a submission is refused', async () => {
    const { process, program, saved } = started()
    const fromSavepoint = await saved(before)
    const here = process(2)
    const plan = await here.session.planRestore(program(after), { fromSavepoint })
    expect(plan).toMatchObject({ verdict: 'drops-state', starts: false })
    const planned = plan!.operators.find(({ uid }) => uid === 'windows')!
    expect(planned.states.find(({ outcome }) => outcome === 'dropped')).toMatchObject({
      name: stored,
      why: `stored are ${words[stored]}; the program keeps ${words[kept]}`,
    })
    // No mapping would help.
    expect(planned.remedies.map(({ type }) => type)).toEqual(['--allowNonRestoredState'])
    const message =
      ` has state "${stored}" of operator "windows" (uid "windows"), which "windows" (uid "windows") of the program ` +
      `does not keep: stored are ${words[stored]}; the program keeps ${words[kept]}. Either let it compute what it computed before, ` +
      'or begin anew, with another uid and --allowNonRestoredState.'
    const refusal = { code: 'RESTORE_STATE_UNMATCHED', message: expect.stringContaining(message) }
    expect(plan!.problems).toEqual([refusal])
    await expect(here.submit(program(after), { fromSavepoint })).rejects.toMatchObject(refusal)
    const stateMapping = [{ from: `windows/${stored}`, to: `windows/${kept}` }]
    await expect(here.submit(program(after), { fromSavepoint, stateMapping })).rejects.toMatchObject({
      code: 'STATE_MAPPING_INVALID',
      message: expect.stringContaining(`is its own, for ${words[kept]}, and takes nothing that has another name`),
    })
  })

  it('it goes on without the windows that were open, where that is allowed', async () => {
    const { output, saved, finished } = started()
    const fromSavepoint = await saved(before)
    output.length = 0
    await finished(after, { fromSavepoint, allowNonRestoredState: true })
    const straight = started()
    await straight.finished((sales) => after(sales.filter(({ at }) => at > 24)), {})
    expect(inOrder(output)).toEqual(inOrder(straight.output))
  })
})

it.each<[string, Compute, Compute]>([
  ['panes', aggregate(sliding), reduce(sliding)],
  ['panes and single windows', aggregate(sliding), apply(sliding)],
  ['panes of another shape', aggregate(sliding), aggregate(slidingEventTimeWindows(40, 10))],
])('refuses other contents of sliding windows: %s', async (_title, before, after) => {
  const { process, program, saved } = started()
  const fromSavepoint = await saved(before)
  const plan = await process(2).session.planRestore(program(after), { fromSavepoint })
  expect(plan).toMatchObject({ verdict: 'drops-state', starts: false })
  expect(plan!.problems[0]!.message).toContain(
    'stored are accumulators of an aggregate, in panes of sliding windows 30 every 10 from 0 by key; accumulators of an ' +
      'aggregate, in sums of panes of sliding windows 30 every 10 from 0 by key; the program keeps ',
  )
})

it('lets a join become a coGroup, which keeps the same', async () => {
  const { output, saved, finished } = started()
  const coGroup: Compute = (sales) =>
    sales
      .coGroup(sales)
      .where(({ shop }) => shop)
      .equalTo(({ shop }) => shop)
      .window(tumbling)
      .apply((some, others, shop) => [[shop, some.length, others.length]])
  const fromSavepoint = await saved(join)
  output.length = 0
  await finished(coGroup, { fromSavepoint })
  expect(output).toContainEqual(['north', 4, 4])
})

/** The same sums in another shape. */
interface Totals {
  readonly cents: number
}

const { merge: _merge, ...unmergedTotal } = total
const totals: AggregateFunction<Sale, Totals, number> = {
  version: 1,
  migrate: (old) => ({ cents: (old as number) * 100 }),
  createAccumulator: () => ({ cents: 0 }),
  add: ({ euros }, { cents }) => ({ cents: cents + euros * 100 }),
  getResult: ({ cents }) => cents / 100,
  merge: (a, b) => ({ cents: a.cents + b.cents }),
}
const { merge, ...unmergedTotals } = totals

describe.each([
  ['heap', () => heapStateBackend],
  ['lmdb', () => lmdbStateBackend({ dir: temporaryDir() })],
])('an accumulator of another version (%s)', (_, backend) => {
  it.each<[string, Compute, Compute]>([
    ['tumbling windows', aggregate(tumbling), (sales) => byShop(sales, tumbling).aggregate(totals)],
    ['sliding windows in panes', aggregate(sliding), (sales) => byShop(sales, sliding).aggregate(totals)],
    [
      'single sliding windows',
      (sales) => byShop(sales, sliding).aggregate(unmergedTotal),
      (sales) => byShop(sales, sliding).aggregate(unmergedTotals),
    ],
    ['sessions', aggregate(sessions), (sales) => byShop(sales, sessions).aggregate(totals)],
    ['windows of all records', ofAll, (sales) => sales.windowAll(tumbling).aggregate(totals)],
  ])('is made by migrate from what is stored: %s', async (_title, before, after) => {
    const straight = started(backend())
    await straight.finished(after, {})
    const { output, process, program, saved, finished } = started(backend())
    const fromSavepoint = await saved(before)
    const plan = await process(3).session.planRestore(program(after), { fromSavepoint })
    expect(plan).toMatchObject({ verdict: 'lossless', starts: true })
    expect(plan!.operators.find(({ uid }) => uid === 'windows')!.outcome).toBe('migrated')
    const fired = output.length
    await finished(after, { fromSavepoint })
    expect(output.length).toBeGreaterThan(fired)
    expect(inOrder(output)).toEqual(inOrder(straight.output))
  })
})

it('refuses an accumulator of another version without migrate, and says what to write', async () => {
  const { process, program, saved } = started()
  const fromSavepoint = await saved(aggregate(tumbling))
  const { migrate, ...newer } = totals
  const after = program((sales) => byShop(sales, tumbling).aggregate(newer))
  await expect(process(2).submit(after, { fromSavepoint })).rejects.toMatchObject({
    code: 'RESTORE_STATE_INCOMPATIBLE',
    message: expect.stringMatching(
      /^State "window-accumulators" .* add migrate\(old, version\) \{ … \} beside version: 1\.$/,
    ),
  })
})

it('refuses a migration without version when the program is built', () => {
  const { program } = started()
  const { version, ...unversioned } = totals
  expect(() => program((sales) => byShop(sales, tumbling).aggregate(unversioned))).toThrow(
    'an integer from 1 beside migrate',
  )
})
