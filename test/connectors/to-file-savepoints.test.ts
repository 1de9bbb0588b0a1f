/** Parts that only a savepoint names, when the job goes back to the checkpoint before it. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isKept, keepPart, releasePart, releaseStrays } from '../../src/connectors/kept-parts.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { ck, jobOf, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { contents, opened, pending, snapshotOf, visible } from './file-sink-harness.ts'

const marks = (dir: string): string[] => readdirSync(join(dir, '.pending')).filter((name) => name.endsWith('.kept'))
const restoredBy = (digit: string) => testContext({ jobId: jobOf(digit) })

/** A writer that has committed `1` with a checkpoint, and listed `2` in a savepoint after it. */
async function savedAfterCheckpoint() {
  const { dir, context, writer } = opened<number>()
  writer.write([1])
  const checkpoint = await snapshotOf(writer, 1)
  await writer.notifyCompleted(ck(1))
  writer.write([2])
  const savepoint = await snapshotOf(writer, 2, 'savepoint')
  await writer.notifyCompleted(ck(2))
  return { dir, context, writer, checkpoint, savepoint }
}
const fallenBack = (dir: string, checkpoint: unknown, attempt = 1) =>
  toFile<number>(dir).createWriter(testContext({ attempt }), checkpoint)

describe('a part that a savepoint lists', () => {
  it('is kept when the job falls back to the checkpoint before, and committed by who starts from the savepoint', async () => {
    const { dir, writer, checkpoint, savepoint } = await savedAfterCheckpoint()
    await writer.close()
    await fallenBack(dir, checkpoint).close()
    await fallenBack(dir, checkpoint, 2).close()
    expect(contents(dir)).toBe('1\n')
    const other = toFile<number>(dir).createWriter(restoredBy('c'), savepoint)
    expect(contents(dir)).toBe('1\n2\n')
    expect([pending(dir), marks(dir)]).toEqual([[], []])
    other.write([3])
    await snapshotOf(other, 3)
    await other.notifyCompleted(ck(3))
    expect(contents(dir)).toBe('1\n2\n3\n')
  })

  it('is committed by the next checkpoint as any other, and needs no mark from then on', async () => {
    const { dir, writer, savepoint } = await savedAfterCheckpoint()
    expect(marks(dir)).toHaveLength(1)
    await snapshotOf(writer, 3)
    await writer.notifyCompleted(ck(3))
    expect([contents(dir), marks(dir)]).toEqual(['1\n2\n', []])
    toFile(dir).createWriter(restoredBy('c'), savepoint)
    expect(contents(dir)).toBe('1\n2\n')
  })

  it('is not kept for a savepoint that was aborted, unless another one lists it', async () => {
    const { dir, writer, checkpoint } = await savedAfterCheckpoint()
    writer.write([3])
    await snapshotOf(writer, 3, 'savepoint')
    expect(marks(dir)).toHaveLength(2)
    writer.notifyAborted?.(ck(3))
    expect(marks(dir)).toHaveLength(1)
    await writer.close()
    fallenBack(dir, checkpoint)
    expect(pending(dir)).toHaveLength(1)
  })

  it('is not marked when the abort comes while it is being made durable', async () => {
    const { dir, writer } = await savedAfterCheckpoint()
    writer.write([3])
    const { durable } = writer.snapshot(ck(3), 'savepoint')
    const durably = durable?.()
    writer.notifyAborted?.(ck(3))
    await durably
    expect(marks(dir)).toHaveLength(1)
  })

  it('appears beside what the job has committed since it fell back, with a warning, and is never lost', async () => {
    const { dir, writer, checkpoint, savepoint } = await savedAfterCheckpoint()
    await writer.close()
    const again = fallenBack(dir, checkpoint)
    again.write([2, 3])
    await snapshotOf(again, 3)
    await again.notifyCompleted(ck(3))
    await again.close()
    const context = restoredBy('c')
    toFile(dir).createWriter(context, savepoint)
    expect(visible(dir).sort()).toEqual([
      'part-aaaaaa-bbbbbb-0-00000000',
      'part-aaaaaa-bbbbbb-0-00000001',
      'part-aaaaaa-bbbbbb-0-00000001-1.0',
    ])
    expect(context.logged).toEqual([expect.stringMatching(/^warn .*part-aaaaaa-bbbbbb-0-00000001-1\.0: records may/)])
    // Once more, as a restart of that job does: everything is there already.
    toFile(dir).createWriter(testContext({ jobId: jobOf('c'), attempt: 1 }), savepoint)
    expect(contents(dir)).toBe('1\n2\n3\n2\n')
  })
})

describe('a mark', () => {
  it('is there until it is taken away, and is a stray when its part has gone', () => {
    const dir = temporaryDirectory()
    const part = `${'a'.repeat(32)}-${'b'.repeat(32)}-0-1.0-00000001`
    const owner = part.slice(0, 67)
    keepPart(dir, part)
    expect([isKept(dir, part), isKept(dir, `${part}1`)]).toEqual([true, false])
    releasePart(dir, part)
    releasePart(dir, part)
    expect(isKept(dir, part)).toBe(false)
    keepPart(dir, part)
    releaseStrays(dir, (each) => each === `${owner}1`)
    expect(isKept(dir, part)).toBe(true)
    writeFileSync(join(dir, part), '')
    releaseStrays(dir, (each) => each === owner)
    expect(isKept(dir, part)).toBe(true)
    rmSync(join(dir, part))
    releaseStrays(dir, (each) => each === owner)
    expect(isKept(dir, part)).toBe(false)
  })

  it('of a part that was taken out of its directory goes at the next start', async () => {
    const { dir, writer, checkpoint } = await savedAfterCheckpoint()
    await writer.close()
    for (const name of pending(dir)) rmSync(join(dir, '.pending', name))
    fallenBack(dir, checkpoint)
    expect(marks(dir)).toEqual([])
  })
})

describe('a whole job', () => {
  it('falls back behind its savepoint and is canceled; going on from the savepoint is exactly once', async () => {
    const out = temporaryDirectory()
    const feed = new Feed<string>(['a', 'b'])
    let failures = 1
    const program = (options: JobOptions) => {
      const env = StreamEnvironment.create({ checkpoint: { intervalMs: 1_000_000, minPauseMs: 1_000_000 }, ...options })
      env
        .fromSource(feed.source)
        .uid('words')
        .map((word) => {
          if (word === 'trouble' && failures-- > 0) throw new Error('once')
          return word
        })
        .sinkTo(toFile<string>(out, { format: 'text' }))
        .uid('out')
      return env
    }
    const process = new SimulatedProcess()
    const restart = { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const
    const observed = await process.submit(program({ restart }))
    await observed.is('RUNNING')
    await process.until(() => feed.read === 2)
    await process.settle(observed.job.triggerCheckpoint())
    feed.push('c', 'd')
    await process.until(() => feed.read === 4)
    const path = await process.settle(observed.job.triggerSavepoint())
    feed.push('trouble')
    await process.until(() => observed.of('restarting').length === 1)
    await observed.is('RUNNING')
    await process.settle(observed.job.cancel())
    expect(contents(out)).toBe('a\nb\n')

    const after = await process.submit(program({}), { fromSavepoint: path })
    await after.is('RUNNING')
    feed.end()
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(contents(out)).toBe('a\nb\nc\nd\ntrouble\n')
    expect(process.crashes).toEqual([])
  })
})
