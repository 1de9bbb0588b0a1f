/**
 * `npm run savepoint-fixtures -- <directory>`
 *
 * Writes one savepoint of every kind, as this version writes them, for later versions to read: `test/fixtures/savepoints/<version>`.
 * Run once per released version; what is there is not written again. `index.json` says what each is.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/index.ts'
import type { JobId } from '../../src/core/ids.ts'
import { createSession, type JobEvent, type JobHandle } from '../../src/index.ts'
import { openSavepoint, SavepointBuilder } from '../../src/savepoint/index.ts'
import { type FixtureProgram, fixtureProgram } from './program.ts'

export interface FixtureFacts {
  readonly name: string
  /** From the directory of the index. */
  readonly path: string
  /** Records that the source had given. */
  readonly records: number
  readonly parallelism: number
  /** Are some of the records on their way, and not in the state yet? */
  readonly inFlight: boolean
}

interface Run {
  readonly job: JobHandle
  readonly events: readonly JobEvent[]
  /** Lets the source go on to so many records, and waits until all have come to the sinks. */
  reach(records: number): Promise<void>
  /** The same, but waits for the first few only. */
  begin(records: number): Promise<void>
}

type Kind = Partial<FixtureProgram> & {
  readonly name: string
  readonly lmdb?: boolean
  readonly inFlight?: boolean
  /** Makes the snapshot, gives its path and how many records it covers. */
  readonly take: (run: Run) => Promise<readonly [path: string, records: number]>
}

const pointer = async ({ job, reach }: Run) => {
  await reach(100)
  return [await job.triggerSavepoint(), 100] as const
}
const copy = async ({ job, reach }: Run) => {
  await reach(100)
  return [await job.triggerSavepoint({ format: 'self-contained' }), 100] as const
}
/** Three checkpoints, so that there are changes to what was written first. */
const grown =
  (take: (run: Run) => Promise<readonly [string, number]>) =>
  async (run: Run): Promise<readonly [string, number]> => {
    for (const records of [60, 75, 90]) {
      await run.reach(records)
      await run.job.triggerCheckpoint()
    }
    return take(run)
  }

const kinds: readonly Kind[] = [
  { name: 'pointer', take: pointer },
  { name: 'pointer-inline', inlineStateBytes: 20 * 1024, take: pointer },
  { name: 'pointer-incremental', incremental: true, take: grown(pointer) },
  { name: 'pointer-parallelism-3', parallelism: 3, take: pointer },
  { name: 'self-contained', take: copy },
  { name: 'self-contained-incremental', incremental: true, take: grown(copy) },
  { name: 'self-contained-lmdb', lmdb: true, parallelism: 2, take: copy },
  {
    name: 'stop-suspend',
    take: async ({ job, reach }) => {
      await reach(100)
      return [await job.stop({ format: 'self-contained' }), 100]
    },
  },
  {
    name: 'stop-drain',
    take: async ({ job, reach }) => {
      await reach(100)
      return [await job.stop({ drain: true, format: 'self-contained' }), 100]
    },
  },
  {
    name: 'retained-checkpoint',
    take: async (run) => {
      await run.reach(100)
      await run.job.triggerCheckpoint()
      return [await newestPath(run), 100]
    },
  },
  {
    name: 'unaligned-checkpoint',
    unaligned: true,
    inFlight: true,
    batchRecords: 4,
    parallelism: 2,
    seen: () => void burn(0.4),
    take: async (run) => {
      await run.begin(400)
      await run.job.triggerCheckpoint()
      const path = await newestPath(run)
      const reader = await openSavepoint(path)
      for await (const { value } of reader.operatorState('records')) return [path, (value as { next: number }).next]
      throw new Error('The source has no state.')
    },
  },
]

async function newestPath({ events, job }: Run): Promise<string> {
  const completed = events.filter((event) => event.type === 'checkpoint-completed')
  const path = completed.at(-1)?.path
  if (path === undefined) throw new Error(`Job ${job.id} has completed no checkpoint.`)
  return path
}

/** Keeps the processor busy, as a slow function would. */
function burn(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

async function write(kind: Kind, base: string): Promise<FixtureFacts> {
  const { name, take, lmdb = false, inFlight = false, ...program } = kind
  const events: JobEvent[] = []
  const wakers: (() => void)[] = []
  let [limit, arrived] = [0, 0]
  const dir = join(base, name)
  const env = fixtureProgram({
    ...program,
    checkpoints: join(dir, 'checkpoints'),
    savepoints: join(dir, 'savepoints'),
    limit: () => limit,
    arrived: () => void arrived++,
    wakers,
  })
  const stateBackend = lmdb ? lmdbStateBackend({ dir: join(base, 'scratch') }) : heapStateBackend
  const session = createSession({ stateBackend })
  const jobId = Buffer.from(name.padEnd(16, '.').slice(-16)).toString('hex') as JobId
  const job = await session.submit(env, { jobId })
  job.events.subscribe((event) => void events.push(event))
  const release = (records: number): void => {
    limit = records
    for (const wake of wakers) wake()
  }
  // Only the keyed operator emits, one record for each.
  const arrivals = async (records: number): Promise<void> => {
    while (arrived < records) await pause(1)
  }
  const reach = async (records: number): Promise<void> => {
    release(records)
    await arrivals(records)
    await pause(50)
  }
  const begin = async (records: number): Promise<void> => {
    release(records)
    await arrivals(20)
  }
  for (let tries = 0; job.currentStatus !== 'RUNNING' && tries < 400; tries++) await pause(5)
  const [path, records] = await take({ job, events, reach, begin })
  await job.cancel()
  await session.close()
  return { name, path, records, parallelism: program.parallelism ?? 1, inFlight }
}

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('Say where the savepoints go: a directory for this version.')
if (existsSync(target)) throw new Error(`${target} is there: the savepoints of a version are written once.`)
const base = join(tmpdir(), 'tidemark-savepoints')
rmSync(base, { recursive: true, force: true })
mkdirSync(base, { recursive: true })
const index: FixtureFacts[] = []
for (const kind of kinds) index.push(await write(kind, base))

const bootstrapped = join(base, 'written-by-hand')
await SavepointBuilder.from(await openSavepoint(index[0]!.path)).write(bootstrapped)
index.push({ ...index[0]!, name: 'written-by-hand', path: bootstrapped })

rmSync(join(base, 'scratch'), { recursive: true, force: true })
mkdirSync(target, { recursive: true })
for (const entry of readdirSync(base)) cpSync(join(base, entry), join(target, entry), { recursive: true })
rmSync(base, { recursive: true, force: true })
const facts = index.map((fixture) => ({ ...fixture, path: relative(base, fixture.path) }))
writeFileSync(join(target, 'index.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
process.stdout.write(`${facts.map(({ name, path }) => `${name}: ${path}`).join('\n')}\n`)
