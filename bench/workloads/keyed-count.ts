/** Keyed count: how often each of 100,000 string keys occurs. The same input for every contender. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toArray as collect, from, groupBy, lastValueFrom, mergeMap, scan, takeLast } from 'rxjs'
import { type Sink, type Source, StreamEnvironment, valueState } from 'tidemark'
import {
  checkTotal,
  clockMs,
  type KeyOrder,
  keyTable,
  type Measurement,
  type Sizes,
  type Workload,
} from '../workload.ts'

const rate = (records: number, startMs: number): Measurement => ({
  value: records / ((clockMs() - startMs) / 1_000),
  unit: 'records/s',
})

/** Gives the key table over and over; its position is a number, so it can be replayed. */
const tableSource = (table: readonly string[], records: number): Source<string> => ({
  kind: 'table',
  bounded: true,
  replayable: true,
  createReader(_context, restored) {
    let position = (restored as number | undefined) ?? 0
    return {
      poll(max) {
        if (position >= records) return { type: 'end' }
        const start = position % table.length
        const values = table.slice(start, Math.min(start + max, table.length, start + records - position))
        position += values.length
        return { type: 'records', values }
      },
      snapshot: () => position,
      close() {},
    }
  },
})

/** Takes the counts and only counts them. */
const lastCounts = (counted: { records: number }): Sink<number> => ({
  kind: 'count',
  stateful: false,
  createWriter: () => ({
    write(values) {
      counted.records += values.length
    },
    endOfData() {},
    snapshot: () => ({ state: undefined }),
    notifyCompleted() {},
    close() {},
  }),
})

interface Checkpoints {
  readonly dir: string
}

async function tidemark(sizes: Sizes, order: KeyOrder, checkpoints: Checkpoints | undefined): Promise<Measurement> {
  const { records, keys } = sizes
  const table = keyTable(keys, order)
  const counted = { records: 0 }
  const env = StreamEnvironment.create({
    freezeState: false,
    ...(checkpoints && {
      checkpoint: { intervalMs: 1_000, storage: { kind: 'filesystem', dir: checkpoints.dir } },
    }),
  })
  env
    .fromSource(tableSource(table, records))
    .uid('table')
    .keyBy((key) => key)
    .process({
      state: { count: valueState(0) },
      element(_key, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit(count)
      },
    })
    .uid('count')
    .sinkTo(lastCounts(counted))
  const start = clockMs()
  const job = await env.execute('keyed count')
  const { status, error } = await job.done
  const measured = rate(records, start)
  if (status !== 'FINISHED') throw new Error(`The job is ${status}: ${error?.message}`)
  checkTotal('tidemark', counted.records, records)
  return measured
}

async function loop({ records, keys }: Sizes, order: KeyOrder): Promise<Measurement> {
  const table = keyTable(keys, order)
  const counts = new Map<string, number>()
  const start = clockMs()
  for (let i = 0, at = 0; i < records; i++) {
    const key = table[at]!
    counts.set(key, (counts.get(key) ?? 0) + 1)
    if (++at === table.length) at = 0
  }
  const measured = rate(records, start)
  const total = [...counts.values()].reduce((a, b) => a + b, 0)
  checkTotal('the loop', total, records)
  return measured
}

async function rxjs({ records, keys }: Sizes): Promise<Measurement> {
  const table = keyTable(keys, 'cyclic')
  const used = Math.min(records, 5_000_000)
  const input = (function* () {
    for (let i = 0, at = 0; i < used; i++) {
      yield table[at]!
      if (++at === table.length) at = 0
    }
  })()
  const countOf = scan((count: number) => count + 1, 0)
  const start = clockMs()
  const last = await lastValueFrom(
    from(input).pipe(
      groupBy((key) => key),
      mergeMap((group) => group.pipe(countOf, takeLast(1))),
      collect(),
    ),
  )
  const measured = rate(used, start)
  const total = last.reduce((a, b) => a + b, 0)
  checkTotal('RxJS', total, used)
  return measured
}

async function withCheckpoints(sizes: Sizes, order: KeyOrder): Promise<Measurement> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  try {
    return await tidemark(sizes, order, { dir })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const everySecond = 'tidemark, a checkpoint to disk each second'

export const keyedCount: readonly Workload[] = [
  { name: 'loop', about: 'a hand-written loop over a Map', run: (sizes) => loop(sizes, 'cyclic') },
  { name: 'rxjs', about: 'RxJS groupBy + scan, no durability', run: rxjs },
  { name: 'tidemark', about: 'tidemark, no checkpoints', run: (sizes) => tidemark(sizes, 'cyclic', undefined) },
  { name: 'tidemark+checkpoints', about: everySecond, run: (sizes) => withCheckpoints(sizes, 'cyclic') },
  { name: 'loop-shuffled', about: 'the loop, keys in random order', run: (sizes) => loop(sizes, 'shuffled') },
  {
    name: 'tidemark-shuffled',
    about: `${everySecond}, keys in random order`,
    run: (sizes) => withCheckpoints(sizes, 'shuffled'),
  },
]
