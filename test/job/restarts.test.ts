import { describe, expect, it } from 'vitest'
import type { RestartOptions } from '../../src/program/options.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

/** Throws at `word` as often as said. */
const failing = (word: string, times: number) => {
  let left = times
  return (seen: string) => {
    if (seen === word && left-- > 0) throw new Error(`no ${word}`)
  }
}

describe('a job of which a function throws', () => {
  const strategies: [string, RestartOptions, number[]][] = [
    ['fixed-delay', { strategy: 'fixed-delay', attempts: 3, delayMs: 500 }, [500, 500, 500]],
    [
      'exponential-delay',
      {
        strategy: 'exponential-delay',
        initialBackoffMs: 100,
        maxBackoffMs: 350,
        backoffMultiplier: 2,
        resetBackoffThresholdMs: 1_000_000,
        jitterFactor: 0,
      },
      [100, 200, 350],
    ],
    [
      'failure-rate',
      { strategy: 'failure-rate', maxFailuresPerInterval: 3, failureRateIntervalMs: 100_000, delayMs: 50 },
      [50, 50, 50],
    ],
  ]

  it.each(strategies)('restarts by %s from the latest checkpoint', async (_, restart, delays) => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const options = { checkpoint: { intervalMs: 10_000 }, restart }
    const before = failing('trouble', 3)
    const observed = await process.submit(countProgram(feed.source, output, options, { before }))
    await process.until(() => output.length === words.length && observed.completed.length > 0)
    const restored = observed.completed.at(-1)
    feed.push('to', 'trouble')
    await process.until(() => output.length === words.length + 2)
    const restarts = observed.of('restarting')
    expect(restarts.map(({ delayMs }) => delayMs)).toEqual(delays)
    expect(restarts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(restarts.map(({ fromCheckpoint }) => fromCheckpoint)).toEqual([restored, restored, restored])
    expect(shown(output)).toEqual(expectedCounts([...words, 'to', 'trouble']))
    expect(observed.job.attempt).toBe(3)
    expect(process.crashes).toEqual([])
  })

  it('says which operator and uid it was, and waits as long as it says', async () => {
    const process = new SimulatedProcess()
    const options = { restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 5_000 } as const }
    const before = failing('or', 1)
    const observed = await process.submit(countProgram(new Feed(words).source, [], options, { before }))
    await observed.is('RESTARTING')
    const [failed] = observed.of('task-failed')
    expect(failed).toMatchObject({ subtaskIndex: 0, attempt: 0, error: { code: 'USER_FUNCTION_FAILED' } })
    expect(failed?.error.message).toMatch(/"before".*uid "before".*no or/)
    const since = process.simulated.clock.now()
    await observed.is('RUNNING')
    expect(process.simulated.clock.now() - since).toBe(5_000)
    expect(observed.statuses).toEqual([
      'INITIALIZING',
      'CREATED',
      'RUNNING',
      'FAILING',
      'RESTARTING',
      'CREATED',
      'RUNNING',
    ])
    expect(observed.job.failures).toHaveLength(1)
  })

  it('fails for good without a strategy, or when the strategy gives up', async () => {
    for (const restart of [
      undefined,
      { strategy: 'none' } as const,
      { strategy: 'fixed-delay', attempts: 2, delayMs: 1 } as const,
    ]) {
      const process = new SimulatedProcess()
      const before = failing('or', 100)
      const options = restart === undefined ? {} : { restart }
      const observed = await process.submit(countProgram(new Feed(words).source, [], options, { before }))
      const result = await observed.done()
      expect(result).toMatchObject({ status: 'FAILED', error: { code: 'USER_FUNCTION_FAILED' } })
      expect(result.error?.message).toContain('no or')
      expect(observed.of('restarting')).toHaveLength(restart?.strategy === 'fixed-delay' ? 2 : 0)
    }
  })

  it('goes back to the checkpoint and not to the savepoint after it', async () => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const options = {
      checkpoint: { intervalMs: 1_000_000, minPauseMs: 1_000_000 },
      restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const,
    }
    const observed = await process.submit(countProgram(feed.source, output, options, { before: failing('trouble', 1) }))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const checkpoint = await process.settle(observed.job.triggerCheckpoint())
    feed.push('be')
    await process.until(() => feed.read === feed.size)
    await process.settle(observed.job.triggerSavepoint())
    feed.push('trouble')
    await process.until(() => observed.of('restarting').length === 1)
    expect(observed.of('restarting')[0]?.fromCheckpoint).toBe(checkpoint)
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    await process.settle(observed.job.triggerCheckpoint())
    await process.until(() => output.length === 8)
    expect(shown(output)).toEqual(expectedCounts([...words, 'be', 'trouble']))
  })

  it('starts from its savepoint again while it has no checkpoint of its own', async () => {
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const options = {
      checkpoint: { intervalMs: 1_000_000, minPauseMs: 1_000_000 },
      restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const,
    }
    const output: Counted[] = []
    const program = countProgram(feed.source, output, options, { before: failing('trouble', 1) })
    const first = await process.submit(program)
    await first.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(first.job.stop())
    feed.push('to', 'trouble')
    const second = await process.submit(program, { fromSavepoint: path })
    await process.until(() => second.of('restarting').length === 1)
    expect(second.of('restarting')[0]?.fromCheckpoint).toBe(1)
    await second.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    await process.settle(second.job.triggerCheckpoint())
    await process.until(() => output.length === 8)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to', 'trouble']))
  })
})
