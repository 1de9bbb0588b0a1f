/** Stopping with a savepoint, with and without a drain: what is called, in what order, and what a failure at each step does. */
import { describe, expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { type Counted, countProgram, expectedCounts, shown } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { words } from './saved-count.ts'

const drains = [true, false] as const
const once = { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const
const rarely = { intervalMs: 1_000_000, minPauseMs: 1_000_000 }

/** Notes each snapshot and end of a sink; `commit` may throw. */
function noting<T>(sink: Sink<T>, notes: string[], commit: () => void = () => {}): Sink<T> {
  return {
    ...sink,
    createWriter(context, restored) {
      const writer = sink.createWriter(context, restored)
      return {
        ...writer,
        write: (values) => writer.write(values),
        endOfData: () => {
          notes.push('sink ends')
          return writer.endOfData()
        },
        snapshot: (checkpoint, kind) => {
          notes.push('sink snapshot')
          return writer.snapshot(checkpoint, kind)
        },
        notifyCompleted: (checkpoint) => {
          commit()
          return writer.notifyCompleted(checkpoint)
        },
        close: () => writer.close(),
      }
    },
  }
}

describe('the end of the data', () => {
  const arrangements = ['as one chain', 'with no chain', 'with a chain begun in the middle'] as const

  /** Three operators that note their end, arranged in one of the ways in which operators are chained. */
  function passing(source: Source<string>, sink: Sink<string>, notes: string[], how: (typeof arrangements)[number]) {
    const env = StreamEnvironment.create({ checkpoint: rarely, chaining: how !== 'with no chain' })
    const pass = (name: string) => ({
      output: '' as string,
      element: (word: string, ctx: { emit(word: string): void }) => ctx.emit(word),
      endOfData: () => void notes.push(`${name} ends`),
    })
    const middle = env.fromSource(source).process(pass('first')).process(pass('second'))
    if (how === 'with a chain begun in the middle') middle.startNewChain()
    middle.process(pass('third')).sinkTo(sink)
    return env
  }

  it.each(arrangements.flatMap((how) => drains.map((drain) => [how, drain] as const)))(
    'J11 is told to operators %s by a drain, and by nothing else (drain: %s)',
    async (how, drain) => {
      const notes: string[] = []
      const output: string[] = []
      const feed = new Feed(words)
      const process = new SimulatedProcess()
      const observed = await process.submit(passing(feed.source, noting(toArray(output), notes), notes, how))
      await observed.is('RUNNING')
      await process.until(() => feed.read === feed.size)
      await process.settle(observed.job.stop({ drain }))
      expect(observed.job.currentStatus).toBe('FINISHED')
      const ends = notes.filter((note) => note.endsWith('ends'))
      expect(ends).toEqual(drain ? ['first ends', 'second ends', 'third ends', 'sink ends'] : [])
      expect(output.toSorted()).toEqual(words.toSorted())
      const lengths = observed.job.graph.vertices.map(({ operators }) => operators.length)
      expect(lengths).toEqual({ 'as one chain': [5], 'with no chain': [1, 1, 1, 1, 1] }[how as string] ?? [2, 3])
    },
  )

  it.each(drains)('J11 is told to keyed operators and their keys by a drain only (drain: %s)', async (drain) => {
    const ends: string[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, [], { checkpoint: rarely }, { ends }))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    await process.settle(observed.job.stop({ drain }))
    expect(ends.toSorted()).toEqual(drain ? ['data', 'key be', 'key not', 'key or', 'key to'] : [])
  })

  it('J12 comes before the snapshot of a drain: the savepoint has what operators emit at the end', async () => {
    const notes: string[] = []
    const output: string[] = []
    const feed = new Feed(words)
    const program = (sink: Sink<string>) => {
      const env = StreamEnvironment.create({ checkpoint: rarely })
      const counted = env
        .fromSource(feed.source)
        .uid('words')
        .process({
          output: '' as string,
          element() {},
          endOfData: (ctx) => ctx.emit('the last words'),
        })
      counted.uid('last').sinkTo(sink).uid('out')
      return env
    }
    const process = new SimulatedProcess()
    const observed = await process.submit(program(noting(toArray(output), notes)))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(observed.job.stop({ drain: true }))
    expect(notes).toEqual(['sink ends', 'sink snapshot'])
    expect(output).toEqual(['the last words'])
    // A sink of its own takes them from the savepoint.
    const again: string[] = []
    const after = await process.submit(program(toArray(again)), { fromSavepoint: path })
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(again).toEqual(['the last words'])
  })
})

/** A stop of a job that has counted the words, where `label` fails once. */
async function stopping(label: string, drain: boolean, more: JobOptions = {}) {
  let failures = 0
  const fault = (operation: string) => (operation.includes(label) && failures-- > 0 ? new Error('torn') : undefined)
  const process = new SimulatedProcess({ fault })
  const feed = new Feed(words)
  const output: Counted[] = []
  const observed = await process.submit(
    countProgram(feed.source, output, { checkpoint: rarely, restart: once, ...more }),
  )
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  failures = 1
  const stopped = process.settle(observed.job.stop({ drain }))
  /** Does it run, and count on, exactly once? */
  const countsOn = async (attempt: number) => {
    await observed.is('RUNNING')
    feed.push('and', 'on')
    await process.until(() => feed.read === feed.size)
    await process.settle(observed.job.stop({ drain: true }))
    expect(observed.job.attempt).toBe(attempt)
    expect(shown(output)).toEqual(expectedCounts([...words, 'and', 'on']))
    expect(process.crashes).toEqual([])
  }
  return { process, observed, output, feed, stopped, countsOn }
}
const failed = { code: 'CHECKPOINT_FAILED', message: expect.stringContaining('torn') }

describe('a stop that fails before it has a savepoint', () => {
  it.each(drains)('J13 in a snapshot tells the client why, and the job runs again (drain: %s)', async (drain) => {
    const { process, observed, stopped, countsOn } = await stopping('persist', drain)
    await expect(stopped).rejects.toMatchObject(failed)
    await process.until(() => observed.of('restarting').length === 1)
    await countsOn(1)
  })

  it('J13 in a snapshot lets a job that tolerates it go on without a restart', async () => {
    const { observed, stopped, countsOn } = await stopping('persist', false, {
      checkpoint: { ...rarely, tolerableFailures: 1 },
    })
    await expect(stopped).rejects.toMatchObject(failed)
    expect(observed.of('restarting')).toEqual([])
    await countsOn(0)
  })

  it('J15 in the manifest of a drain tells the client, and restarts every subtask', async () => {
    const { process, observed, stopped, countsOn } = await stopping('store checkpoint', true, {
      checkpoint: { ...rarely, tolerableFailures: 5 },
    })
    await expect(stopped).rejects.toMatchObject({ ...failed, code: 'STORAGE_FAILED' })
    await process.until(() => observed.of('restarting').length === 1)
    await observed.is('RUNNING')
    expect([...observed.job.subtaskStatuses().values()].flat()).toEqual(['running', 'running'])
    await countsOn(1)
  })
})

describe('a stop that fails after its savepoint', () => {
  async function failingCommit(drain: boolean, restart: NonNullable<JobOptions['restart']>) {
    const feed = new Feed(words)
    const output: Counted[] = []
    let failures = 1
    const commit = () => {
      if (failures-- > 0) throw new Error('the sink is gone')
    }
    const sink = noting(toArray(output), [], commit)
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, output, { checkpoint: rarely, restart }, { sink }))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const stopped = process.settle(observed.job.stop({ drain }))
    return { process, observed, feed, output, stopped }
  }
  const path = 'jobmanager://savepoints/1'

  it.each(drains)('J14 tells the client at once, with the path, when the job restarts (drain: %s)', async (drain) => {
    const { process, observed, feed, output, stopped } = await failingCommit(drain, once)
    await expect(stopped).rejects.toMatchObject({
      code: 'STOP_INCOMPLETE',
      message: expect.stringMatching(/jobmanager:\/\/savepoints\/1.*RESTARTING.*the sink is gone/s),
      details: { path, status: 'RESTARTING' },
    })
    // What the drain covers is the end: the job ends with it. What was to be suspended runs on.
    if (drain) expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    else {
      await observed.is('RUNNING')
      feed.push('and')
      await process.until(() => feed.read === feed.size)
      await process.settle(observed.job.stop())
    }
    expect(shown(output)).toEqual(expectedCounts(drain ? words : [...words, 'and']))
    expect((await process.session.savepoints()).map((savepoint) => savepoint.path)).toContain(path)
  })

  it.each(drains)('J14 tells the client, with the path, when the job fails for good (drain: %s)', async (drain) => {
    const { process, observed, output, stopped } = await failingCommit(drain, { strategy: 'none' })
    await expect(stopped).rejects.toMatchObject({
      code: 'STOP_INCOMPLETE',
      details: { path, status: 'FAILED', failure: 'SINK_FAILED' },
    })
    expect(observed.job.currentStatus).toBe('FAILED')
    // The savepoint is whole: going on from it commits what the stop could not.
    const after = await process.submit(countProgram(new Feed(words).source, output, {}), { fromSavepoint: path })
    await after.is(drain ? 'FINISHED' : 'RUNNING')
    await process.until(() => output.length === words.length)
    expect(shown(output)).toEqual(expectedCounts(words))
  })

  it('J14 tells the client when the job was canceled meanwhile', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const slow = noting<Counted>(toArray([]), [])
    const sink: Sink<Counted> = {
      ...slow,
      createWriter: (context, restored) => ({
        ...slow.createWriter(context, restored),
        notifyCompleted: () => new Promise<void>(() => {}),
      }),
    }
    const observed = await process.submit(countProgram(feed.source, [], { checkpoint: rarely }, { sink }))
    await observed.is('RUNNING')
    const stopped = observed.job.stop()
    stopped.catch(() => {})
    await process.until(() => observed.of('savepoint-completed').length === 1)
    await process.settle(observed.job.cancel())
    await expect(stopped).rejects.toMatchObject({ code: 'STOP_INCOMPLETE', details: { path, status: 'CANCELED' } })
  })
})
