/** Whole jobs that go on from a savepoint in more subtasks and in fewer. */
import { describe, expect, it } from 'vitest'
import { broadcastState, operatorListState, unionListState } from '../../src/operators/operator-state-declarations.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { type Counted, countProgram, expectedCounts, shown } from '../job/count-program.ts'
import { PartitionedFeed, PortionSink, wholeSink } from '../job/divided-endpoints.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

/** Lets each program read what there is, and stops it with a savepoint from which the next one goes on; the last one ends. */
async function through(
  feeds: readonly PartitionedFeed<string>[],
  programs: readonly { readonly env: StreamEnvironment; readonly more: readonly string[] }[],
) {
  const process = new SimulatedProcess()
  let fromSavepoint: string | undefined
  const graphs = []
  for (const [n, { env, more }] of programs.entries()) {
    feeds[0]!.push(...more)
    const observed = await process.submit(env, fromSavepoint === undefined ? {} : { fromSavepoint })
    graphs.push(observed.job.graph)
    await process.until(() => feeds.every(({ drained }) => drained))
    await observed.is('RUNNING')
    if (n < programs.length - 1) fromSavepoint = await process.settle(observed.job.stop())
    else {
      for (const feed of feeds) feed.end()
      expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    }
  }
  expect(process.crashes).toEqual([])
  return graphs
}

const counting = (feed: PartitionedFeed<string>, sink: PortionSink<Counted>, parallelism: number, max?: number) =>
  countProgram(feed.source, [], { parallelism, ...(max && { maxParallelism: max }) }, { sink: sink.sink })

describe('keyed state', () => {
  async function rescaled(parallelisms: readonly number[], max?: number): Promise<readonly number[]> {
    const feed = new PartitionedFeed<string>(3)
    const sink = new PortionSink<Counted>()
    const graphs = await through(
      [feed],
      parallelisms.map((parallelism) => ({ env: counting(feed, sink, parallelism, max), more: words })),
    )
    expect(shown(sink.shown)).toEqual(expectedCounts(parallelisms.flatMap(() => words)))
    return graphs.map(({ vertices }) => vertices.find(({ name }) => name.startsWith('count'))!.maxParallelism)
  }

  it('K1 goes on in more subtasks and in fewer', async () => {
    expect(await rescaled([2, 5, 1, 3], 13)).toEqual([13, 13, 13, 13])
  })

  it('K2 goes on with the key groups that it was given first, where the program sets no maximum', async () => {
    expect(await rescaled([2, 100, 1])).toEqual([128, 128, 128])
  })

  it('K3 goes on beside a sink that keeps its parallelism, and with it its state', async () => {
    const feed = new PartitionedFeed<string>(2)
    const sink = new PortionSink<Counted>()
    const program = (parallelism: number) => {
      const env = StreamEnvironment.create({ name: 'beside', parallelism })
      const read = env.fromSource(feed.source).uid('in')
      read.rebalance().sinkTo(wholeSink).uid('whole').setParallelism(2)
      read
        .keyBy((word) => word)
        .reduce((a) => a)
        .uid('first')
        .map((word) => ({ word, count: 1 }))
        .sinkTo(sink.sink)
        .uid('out')
      return { env, more: words }
    }
    await through([feed], [program(2), program(3), program(1)])
    expect(sink.shown).toHaveLength(3 * words.length)
  })
})

describe('lists of operators', () => {
  interface End {
    readonly items: readonly string[]
    readonly share: readonly string[]
    readonly rules: readonly string[]
  }

  const placeOf = (item: string): number => Number(item.slice(1))

  function program(feed: PartitionedFeed<string>, rules: PartitionedFeed<string>, sink: PortionSink<End>, p: number) {
    const env = StreamEnvironment.create({ name: 'lists', parallelism: p })
    env
      .fromSource(feed.source)
      .uid('in')
      .rebalance()
      .connect(env.fromSource(rules.source).uid('rules').broadcast())
      .process({
        output: {} as End,
        operatorState: {
          items: operatorListState<string>(),
          all: unionListState<string>(),
          rules: broadcastState<string, string>(),
        },
        open({ operatorState: { all }, subtaskIndex, parallelism }) {
          all.update(all.get().filter((item) => placeOf(item) % parallelism === subtaskIndex))
        },
        element1(item, { operatorState }) {
          operatorState.items.add(item)
          operatorState.all.add(item)
        },
        element2: (rule, { operatorState }) => operatorState.rules.put(rule, rule),
        endOfData(ctx) {
          const { items, all, rules: known } = ctx.operatorState
          ctx.emit({ items: items.get(), share: all.get(), rules: [...known.keys()] })
        },
      })
      .uid('lists')
      .sinkTo(sink.sink)
      .uid('out')
    return env
  }

  it.each([[[2, 5]], [[5, 2]], [[1, 3, 2, 4]]])(
    'K4 go on at parallelism %j: split, union and broadcast',
    async (parallelisms) => {
      const feed = new PartitionedFeed<string>(3)
      const rules = new PartitionedFeed<string>(1)
      rules.push('r1', 'r2')
      const sink = new PortionSink<End>()
      const items = Array.from({ length: 11 * parallelisms.length }, (_, i) => `i${i}`)
      await through(
        [feed, rules],
        parallelisms.map((p, n) => ({ env: program(feed, rules, sink, p), more: items.slice(11 * n, 11 * n + 11) })),
      )
      expect(sink.shown).toHaveLength(parallelisms.at(-1)!)
      expect(sink.shown.flatMap((end) => end.items).toSorted()).toEqual(items.toSorted())
      expect(sink.shown.flatMap((end) => end.share).toSorted()).toEqual(items.toSorted())
      for (const end of sink.shown) expect(end.rules.toSorted()).toEqual(['r1', 'r2'])
      const sizes = sink.shown.map((end) => end.items.length)
      expect(Math.min(...sizes)).toBeGreaterThan(0)
    },
  )
})

describe('state that cannot be divided', () => {
  it('K5 refuses another parallelism when the job is submitted', async () => {
    const process = new SimulatedProcess()
    const feed = new PartitionedFeed<string>(2)
    const program = (parallelism: number) => countProgram(feed.source, [], { parallelism }, { sink: wholeSink })
    const observed = await process.submit(program(2))
    await observed.is('RUNNING')
    const fromSavepoint = await process.settle(observed.job.stop())
    const submitted = process.submit(program(3), { fromSavepoint })
    await expect(submitted).rejects.toMatchObject({ code: 'RESTORE_PARALLELISM_MISMATCH' })
    expect(process.session.jobs()).toHaveLength(1)
  })
})
