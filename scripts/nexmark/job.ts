/**
 * One process of the verification: a query over generated events into exactly-once files, with checkpoints all the time. The
 * first process of a query is killed; the second one goes on, stops with a savepoint and finishes from it at another
 * parallelism.
 */
import { join } from 'node:path'
import type { NexmarkOptions } from '../../examples/nexmark/generator.ts'
import { queries } from '../../examples/nexmark/queries.ts'
import { inEventTime, nexmarkSource } from '../../examples/nexmark/source.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/index.ts'
import { createSession, type SessionJob, StreamEnvironment, type SubmitOptions, toFile } from '../../src/index.ts'
import { heldSource } from '../rescale/held-source.ts'
import type { Backend } from './arguments.ts'
import { lineOf } from './expected-rows.ts'

export interface Task extends NexmarkOptions {
  readonly query: string
  readonly dir: string
  readonly backend: Backend
  readonly parallelism: number
  /** Go on after the first process, and to the end? */
  readonly second: boolean
  /** The process is interrupted behind a checkpoint of its own, between half as many of its events and so many. */
  readonly interruptBy: number
  /** And so much later. */
  readonly delayMs: number
  readonly savepointFormat: 'pointer' | 'self-contained'
  /** After the savepoint. */
  readonly nextParallelism: number
}

export type Report =
  | { readonly type: 'warning'; readonly message: string }
  /** Now it may be killed. */
  | { readonly type: 'due' }
  | { readonly type: 'stopped' }
  | { readonly type: 'end'; readonly status: string; readonly message: string | undefined }

const checkpointEveryMs = 60

const task = JSON.parse(process.argv[2]!) as Task
const query = queries.find(({ name }) => name === task.query)!
const tell = (report: Report): void => void process.send!(report)
const session = createSession({
  stateBackend: task.backend === 'lmdb' ? lmdbStateBackend({ dir: join(task.dir, 'scratch') }) : heapStateBackend,
  log: (level, message) => level !== 'info' && tell({ type: 'warning', message }),
})

interface Leg {
  readonly parallelism: number
  /** The source stands still after so many events, so that its end does not come too soon. */
  readonly holdAfter: number | undefined
  readonly from: SubmitOptions
}

interface Run {
  readonly job: SessionJob
  /** Half of the events that it may have are given, and there is a checkpoint behind which it can go on. */
  readonly due: Promise<void>
}

async function start({ parallelism, holdAfter, from }: Leg): Promise<Run> {
  const { dir } = task
  const env = StreamEnvironment.create({
    name: query.name,
    parallelism,
    checkpoint: { intervalMs: checkpointEveryMs, storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } },
    savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
    restart: { strategy: 'none' },
    autoWatermarkIntervalMs: 20,
  })
  let given = 0
  const heard = (events: number): void => {
    given += events
  }
  const source = heldSource(nexmarkSource(task), { after: holdAfter, parallelism, heard })
  query
    .build(inEventTime(env.fromSource(source).uid('events')))
    .sinkTo(toFile(join(dir, 'out'), { format: (row) => lineOf(query, row) }))
    .uid('out')
  const job = await session.submit(env, from)
  const due = new Promise<void>((resolve) => {
    job.events.subscribe(({ type }) => type === 'checkpoint-completed' && given * 2 >= holdAfter! && resolve())
  })
  return { job, due }
}

/** Gives the status at the end. */
async function live(): Promise<string> {
  const { parallelism, second, interruptBy, delayMs, savepointFormat, nextParallelism } = task
  const { job, due } = await start({ parallelism, holdAfter: interruptBy, from: { resume: second } })
  const early = await Promise.race([due, job.done])
  if (early !== undefined) throw early.error ?? new Error('The input ended before it was interrupted.')
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  tell({ type: 'due' })
  if (!second) await new Promise(() => {})

  const fromSavepoint = await job.stop({ format: savepointFormat })
  tell({ type: 'stopped' })
  const last = await start({ parallelism: nextParallelism, holdAfter: undefined, from: { fromSavepoint } })
  const { status, error } = await last.job.done
  if (error !== undefined) throw error
  return status
}

try {
  tell({ type: 'end', status: await live(), message: undefined })
} catch (error) {
  tell({ type: 'end', status: 'FAILED', message: error instanceof Error ? error.message : String(error) })
}
await session.close()
process.disconnect()
