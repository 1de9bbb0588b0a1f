import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
type Retention = NonNullable<NonNullable<JobOptions['checkpoint']>['retention']>

const options = (dir: string, retention: Retention): JobOptions => ({
  checkpoint: {
    intervalMs: 1_000_000,
    minPauseMs: 1_000_000,
    incremental: true,
    inlineStateBytes: 0,
    retention,
    storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
  },
  restart: { strategy: 'none' },
})

/** Runs a job to an end of this kind, and gives the path of its last checkpoint. */
async function ended(dir: string, retention: Retention, end: 'cancel' | 'fail'): Promise<string> {
  const process = new SimulatedProcess()
  const feed = new Feed(words)
  const before = (word: string) => {
    if (word === 'fail') throw new Error('for good')
  }
  const observed = await process.submit(countProgram(feed.source, [], options(dir, retention), { before }))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  await process.settle(observed.job.triggerCheckpoint())
  const id = await process.settle(observed.job.triggerCheckpoint())
  if (end === 'fail') feed.push('fail')
  else await process.settle(observed.job.cancel())
  await observed.done()
  return join(dir, 'checkpoints', observed.job.id, `chk-${id}`)
}

describe('the last checkpoint of a job that has ended', () => {
  it.each([
    ['delete', 'cancel', false],
    ['delete', 'fail', false],
    ['retain-on-failure', 'cancel', false],
    ['retain-on-failure', 'fail', true],
    ['retain-on-cancellation', 'cancel', true],
    ['retain-on-cancellation', 'fail', true],
  ] as const)('with %s, after a %s: kept, and started from? %s', async (retention, end, kept) => {
    const dir = temporaryDir()
    const path = await ended(dir, retention, end)
    expect(existsSync(join(path, '_metadata'))).toBe(kept)
    const output: Counted[] = []
    const next = new SimulatedProcess({ seed: 2 })
    const feed = new Feed([...words, 'to'])
    const program = countProgram(feed.source, output, options(dir, retention))
    const started = next.submit(program, { fromSavepoint: path })
    if (!kept) {
      await expect(started).rejects.toMatchObject({
        code: 'CHECKPOINT_NOT_FOUND',
        message: expect.stringContaining(path),
      })
      return
    }
    const heir = await started
    const { job } = heir
    await heir.is('RUNNING')
    await next.until(() => feed.read === feed.size)
    await next.settle(job.triggerCheckpoint())
    await next.until(() => shown(output).includes('to 3'))
    // Whoever starts from it without a claim leaves it alone, at whatever end.
    await next.settle(job.cancel())
    expect(existsSync(join(path, '_metadata'))).toBe(true)
  })
})
