/**
 * The job of `main.ts`, in a process of its own: every kind of state, timers, two sources and exactly-once files.
 *
 * What comes out is one fixed multiset of lines, whatever the parallelism, the interleaving and the time: each line is written
 * once per key or per registered timer, and what each subtask knows for itself is joined under one key before it is written.
 * It is told by `main.ts` to stop with a savepoint, or killed.
 */
import { join } from 'node:path'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/index.ts'
import {
  aggregatingState,
  broadcastState,
  createSession,
  generate,
  type JobEvent,
  lines,
  listState,
  mapState,
  operatorListState,
  reducingState,
  StreamEnvironment,
  StreamError,
  toFile,
  unionListState,
  valueState,
} from '../../src/index.ts'
import { heldSource } from './held-source.ts'

export interface Task {
  readonly dir: string
  readonly backend: 'heap' | 'lmdb'
  readonly parallelism: number
  readonly records: number
  readonly ratePerSecond: number
  /** The source stands still after so many records of this process, so that its end does not come too soon. */
  readonly holdAfter: number | undefined
  readonly from: { readonly fromSavepoint: string } | { readonly resume: true } | undefined
}

export type Report =
  | { readonly type: 'event'; readonly event: JobEvent['type'] }
  /** The generator's records so far, in this process. */
  | { readonly type: 'progress'; readonly records: number }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'stopped'; readonly path: string }
  | { readonly type: 'end'; readonly status: string; readonly message: string | undefined }

export type Order = { readonly type: 'stop'; readonly format: 'pointer' | 'self-contained'; readonly id: string }

export const keysOf = (records: number): number => Math.max(8, Math.ceil(records / 25))

const ruleCount = 20

function programOf(task: Task, heard: () => void): StreamEnvironment {
  const { dir, parallelism, records, ratePerSecond } = task
  const env = StreamEnvironment.create({
    name: 'rescale',
    parallelism,
    checkpoint: { intervalMs: 80, storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } },
    savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
    restart: { strategy: 'none' },
  })
  const keys = keysOf(records)
  const made = generate({
    count: records,
    ratePerSecond,
    at: (index) => {
      heard()
      return { key: `key-${(index * 7) % keys}`, value: index }
    },
  })
  const numbers = env.fromSource(heldSource(made, { after: task.holdAfter, parallelism })).uid('numbers')
  const rules = env
    .fromSource(
      generate({ count: ruleCount, ratePerSecond: (ruleCount * ratePerSecond) / records, at: (index) => index }),
    )
    .uid('rules')

  const byKey = numbers
    .keyBy(({ key }) => key)
    .process({
      output: '',
      state: {
        count: valueState(0),
        recent: listState<number>(),
        residues: mapState<number, number>(),
        largest: reducingState<number>((a, b) => Math.max(a, b)),
        mean: aggregatingState({
          createAccumulator: () => ({ sum: 0, n: 0 }),
          add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
          getResult: ({ sum, n }) => sum / n,
        }),
        waiting: mapState<number, number>(),
      },
      element({ value }, ctx) {
        const { count, recent, residues, largest, mean, waiting } = ctx.state
        count.update(count.value() + 1)
        recent.add(value % 1_000)
        residues.put(value % 3, (residues.get(value % 3) ?? 0) + 1)
        largest.add(value)
        mean.add(value)
        // Every fourth record asks for a timer: some are due at once, some later, and some not before the input has ended.
        if (value % 4 !== 0) return
        const atMs = ctx.now() + (value % 5) * 150
        waiting.put(atMs, (waiting.get(atMs) ?? 0) + 1)
        ctx.timers.registerProcessingTime(atMs)
        ctx.emit(`asked ${ctx.key}`)
      },
      timer(atMs, ctx) {
        const asked = ctx.state.waiting.get(atMs)
        if (asked === undefined) ctx.emit(`timer fired twice for ${ctx.key}`)
        ctx.state.waiting.remove(atMs)
        for (let i = 0; i < (asked ?? 0); i++) ctx.emit(`answered ${ctx.key}`)
      },
      endOfKey(ctx) {
        const { count, recent, residues, largest, mean, waiting } = ctx.state
        for (const asked of waiting.values()) for (let i = 0; i < asked; i++) ctx.emit(`answered ${ctx.key}`)
        const list = [...recent.get()].sort((a, b) => a - b)
        const map = [0, 1, 2].map((residue) => residues.get(residue) ?? 0)
        ctx.emit(`${ctx.key}: ${count.value()} | ${list} | ${map} | ${largest.get()} | ${mean.get()?.toFixed(3)}`)
      },
    })
    .uid('by key')
    .keyBy((line) => line)
    .process({
      output: '',
      state: { times: valueState(0) },
      element(_line, ctx) {
        ctx.state.times.update(ctx.state.times.value() + 1)
      },
      endOfKey: (ctx) => ctx.emit(`${ctx.key} × ${ctx.state.times.value()}`),
    })
    .uid('times')

  const bySubtask = numbers
    .rebalance()
    .connect(rules.broadcast())
    .process({
      output: {} as { about: string; n: number },
      operatorState: {
        buffer: operatorListState<number>(),
        seen: unionListState<{ subtask: number; n: number }>(),
        rules: broadcastState<number, string>(),
      },
      open(ctx) {
        // Everybody is given what all have seen: one keeps the sum, the others begin anew.
        const { seen } = ctx.operatorState
        const total = seen.get().reduce((sum, { n }) => sum + n, 0)
        seen.update([{ subtask: ctx.subtaskIndex, n: ctx.subtaskIndex === 0 ? total : 0 }])
      },
      element1({ value }, ctx) {
        const { buffer, seen } = ctx.operatorState
        seen.update([{ subtask: ctx.subtaskIndex, n: (seen.get()[0]?.n ?? 0) + 1 }])
        buffer.add(value)
        if (buffer.get().length < 50) return
        for (const n of buffer.get()) ctx.emit({ about: 'buffered', n })
        buffer.clear()
      },
      element2(rule, ctx) {
        ctx.operatorState.rules.put(rule, `rule ${rule}`)
      },
      endOfData(ctx) {
        const { buffer, seen, rules: known } = ctx.operatorState
        for (const n of buffer.get()) ctx.emit({ about: 'buffered', n })
        buffer.clear()
        ctx.emit({ about: 'seen', n: seen.get()[0]?.n ?? 0 })
        const texts = [...known.entries()].sort(([a], [b]) => a - b).map(([, text]) => text)
        ctx.emit({ about: `rules known: ${texts.join(', ')}`, n: 0 })
      },
    })
    .uid('by subtask')
    .keyBy(({ about }) => about)
    .process({
      output: '',
      state: { sum: valueState(0), times: valueState(0) },
      element({ n }, ctx) {
        ctx.state.sum.update(ctx.state.sum.value() + n)
        ctx.state.times.update(ctx.state.times.value() + 1)
      },
      endOfKey(ctx) {
        const times = ctx.key === 'buffered' ? `, ${ctx.state.times.value()} times` : ''
        ctx.emit(`${ctx.key}: ${ctx.state.sum.value()}${times}`)
      },
    })
    .uid('sums')

  const words = env
    .fromSource(lines(join(dir, 'text/*.txt'), { splitBytes: 4_000 }))
    .uid('text')
    .map((line) => `line ${line}`)
  byKey
    .union(bySubtask, words)
    .sinkTo(toFile(join(dir, 'out'), { format: 'text' }))
    .uid('out')
  return env
}

const task = JSON.parse(process.argv[2]!) as Task
const tell = (report: Report): void => void process.send!(report)
let made = 0
const env = programOf(task, () => {
  made++
  if (made % 50 === 0) tell({ type: 'progress', records: made })
})
const session = createSession({
  stateBackend: task.backend === 'lmdb' ? lmdbStateBackend({ dir: join(task.dir, 'scratch') }) : heapStateBackend,
  log: (level, message) => level !== 'info' && tell({ type: 'warning', message }),
})
const job = await session.submit(env, task.from).catch((error: unknown) => {
  if (!(error instanceof StreamError)) throw error
  // Killed when it had noted its end: nothing is left to do.
  const finished = error.code === 'JOB_FINISHED'
  tell({ type: 'end', status: finished ? 'FINISHED' : 'REFUSED', message: finished ? undefined : error.message })
  process.exit(0)
})
job.events.subscribe(({ type }) => tell({ type: 'event', event: type }))
process.on('message', ({ format, id }: Order) => {
  job.stop({ format, triggerId: id }).then(
    (path) => tell({ type: 'stopped', path }),
    (error: unknown) => tell({ type: 'end', status: 'NOT STOPPED', message: String(error) }),
  )
})
const { status, error } = await job.done
await session.close()
tell({ type: 'end', status, message: error?.message })
process.disconnect()
