import { describe, expect, it } from 'vitest'
import { fromCollection } from '../../src/connectors/collection.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const seeds = Array.from({ length: 20 }, (_, i) => i + 1)

describe('a bounded job', () => {
  it.each(seeds)('ends with a checkpoint of its own, long before the next interval (seed %i)', async (seed) => {
    const output: Counted[] = []
    const ends: string[] = []
    const process = new SimulatedProcess({ seed })
    const options = { parallelism: 2, checkpoint: { intervalMs: 10_000_000, minPauseMs: 5_000_000 } }
    const observed = await process.submit(countProgram(fromCollection(words), output, options, { ends }))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(observed.completed).toEqual([1])
    expect(process.simulated.clock.now()).toBeLessThan(5_000_000)
    expect(ends.toSorted()).toEqual(['data', 'data', 'key be', 'key not', 'key or', 'key to'])
  })

  it('without checkpoints commits at its end and ends at once', async () => {
    const output: Counted[] = []
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(fromCollection(words), output, { parallelism: 2 }))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(observed.completed).toEqual([])
  })

  it('without records ends too', async () => {
    for (const checkpoint of [{}, { intervalMs: 1_000 }]) {
      const process = new SimulatedProcess()
      const observed = await process.submit(countProgram(fromCollection<string>([]), [], { checkpoint }))
      expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    }
  })

  it('tries its final checkpoint again when the store fails', async () => {
    const output: Counted[] = []
    let failures = 2
    const fault = (label: string) =>
      label.includes('store checkpoint') && failures-- > 0 ? new Error('no answer') : undefined
    const process = new SimulatedProcess({ fault })
    const options = { checkpoint: { intervalMs: 10_000_000, tolerableFailures: 2 } }
    const observed = await process.submit(countProgram(fromCollection(words), output, options))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(observed.completed).toEqual([3])
    expect(shown(output)).toEqual(expectedCounts(words))
  })
})

/** A source that ends early beside one that goes on. */
function twoSources(feed: Feed<string>, output: string[], uidOfMap = 'upper') {
  const env = StreamEnvironment.create({
    name: 'two sources',
    checkpoint: { intervalMs: 100, retention: 'retain-on-cancellation' },
    restart: { strategy: 'none' },
  })
  const short = env.fromSource(fromCollection(['early'])).uid('short')
  const long = env.fromSource(feed.source).uid('long')
  short
    .union(long)
    .map((word) => word.toUpperCase())
    .uid(uidOfMap)
    .sinkTo(toArray(output))
    .uid('out')
  return env
}

describe('a job of which a source has ended', () => {
  it.each(seeds)('goes on taking checkpoints, and resumes from one (seed %i)', async (seed) => {
    const feed = new Feed<string>(['one'])
    const output: string[] = []
    const first = new SimulatedProcess({ seed })
    const before = await first.submit(twoSources(feed, output))
    const statuses = () => [...before.job.subtaskStatuses().values()].flat()
    await first.until(() => statuses().includes('finished'))
    feed.push('two')
    await first.until(() => output.length === 3)
    await before.completes(2)
    expect(before.of('checkpoint-aborted').map(({ reason }) => reason)).toEqual([])
    expect(output.toSorted()).toEqual(['EARLY', 'ONE', 'TWO'])

    const again: string[] = []
    const second = new SimulatedProcess({ seed: seed + 1_000, storages: first.storages })
    const after = await second.submit(twoSources(feed, again), { resume: true })
    await after.completes(2)
    feed.push('three')
    await after.completes(2)
    expect(after.of('checkpoint-aborted').map(({ reason }) => reason)).toEqual([])
    feed.end()
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(again).toEqual(['THREE'])
    expect([...first.crashes, ...second.crashes]).toEqual([])
  })

  it('takes none any more when it was told not to', async () => {
    const feed = new Feed<string>(['one'])
    const process = new SimulatedProcess()
    const env = StreamEnvironment.create({ checkpoint: { intervalMs: 100, afterTasksFinish: false } })
    env
      .fromSource(fromCollection(['early']))
      .union(env.fromSource(feed.source))
      .sinkTo(toArray<string>([]))
    const observed = await process.submit(env)
    await observed.is('RUNNING')
    await process.until(() => [...observed.job.subtaskStatuses().values()].flat().includes('finished'))
    await expect(process.settle(observed.job.triggerCheckpoint())).rejects.toMatchObject({
      code: 'CHECKPOINT_FAILED',
      message: expect.stringContaining('Some tasks of the job have finished'),
    })
    feed.end()
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  })
})
