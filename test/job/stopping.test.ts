import { describe, expect, it } from 'vitest'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { type ObservedJob, SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

describe('stop with a savepoint', () => {
  it.each([1, 2, 3, 4, 5])(
    'suspends: commits, ends nothing, reads no record after the barrier (seed %i)',
    async (seed) => {
      const output: Counted[] = []
      const ends: string[] = []
      const feed = new Feed(words)
      const process = new SimulatedProcess({ seed })
      const options = { parallelism: 2, checkpoint: { intervalMs: 1_000_000 } }
      const program = countProgram(feed.source, output, options, { ends })
      const observed = await process.submit(program)
      await process.until(() => feed.read === feed.size)
      await observed.is('RUNNING')
      const path = await process.settle(observed.job.stop())
      expect(path).toBe('jobmanager://savepoints/1')
      feed.push('never')
      expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
      expect(ends).toEqual([])
      expect(shown(output)).toEqual(expectedCounts(words))
      expect(feed.read).toBe(words.length)

      const resumed = await process.submit(program, { fromSavepoint: path })
      await resumed.is('RUNNING')
      await process.until(() => feed.read === feed.size)
      await process.settle(resumed.job.stop({ drain: true }))
      expect(shown(output)).toEqual(expectedCounts([...words, 'never']))
      expect(ends.toSorted()).toEqual(['data', 'data', 'key be', 'key never', 'key not', 'key or', 'key to'])
      expect(process.crashes).toEqual([])
    },
  )

  it('drains: the end of the data comes before the snapshot', async () => {
    const output: Counted[] = []
    const ends: string[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, output, {}, { ends }))
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    const path = await process.settle(observed.job.stop({ drain: true }))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(ends).toContain('data')

    // Everything in it has finished: a job that starts from it has nothing left to do.
    feed.push('late')
    const again: Counted[] = []
    const after = await process.submit(countProgram(feed.source, again, {}, { ends: [] }), { fromSavepoint: path })
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(again).toEqual([])
  })

  it('that fails in the snapshot tells the client, and a tolerant job goes on', async () => {
    const output: Counted[] = []
    let failures = 1
    const fault = (label: string) => (label.includes('persist') && failures-- > 0 ? new Error('torn') : undefined)
    const process = new SimulatedProcess({ fault })
    const feed = new Feed(words)
    const options = { checkpoint: { intervalMs: 1_000_000, tolerableFailures: 1 } }
    const observed = await process.submit(countProgram(feed.source, output, options))
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    await expect(process.settle(observed.job.stop())).rejects.toMatchObject({
      code: 'CHECKPOINT_FAILED',
      message: expect.stringContaining('torn'),
    })
    expect(observed.job.currentStatus).toBe('RUNNING')
    feed.push('go', 'on')
    await process.until(() => output.length === 8)
    expect(shown(output)).toEqual(expectedCounts([...words, 'go', 'on']))
  })

  it.each([true, false])(
    'that fails restarts a job that tolerates nothing, or has drained (drain: %s)',
    async (drain) => {
      const output: Counted[] = []
      let failures = 1
      const fault = (label: string) => (label.includes('persist') && failures-- > 0 ? new Error('torn') : undefined)
      const process = new SimulatedProcess({ fault })
      const feed = new Feed(words)
      const options = {
        checkpoint: { intervalMs: 1_000_000, tolerableFailures: drain ? 5 : 0 },
        restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 10 } as const,
      }
      const observed = await process.submit(countProgram(feed.source, output, options))
      await process.until(() => feed.read === feed.size)
      await observed.is('RUNNING')
      await expect(process.settle(observed.job.stop({ drain }))).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
      await process.until(() => observed.of('restarting').length === 1)
      await observed.is('RUNNING')
      await process.until(() => output.length === words.length)
      expect(shown(output)).toEqual(expectedCounts(words))
    },
  )

  it.each([null, 7, ''])('into %j is refused', async (dir) => {
    const process = new SimulatedProcess()
    const { job } = await process.submit(countProgram(new Feed(words).source, [], {}))
    const wrong = dir as unknown as string
    await expect(job.triggerSavepoint(wrong)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(job.stop({ savepoint: wrong })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it('without one is refused, and so is anything asked of a job that has ended', async () => {
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
    await observed.is('RUNNING')
    await expect(observed.job.stop({ savepoint: false })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await process.settle(observed.job.cancel())
    await expect(observed.job.triggerSavepoint()).rejects.toMatchObject({
      code: 'JOB_NOT_RUNNING',
      message: `Job ${observed.job.id} is CANCELED: expected a running job.`,
    })
    await expect(observed.job.triggerCheckpoint()).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
    await expect(observed.job.stop()).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
    await observed.job.cancel()
  })

  it('asked for twice answers the second with an error, and a savepoint beside it too', async () => {
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
    await observed.is('RUNNING')
    const [first, second, third] = [observed.job.stop(), observed.job.stop(), observed.job.triggerSavepoint()]
    const answers = await process.settle(Promise.allSettled([first, second, third]))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(observed.job.currentStatus).toBe('FINISHED')
  })
})

describe('cancel', () => {
  const restart = { strategy: 'fixed-delay', attempts: 5, delayMs: 1_000 } as const
  const failing = () => {
    throw new Error('always')
  }
  const inState: Record<string, (process: SimulatedProcess) => Promise<ObservedJob>> = {
    'before it is deployed': (process) => process.submit(countProgram(new Feed(words).source, [], {})),
    'while it runs': async (process) => {
      const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
      await observed.is('RUNNING')
      return observed
    },
    'while it fails': async (process) => {
      const observed = await process.submit(countProgram(new Feed(words).source, [], { restart }, { before: failing }))
      await observed.is('FAILING')
      return observed
    },
    'while it waits for its restart': async (process) => {
      const observed = await process.submit(countProgram(new Feed(words).source, [], { restart }, { before: failing }))
      await observed.is('RESTARTING')
      return observed
    },
    'while it is being canceled': async (process) => {
      const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
      await observed.is('RUNNING')
      void observed.job.cancel()
      await observed.is('CANCELLING')
      return observed
    },
    'during a checkpoint': async (process) => {
      const observed = await process.submit(
        countProgram(new Feed(words).source, [], { checkpoint: { intervalMs: 10 } }),
      )
      await process.until(() => observed.of('checkpoint-triggered').length === 1)
      return observed
    },
  }

  it.each(Object.keys(inState))('ends a job %s', async (name) => {
    const process = new SimulatedProcess()
    const observed = await inState[name]!(process)
    await process.settle(observed.job.cancel())
    expect(await observed.done()).toMatchObject({ id: observed.job.id, status: 'CANCELED' })
    expect(observed.statuses.at(-1)).toBe('CANCELED')
    expect(observed.job.endedAt).toBeDefined()
    expect(process.crashes).toEqual([])
  })

  it('rejects what was still asked of the job', async () => {
    const process = new SimulatedProcess({ held: (label) => label.includes('persist') })
    const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
    await observed.is('RUNNING')
    const savepoint = observed.job.triggerSavepoint()
    const canceled = observed.job.cancel()
    await expect(process.settle(savepoint)).rejects.toMatchObject({
      code: expect.stringMatching(/CHECKPOINT_FAILED|JOB_NOT_RUNNING/),
    })
    await process.settle(canceled)
  })

  it.each([
    ['delete', 0],
    ['retain-on-failure', 0],
    ['retain-on-cancellation', 1],
  ] as const)('keeps what retention %s says: %i', async (retention, kept) => {
    const process = new SimulatedProcess()
    const options = { checkpoint: { intervalMs: 10, retention } }
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.completes(2)
    await process.settle(observed.job.cancel())
    const newest = await process.storages.checkpoints({ kind: 'jobmanager' }).newest('count')
    expect(newest === undefined ? 0 : 1).toBe(kept)
  })
})

describe('a session that closes', () => {
  it('is closed for good, after the jobs that were being submitted have been suspended', async () => {
    const process = new SimulatedProcess()
    const program = () => countProgram(new Feed(words).source, [], { checkpoint: { intervalMs: 100 } })
    const submitting = process.session.submit(program())
    const closing = process.session.close()
    expect(process.session.close()).toBe(closing)
    const job = await process.settle(submitting)
    await process.settle(closing)
    expect(job.currentStatus).toBe('SUSPENDED')
    await expect(process.session.submit(program())).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
  })

  it('suspends its jobs, which resume under the same id and lose nothing', async () => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const options = { checkpoint: { intervalMs: 100 } }
    const first = new SimulatedProcess()
    const program = countProgram(feed.source, output, options)
    const before = await first.submit(program)
    await first.until(() => output.length === words.length && before.completed.length > 0)
    feed.push('lost?')
    await first.until(() => feed.read === feed.size)
    await first.settle(first.session.close())
    expect(await before.done()).toMatchObject({ status: 'SUSPENDED' })

    const second = new SimulatedProcess({ seed: 2, storages: first.storages })
    const after = await second.submit(program, { resume: true })
    expect(after.job.id).toBe(before.job.id)
    await second.until(() => output.length > words.length && after.completed.length > 0)
    expect(shown(output)).toEqual(expectedCounts([...words, 'lost?']))
    expect(after.completed[0]).toBeGreaterThan(before.completed.at(-1)!)
  })
})
