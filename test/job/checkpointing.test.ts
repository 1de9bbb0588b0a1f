import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const every = (intervalMs: number) => ({ intervalMs, minPauseMs: 0 })

describe('periodic checkpoints', () => {
  it('complete in order, and only then does a sink show what they cover', async () => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, output, { checkpoint: every(100) }))
    await process.until(() => feed.read === words.length)
    expect(output).toEqual([])
    await observed.completes(2)
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(observed.completed).toEqual([1, 2])
    expect(observed.job.checkpointStats().counts).toMatchObject({ completed: 2, failed: 0 })
  })

  it.each(['exactly-once', 'at-least-once'] as const)('align %s over two inputs and many subtasks', async (mode) => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess({ seed: 3 })
    const options = { parallelism: 3, checkpoint: { ...every(100), mode } }
    const observed = await process.submit(countProgram(feed.source, output, options))
    await observed.completes(3)
    feed.push(...words)
    await observed.completes(2)
    expect(shown(output)).toEqual(expectedCounts([...words, ...words]))
    expect(process.crashes).toEqual([])
  })

  it('keep the newest two of a job that retains two, and what a savepoint pins', async () => {
    const dir = temporaryDir()
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const checkpoint = { ...every(100), retained: 2, storage: { kind: 'filesystem' as const, dir } }
    const savepoint = { kind: 'filesystem' as const, dir: join(dir, 'savepoints') }
    const observed = await process.submit(countProgram(feed.source, [], { checkpoint, savepoint }))
    const onDisk = () =>
      readdirSync(join(dir, observed.job.id))
        .filter((name) => name.startsWith('chk-'))
        .sort()
    await observed.completes(3)
    await process.settle(observed.job.triggerSavepoint())
    const saved = observed.completed.at(-1)
    await observed.completes(3)
    // Old ones are removed in the background; nothing removes anything while the next interval has not come.
    const [newest, before] = observed.completed.filter((id) => id !== saved).reverse()
    await process.until(() => onDisk().length === 3)
    expect(onDisk()).toEqual([`chk-${before}`, `chk-${newest}`, `chk-${saved}`].sort())
  })

  it('expire when the store is slow, and the next one completes', async () => {
    const output: Counted[] = []
    let slow = true
    const process = new SimulatedProcess({ held: (label) => slow && label.includes('persist') })
    const checkpoint = { ...every(1_000), timeoutMs: 500, tolerableFailures: 1 }
    const observed = await process.submit(countProgram(new Feed(words).source, output, { checkpoint }))
    await process.until(() => observed.of('checkpoint-aborted').length === 1)
    expect(observed.of('checkpoint-aborted')[0]).toMatchObject({
      checkpointId: 1,
      reason: expect.stringContaining('CHECKPOINT_EXPIRED'),
    })
    slow = false
    await process.until(() => output.length > 0 && observed.completed.length > 0)
    expect(observed.completed).toEqual([2])
    expect(observed.job.currentStatus).toBe('RUNNING')
    expect(shown(output)).toEqual(expectedCounts(words))
  })

  it('fail the job when more expire in a row than are tolerated', async () => {
    const process = new SimulatedProcess({ held: (label) => label.includes('persist') })
    const checkpoint = { ...every(1_000), timeoutMs: 500, tolerableFailures: 1 }
    const restart = { strategy: 'none' } as const
    const observed = await process.submit(countProgram(new Feed(words).source, [], { checkpoint, restart }))
    const result = await observed.done()
    expect(result.status).toBe('FAILED')
    expect(observed.of('checkpoint-aborted')).toHaveLength(2)
    expect(result.error?.message).toMatch(/More checkpoints failed in a row than are tolerated.*expired/i)
  })

  it('are declined by a subtask that cannot write, which a tolerant job survives', async () => {
    const output: Counted[] = []
    let failures = 1
    const fault = (label: string) =>
      label.includes('persist checkpoint') && failures-- > 0 ? new Error('the cable is out') : undefined
    const process = new SimulatedProcess({ fault })
    const checkpoint = { ...every(100), tolerableFailures: 1 }
    const observed = await process.submit(countProgram(new Feed(words).source, output, { checkpoint }))
    await process.until(() => output.length > 0)
    expect(observed.of('checkpoint-aborted').map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/CHECKPOINT_ASYNC_EXCEPTION.*the cable is out/),
    ])
    expect(shown(output)).toEqual(expectedCounts(words))
  })

  it('leave room for savepoints, which neither commit sinks nor make older checkpoints superfluous', async () => {
    const output: Counted[] = []
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, output, { checkpoint: every(10_000) }))
    await process.until(() => output.length === words.length)
    feed.push('that', 'is')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(observed.job.triggerSavepoint())
    expect(path).toBe('jobmanager://savepoints/1')
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(observed.of('savepoint-completed')).toHaveLength(1)
    await process.until(() => output.length > words.length)
    expect(shown(output)).toEqual(expectedCounts([...words, 'that', 'is']))
  })

  it('run beside a savepoint that takes its time', async () => {
    let slow = true
    const process = new SimulatedProcess({ held: (label) => slow && label.includes('publish') })
    const options = { checkpoint: { ...every(100), maxConcurrent: 2 } }
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.completes(1)
    const savepoint = observed.job.triggerSavepoint()
    await observed.completes(3)
    expect(observed.of('savepoint-completed')).toEqual([])
    slow = false
    expect(await process.settle(savepoint)).toBe('jobmanager://savepoints/1')
  })

  it('are taken on demand too, with and without an interval', async () => {
    for (const checkpoint of [{}, { intervalMs: 1_000_000, minPauseMs: 1_000_000 }]) {
      const process = new SimulatedProcess()
      const observed = await process.submit(countProgram(new Feed(words).source, [], { checkpoint }))
      await observed.is('RUNNING')
      expect(await process.settle(observed.job.triggerCheckpoint())).toBe(1)
      expect(await process.settle(observed.job.triggerCheckpoint())).toBe(2)
    }
  })
})
