/**
 * The program behind the savepoints that are kept for later versions, and what must be in them: computed here, from the number
 * of records alone, by no code of tidemark.
 *
 * Once a version is released, what this program declares for that version's savepoints must not change.
 */
import {
  aggregatingState,
  broadcastState,
  listState,
  mapState,
  operatorListState,
  reducingState,
  type Sink,
  type Source,
  StreamEnvironment,
  unionListState,
  valueState,
} from '../../src/index.ts'

export interface FixtureRecord {
  readonly key: string
  readonly value: number
}

export const keyCount = 17
/** Timers that never come due while a fixture is written or read: the year 2100. */
export const timerBaseMs = 4_102_444_800_000

export const recordAt = (index: number): FixtureRecord => ({ key: `key-${index % keyCount}`, value: index })

export interface FixtureProgram {
  readonly parallelism?: number
  readonly incremental?: boolean
  readonly unaligned?: boolean
  /** 0: all state in files. */
  readonly inlineStateBytes?: number
  readonly batchRecords?: number
  readonly checkpoints: string
  readonly savepoints: string
  /** How many records the source gives before it falls silent. Asked again whenever `wake` was called. */
  readonly limit: () => number
  readonly bounded?: boolean
  /** Called with what arrives at the sink. */
  readonly arrived?: (value: unknown) => void
  /** Called for each record of the keyed operator: to make it slow. */
  readonly seen?: () => void
  readonly wakers?: (() => void)[]
}

export function fixtureProgram(options: FixtureProgram): StreamEnvironment {
  const { parallelism = 1, incremental = false, unaligned = false, inlineStateBytes = 0 } = options
  const env = StreamEnvironment.create({
    name: 'fixture',
    parallelism,
    maxParallelism: 32,
    ...(options.batchRecords !== undefined && { batchRecords: options.batchRecords }),
    checkpoint: {
      incremental,
      unaligned,
      inlineStateBytes,
      retention: 'retain-on-cancellation',
      storage: { kind: 'filesystem', dir: options.checkpoints },
    },
    savepoint: { kind: 'filesystem', dir: options.savepoints },
    restart: { strategy: 'none' },
  })
  const records = env.fromSource(silentSource(options)).uid('records')
  records
    .keyBy(({ key }) => key)
    .process({
      output: '',
      state: {
        count: valueState(0, { version: 1 }),
        values: listState<number>(),
        residues: mapState<number, bigint>(),
        sum: reducingState<number>((a, b) => a + b),
        mean: aggregatingState({
          createAccumulator: () => ({ sum: 0, n: 0 }),
          add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
          getResult: ({ sum, n }) => sum / n,
        }),
        session: valueState<string>('', { ttl: { ms: 3_000_000_000_000 } }),
        removed: valueState(0),
      },
      element({ value }, ctx) {
        options.seen?.()
        const { count, values, residues, sum, mean, session, removed } = ctx.state
        count.update(count.value() + 1)
        values.add(value)
        residues.put(value % 3, (residues.get(value % 3) ?? 0n) + 1n)
        sum.add(value)
        mean.add(value)
        session.update(`last ${value}`)
        if (count.value() % 2 === 0) removed.clear()
        else removed.update(value)
        ctx.timers.registerProcessingTime(timerBaseMs + value)
        ctx.emit(`${ctx.key} ${value}`)
      },
      timer() {},
    })
    .uid('by key')
    .sinkTo(listeningSink(options.arrived ?? (() => {})))
    .uid('out')
  records
    .rebalance()
    .process({
      output: '',
      operatorState: {
        buffer: operatorListState<number>(),
        seen: unionListState<number>(),
        rules: broadcastState<string, number>(),
      },
      open(ctx) {
        ctx.operatorState.rules.put('limit', 5)
        // After a restore everybody has what all had: one keeps it.
        if (ctx.subtaskIndex > 0) ctx.operatorState.seen.clear()
      },
      element({ value }, ctx) {
        ctx.operatorState.buffer.add(value)
        if (value % 10 === 0) ctx.operatorState.seen.add(value)
      },
    })
    .uid('by subtask')
    .sinkTo(listeningSink(options.arrived ?? (() => {})))
    .uid('nothing')
  return env
}

/** One value per subtask: state that is whole. */
function silentSource({ limit, bounded = false, wakers = [] }: FixtureProgram): Source<FixtureRecord> {
  return {
    kind: 'silent',
    bounded,
    replayable: true,
    parallelism: 1,
    createReader(context, restored) {
      let next = (restored as { readonly next: number } | undefined)?.next ?? 0
      wakers.push(() => context.wake())
      return {
        poll(max) {
          const size = Math.min(max, limit() - next)
          if (size <= 0) return { type: bounded ? 'end' : 'waiting' }
          const values = Array.from({ length: size }, (_, i) => recordAt(next + i))
          next += size
          return { type: 'records', values }
        },
        snapshot: () => ({ next }),
        close() {},
      }
    },
  }
}

const listeningSink = (arrived: (value: unknown) => void): Sink<unknown> => ({
  kind: 'listening',
  stateful: false,
  createWriter: () => ({
    write: (values) => values.forEach(arrived),
    endOfData() {},
    snapshot: () => ({ state: undefined }),
    notifyCompleted() {},
    close() {},
  }),
})

/** What the keyed operator holds of one key after the first `records` records. */
export interface KeyModel {
  readonly count: number
  readonly values: readonly number[]
  readonly residues: ReadonlyMap<number, bigint>
  readonly sum: number
  readonly mean: { readonly sum: number; readonly n: number }
  readonly session: string
  readonly removed: number | undefined
  readonly timers: readonly number[]
}

export function keysAfter(records: number): ReadonlyMap<string, KeyModel> {
  const byKey = new Map<string, number[]>()
  for (let index = 0; index < records; index++) {
    const { key, value } = recordAt(index)
    byKey.set(key, [...(byKey.get(key) ?? []), value])
  }
  return new Map([...byKey].map(([key, values]) => [key, modelOf(values)]))
}

function modelOf(values: readonly number[]): KeyModel {
  const sum = values.reduce((a, b) => a + b, 0)
  const residues = new Map<number, bigint>()
  for (const value of values) residues.set(value % 3, (residues.get(value % 3) ?? 0n) + 1n)
  return {
    count: values.length,
    values,
    residues,
    sum,
    mean: { sum, n: values.length },
    session: `last ${values.at(-1)}`,
    removed: values.length % 2 === 0 ? undefined : values.at(-1),
    timers: values.map((value) => timerBaseMs + value),
  }
}

/** The lists of the operator without keys, over all its subtasks. */
export const listsAfter = (records: number) => {
  const values = Array.from({ length: records }, (_, index) => index)
  return { buffer: values, seen: values.filter((value) => value % 10 === 0) }
}
