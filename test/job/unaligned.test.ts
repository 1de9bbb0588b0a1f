/**
 * Whole jobs whose checkpoints overtake records: under back pressure, killed anywhere and resumed, switched by a time-out.
 * The sink of these jobs is slow: it takes a record only when the test, or the seed, lets it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { StepSeen } from '../../src/actors/tap.ts'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import type { SubtaskState } from '../../src/core/state-handles.ts'
import type { Storages } from '../../src/job/storages.ts'
import type { Sink } from '../../src/operators/endpoints.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import { SimulatedProcess } from './simulated-process.ts'

interface Counted {
  readonly key: string
  readonly index: number
  readonly count: number
  readonly copy: number
}

const records = 240
const copies = 3
const keys = ['a', 'b', 'c', 'd', 'e']
const keyOf = (index: number): string => keys[index % keys.length]!

function program(sink: Sink<Counted>, checkpoint: CheckpointOptions, faults: Story) {
  const env = StreamEnvironment.create({
    name: 'unaligned',
    parallelism: 2,
    batchRecords: 2,
    checkpoint: { tolerableFailures: 1_000, ...checkpoint },
    restart: { strategy: 'fixed-delay', attempts: 100, delayMs: 10 },
  })
  const from = (first: number, count: number) => generate({ count, at: (index) => first + index })
  env
    .fromSource(from(0, records / 4))
    .uid('short')
    .union(env.fromSource(from(records / 4, (3 * records) / 4)).uid('long'))
    .keyBy(keyOf)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(index, ctx) {
        faults.pass()
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        // Three for one: who comes next cannot keep up, so its inputs are always full.
        for (let copy = 0; copy < copies; copy++) ctx.emit({ key: ctx.key, index, count, copy })
      },
    })
    .uid('count')
    .keyBy(({ index }) => index % 7)
    .process({
      output: {} as Counted,
      state: { seen: valueState<number>(0) },
      element(counted, ctx) {
        ctx.state.seen.update(ctx.state.seen.value() + 1)
        faults.processed++
        ctx.emit(counted)
      },
    })
    .uid('seen')
    .sinkTo(sink)
    .uid('out')
  return env
}

/** Each copy of each record once, and each key counted from one without a gap. */
function problemsOf(output: readonly Counted[]): string[] {
  const got = new Map<string, number>()
  for (const { key, index, count, copy } of output) {
    for (const one of [`record ${index}, copy ${copy}`, `count ${count} of ${key}, copy ${copy}`]) {
      got.set(one, (got.get(one) ?? 0) + 1)
    }
  }
  const wanted = Array.from({ length: records * copies }, (_, n) => {
    const index = Math.floor(n / copies)
    const count = Math.floor(index / keys.length) + 1
    return [`record ${index}, copy ${n % copies}`, `count ${count} of ${keyOf(index)}, copy ${n % copies}`]
  }).flat()
  const problems = wanted.filter((one) => got.get(one) !== 1).map((one) => `${one} came ${got.get(one) ?? 0} times`)
  return got.size === wanted.length ? problems : [...problems, `${got.size} different ones, not ${wanted.length}`]
}

/** What happened to one program over all its processes, and when it throws. */
class Story {
  readonly #throwAt: number[]
  #passed = 0
  /** Records that the slow operator has processed. */
  processed = 0
  resumed = 0
  overtaken = 0
  promoted = 0
  channelStates = 0
  /** Records that the slow operator processed between the trigger of each checkpoint and its last snapshot. */
  readonly waits = new Map<number, number>()
  readonly #triggered = new Map<number, number>()

  constructor(throwAt: readonly number[]) {
    this.#throwAt = [...throwAt]
  }

  pass(): void {
    if (++this.#passed < (this.#throwAt[0] ?? Number.POSITIVE_INFINITY)) return
    this.#throwAt.shift()
    throw new Error('as planned')
  }

  readonly tap = ({ event, effects }: StepSeen): void => {
    const id = (event as { readonly checkpointId?: number }).checkpointId ?? 0
    if (event.type === 'checkpoint.triggered' && !this.#triggered.has(id)) this.#triggered.set(id, this.processed)
    for (const { type, params } of effects) {
      if (type === 'recordOvertaken') this.overtaken++
      if (type === 'promoteBarriers') this.promoted++
      if (type !== 'takeSnapshot') continue
      const { checkpointId } = params as { readonly checkpointId: number }
      this.waits.set(checkpointId, this.processed - this.#triggered.get(checkpointId)!)
    }
    if (event.type === 'snapshot.stored') {
      this.channelStates += (event as unknown as { state: SubtaskState }).state.inFlight?.length ?? 0
    }
  }

  get meanWait(): number {
    const waits = [...this.waits.values()]
    return waits.reduce((sum, one) => sum + one, 0) / waits.length
  }
}

const dirs: string[] = []
const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-unaligned-'))
  dirs.push(dir)
  return dir
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

interface Plan {
  readonly checkpoint: CheckpointOptions
  /** After how many steps each process dies. */
  readonly deaths?: readonly number[]
  /** At which call, counted over all processes, the program throws. */
  readonly throwAt?: readonly number[]
}

/** Runs the job to its end, through the deaths of its processes. */
async function run(seed: number, { checkpoint, deaths = [], throwAt = [] }: Plan) {
  const output: Counted[] = []
  // It remembers what it has handed over, as a database would, so all processes share it.
  const sink = toArray(output)
  const story = new Story(throwAt)
  const environment = program(sink, checkpoint, story)
  let storages: Storages | undefined
  for (let n = 0; ; n++) {
    const options = { seed: seed * 100 + n, tap: story.tap, lateness: true, ...(storages && { storages }) }
    const process = new SimulatedProcess(options)
    storages = process.storages
    const observed = await process.submit(environment, { resume: n > 0 }).catch((error: unknown) => {
      const { code } = error as { readonly code?: string }
      if (code === 'JOB_FINISHED') return undefined
      if (code === 'CHECKPOINT_NOT_FOUND') return process.submit(environment)
      throw error
    })
    if (observed === undefined) return { output, story }
    if (observed.job.checkpointStats().restored !== undefined) story.resumed++
    const death = deaths[n] ?? Number.POSITIVE_INFINITY
    await process.until(() => observed.job.endedAt !== undefined || process.simulated.steps >= death, 1_000_000)
    expect(process.crashes).toEqual([])
    if (observed.job.endedAt === undefined) continue
    expect((await observed.job.done).status).toBe('FINISHED')
    return { output, story }
  }
}

const seeds = Array.from({ length: 24 }, (_, index) => index + 1)
const few = seeds.slice(0, 6)
/** Somewhere in the first half of the run, anywhere in what is left, and soon after a resume. */
const deathsOf = (seed: number) => [200 + ((131 * seed) % 900), 100 + ((277 * seed) % 700), 60 + ((53 * seed) % 200)]
const throwsOf = (seed: number) => (seed % 3 === 0 ? [40 + seed, 300] : [])
const unaligned = { intervalMs: 4, unaligned: true, inlineStateBytes: 0 }

describe('exactly once with unaligned checkpoints', () => {
  it.each(seeds)('through deaths and failures (seed %i)', async (seed) => {
    const { output, story } = await run(seed, {
      checkpoint: unaligned,
      deaths: deathsOf(seed),
      throwAt: throwsOf(seed),
    })
    expect(problemsOf(output)).toEqual([])
    expect(story.channelStates).toBeGreaterThan(10)
    expect(story.resumed).toBeGreaterThan(0)
  })

  it.each(few)('with checkpoints on disk (seed %i)', async (seed) => {
    const storage = { kind: 'filesystem', dir: temporary() } as const
    const { output, story } = await run(seed, { checkpoint: { ...unaligned, storage }, deaths: deathsOf(seed) })
    expect(problemsOf(output)).toEqual([])
    expect(story.channelStates).toBeGreaterThan(10)
  })

  it.each(seeds.slice(0, 12))('when only some of them have to overtake (seed %i)', async (seed) => {
    const { output, story } = await run(seed, {
      checkpoint: { ...unaligned, alignedTimeoutMs: 1 + (seed % 3) },
      deaths: deathsOf(seed),
      throwAt: throwsOf(seed),
    })
    expect(problemsOf(output)).toEqual([])
    expect(story.promoted).toBeGreaterThan(0)
  })
})

describe('under back pressure', () => {
  it.each(few)('the snapshots come long before what is queued has been processed (seed %i)', async (seed) => {
    const aligned = await run(seed, { checkpoint: { intervalMs: 4 } })
    const overtaking = await run(seed, { checkpoint: unaligned })
    expect([aligned.story.overtaken, aligned.story.channelStates]).toEqual([0, 0])
    expect(overtaking.story.meanWait).toBeLessThan(aligned.story.meanWait / 3)
  })

  it('a time-out that is not reached changes nothing', async () => {
    const { story } = await run(1, { checkpoint: { ...unaligned, alignedTimeoutMs: 60_000 } })
    expect([story.overtaken, story.promoted, story.channelStates]).toEqual([0, 0, 0])
  })
})

/** A process with an unaligned checkpoint that found records on their way; the path of that checkpoint. */
async function withRecordsOnTheirWay(storage: NonNullable<CheckpointOptions['storage']>) {
  const story = new Story([])
  const checkpoint = { ...unaligned, storage, retained: 100, retention: 'retain-on-cancellation' } as const
  const process = new SimulatedProcess({ seed: 5, lateness: true })
  const observed = await process.submit(program(toArray([]), checkpoint, story))
  const found = async () => {
    for (const { path } of observed.of('checkpoint-completed')) {
      const { manifest } = await process.storages.find(path)
      if (manifest.operators.some(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight))) return path
    }
    return undefined
  }
  for (let path = await found(); ; path = await found()) {
    if (path !== undefined) return { process, observed, path, checkpoint }
    await observed.completes(1)
  }
}

describe('a snapshot with records on their way', () => {
  it.each(['filesystem', 'jobmanager'] as const)('is a starting point for another job (%s)', async (kind) => {
    const storage = kind === 'filesystem' ? { kind, dir: temporary() } : { kind }
    const { process, observed, path, checkpoint } = await withRecordsOnTheirWay(storage)
    const completed = observed.of('checkpoint-completed').find((one) => one.path === path)!
    expect(completed.inFlightBytes).toBeGreaterThan(0)
    expect(completed.inFlightBytes).toBeLessThan(completed.stateBytes)
    const { operators } = (await process.storages.find(path)).manifest
    expect(operators.some(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight !== undefined))).toBe(true)
    const output: Counted[] = []
    const next = new SimulatedProcess({ seed: 6, ...(kind === 'jobmanager' && { storages: process.storages }) })
    const again = await next.submit(program(toArray(output), checkpoint, new Story([])), { fromSavepoint: path })
    expect((await again.done()).status).toBe('FINISHED')
    // The array has what the sinks still owed and all that came later; counts go on from the restored state.
    expect(new Set(output.map(({ index, copy }) => `${index} ${copy}`)).size).toBe(output.length)
    expect(Math.max(...output.map(({ count }) => count))).toBe(records / keys.length)
    expect(output.length).toBeGreaterThan(0)
  })

  it('is never a savepoint', async () => {
    const story = new Story([])
    const process = new SimulatedProcess({ seed: 7 })
    const observed = await process.submit(program(toArray([]), { unaligned: true }, story))
    await process.until(() => story.processed > 50)
    const path = await process.settle(observed.job.triggerSavepoint())
    expect(story.processed).toBeLessThan(records * copies)
    const { manifest } = await process.storages.find(path)
    expect(manifest.kind).toBe('savepoint')
    expect(manifest.operators.flatMap(({ subtasks }) => subtasks.flatMap(({ inFlight = [] }) => inFlight))).toEqual([])
  })

  it('is refused by a program without the channel they were in', async () => {
    const { path, process, checkpoint } = await withRecordsOnTheirWay({ kind: 'jobmanager' })
    const other = StreamEnvironment.create({ name: 'unaligned', parallelism: 2, checkpoint })
    const source = other.fromSource(generate({ count: 1, at: (index) => index })).uid('long')
    const count = source
      .keyBy(keyOf)
      .process({
        output: {} as Counted,
        state: { count: valueState<number>(0) },
        element: (index, ctx) => ctx.emit({ key: ctx.key, index, count: 0, copy: 0 }),
      })
      .uid('count')
    count.sinkTo(toArray<Counted>([])).uid('out')
    const submitted = process.submit(other, { fromSavepoint: path, allowNonRestoredState: true })
    await expect(process.settle(submitted)).rejects.toMatchObject({ code: 'RESTORE_CHANNEL_MISMATCH' })
  })
})
