/**
 * The job of `main.ts`, in a process of its own: counts a key per record, with its state on disk, and compares every count
 * when the input has ended. Resumes from its newest checkpoint. Tells its parent what happens.
 */

import { lmdbStateBackend } from '../../src/backends/lmdb/index.ts'
import { createSession, type JobEvent, type Sink, type Source, StreamEnvironment, valueState } from '../../src/index.ts'
import { countOf, keyAt, type Load, numberOf, recordsOf } from './load.ts'

export type Report =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'sample'; readonly records: number; readonly heapBytes: number; readonly rssBytes: number }
  | { readonly type: 'end'; readonly status: string; readonly message: string | undefined; readonly found: Found }

export interface Found {
  keys: number
  wrong: number
  records: number
}

export interface Task extends Load {
  readonly dir: string
  readonly intervalMs: number
  /** Stand still after so many records, to be killed there. */
  readonly holdAt: number
}

const { dir, ...load } = JSON.parse(process.argv[2]!) as Task
const tell = (report: Report): void => void process.send!(report)
const records = recordsOf(load)
const found: Found = { keys: 0, wrong: 0, records: 0 }
let position = 0

const keys: Source<string> = {
  kind: 'keys',
  bounded: true,
  replayable: true,
  createReader(_context, restored) {
    position = (restored as number | undefined) ?? 0
    return {
      poll(max) {
        if (position >= records) return { type: 'end' }
        if (position >= load.holdAt) return { type: 'waiting' }
        const length = Math.min(max, records - position, load.holdAt - position)
        const first = position
        position += length
        return { type: 'records', values: Array.from({ length }, (_, i) => keyAt(load, first + i)) }
      },
      snapshot: () => position,
      close() {},
    }
  },
}

const nowhere: Sink<never> = {
  kind: 'nowhere',
  stateful: false,
  createWriter: () => ({
    write() {},
    endOfData() {},
    snapshot: () => ({ state: undefined }),
    notifyCompleted() {},
    close() {},
  }),
}

const env = StreamEnvironment.create({
  name: 'large state',
  freezeState: false,
  checkpoint: { intervalMs: load.intervalMs, incremental: true, timeoutMs: 3_600_000 },
})
env
  .fromSource(keys)
  .uid('keys')
  .keyBy((key) => key)
  .process({
    output: 0 as never,
    state: { count: valueState(0) },
    element(_key, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1)
    },
    endOfKey(ctx) {
      const count = ctx.state.count.value()
      found.keys++
      found.records += count
      if (count !== countOf(load, numberOf(ctx.key))) found.wrong++
    },
  })
  .uid('count')
  .sinkTo(nowhere)
  .uid('nowhere')

const session = createSession({
  stateBackend: lmdbStateBackend({ dir: `${dir}/scratch` }),
  checkpointStorage: { kind: 'filesystem', dir: `${dir}/checkpoints` },
})
const job = await session.submit(env, { resume: true })
job.events.subscribe((event) => tell({ type: 'event', event }))
const sampling = setInterval(() => {
  const { heapUsed, rss } = process.memoryUsage()
  tell({ type: 'sample', records: position, heapBytes: heapUsed, rssBytes: rss })
}, 200)
const { status, error } = await job.done
clearInterval(sampling)
tell({ type: 'end', status, message: error?.message, found })
await session.close()
process.disconnect()
