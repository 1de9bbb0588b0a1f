/** Several owners of one job on one directory: one was superseded and does not know it yet, the other has taken over. */
import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PartFiles } from '../../src/connectors/part-files.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import { ck, codeOf, jobOf, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { contents, partsOf, pending, snapshotOf, stateOf, visible, writersOf } from './file-sink-harness.ts'

const incarnation = (epoch: number, attempt = 0) => testContext({ operatorName: 'out', epoch, attempt })
const sink = (dir: string) => toFile<string>(dir, { format: 'text', maxPartBytes: 1 })
const paths = (dir: string): string[] => pending(dir).map((name) => join(dir, '.pending', name))

/** An owner with a part that is committed and three that no checkpoint covers; its successor with three, saved. */
async function takenOver() {
  const dir = temporaryDirectory()
  const old = sink(dir).createWriter(incarnation(1), undefined)
  old.write(['0'])
  const state = await snapshotOf(old, 1)
  await old.notifyCompleted(ck(1))
  for (const value of ['old 1', 'old 2', 'old 3']) old.write([value])
  const successor = sink(dir).createWriter(incarnation(2), state)
  for (const value of ['1', '2', '3']) successor.write([value])
  await snapshotOf(successor, 2, 'savepoint')
  await successor.notifyCompleted(ck(2))
  const finish = async () => {
    await snapshotOf(successor, 3)
    await successor.notifyCompleted(ck(3))
    return contents(dir)
  }
  return { dir, old, state, successor, finish }
}

describe('toFile, superseded', () => {
  it('leaves the parts of its successor alone when it is closed', async () => {
    const { dir, old, finish } = await takenOver()
    expect(pending(dir)).toHaveLength(3)
    await old.close()
    expect(pending(dir)).toHaveLength(3)
    expect(await finish()).toBe('0\n1\n2\n3\n')
  })

  it('leaves them alone when it starts again, and removes what its own earlier attempts left', async () => {
    const { dir, old, state, finish } = await takenOver()
    old.write(['old 4'])
    await old.endOfData()
    expect(pending(dir)).toHaveLength(4)
    for (const attempt of [1, 2]) {
      const again = sink(dir).createWriter(incarnation(1, attempt), state)
      expect(pending(dir)).toHaveLength(3)
      again.write(['old, again'])
    }
    expect(await finish()).toBe('0\n1\n2\n3\n')
  })

  it('cannot make a checkpoint durable whose parts its successor has removed', async () => {
    const { old } = await takenOver()
    expect((await codeOf(() => snapshotOf(old, 2))).code).toBe('SINK_FAILED')
  })

  it('is content with what its successor has committed for it, and the other way round', async () => {
    const dir = temporaryDirectory()
    const old = sink(dir).createWriter(incarnation(1), undefined)
    for (const value of ['a', 'b']) old.write([value])
    const state = await snapshotOf(old, 1)
    const successor = sink(dir).createWriter(incarnation(2), state)
    expect(contents(dir)).toBe('a\nb\n')
    for (const name of visible(dir)) rmSync(join(dir, name))
    successor.write(['c'])
    await snapshotOf(successor, 2)
    await successor.notifyCompleted(ck(2))
    await old.notifyCompleted(ck(1))
    sink(dir).createWriter(incarnation(3), state)
    expect(contents(dir)).toBe('c\n')
  })

  it.each([0, 1, 2, 3, 4])(
    'commits once when both commit the same at once, from step %i of the other on',
    async (at) => {
      for (const [first, second] of [
        [1, 2],
        [2, 1],
      ]) {
        const dir = temporaryDirectory()
        const old = sink(dir).createWriter(incarnation(1), undefined)
        old.write(['0'])
        await snapshotOf(old, 1)
        if (at > 0) await old.notifyCompleted(ck(1))
        for (const value of ['1', '2', '3']) old.write([value])
        const parts = partsOf(await snapshotOf(old, 2))
        const steps = [first!, second!].map((epoch) => new PartFiles(dir, incarnation(epoch)).commitSteps(parts))
        for (const step of steps[0]!.slice(0, at)) step()
        for (const step of steps[1]!) step()
        for (const step of steps[0]!.slice(at)) step()
        expect(contents(dir)).toBe('0\n1\n2\n3\n')
        expect(pending(dir)).toEqual([])
        expect(readdirSync(join(dir, '.pending')).filter((name) => name.includes('committed'))).toHaveLength(1)
      }
    },
  )

  it('fails when a part is lost while it is committed', async () => {
    const dir = temporaryDirectory()
    const writer = sink(dir).createWriter(incarnation(1), undefined)
    writer.write(['1'])
    const steps = new PartFiles(dir, incarnation(1)).commitSteps(partsOf(await snapshotOf(writer, 1)))
    rmSync(paths(dir)[0]!)
    expect((await codeOf(() => steps.at(-1)!())).code).toBe('SINK_FAILED')
  })

  it('gives its successor no counter that it commits while that one starts', async () => {
    const dir = temporaryDirectory()
    const old = sink(dir).createWriter(incarnation(1), undefined)
    old.write(['1'])
    await snapshotOf(old, 1)
    const successor = new PartFiles(dir, incarnation(2))
    await old.notifyCompleted(ck(1))
    for (const name of visible(dir)) rmSync(join(dir, name))
    successor.removeOrphans()
    expect(successor.begin(0).counter).toBe(1)
  })

  it('shares no counter with its successor when there are no checkpoints to fence it from committing', async () => {
    const dir = temporaryDirectory()
    const writers = [1, 2].map((epoch) => {
      const context = testContext({ epoch, checkpointing: false })
      return sink(dir).createWriter(context, undefined)
    })
    for (const value of ['1', '2']) for (const [i, writer] of writers.entries()) writer.write([`${i} ${value}`])
    for (const writer of writers) await writer.endOfData()
    expect(contents(dir)).toBe('0 1\n1 1\n0 2\n1 2\n')
  })
})

describe('toFile, before it acknowledges', () => {
  it.each([rmSync, (path: string) => truncateSync(path, 1)])(
    'looks at what it flushed earlier again',
    async (damage) => {
      const { dir, successor } = await takenOver()
      const [path] = paths(dir)
      damage(path!)
      const { code, message } = await codeOf(() => snapshotOf(successor, 3))
      expect(code).toBe('SINK_FAILED')
      expect(message).toContain(path)
    },
  )

  it('does not miss what was committed while it flushed', async () => {
    const { dir, successor } = await takenOver()
    await snapshotOf(successor, 3)
    const { durable } = successor.snapshot(ck(4), 'checkpoint')
    await successor.notifyCompleted(ck(3))
    for (const name of visible(dir)) rmSync(join(dir, name))
    await durable?.()
  })
})

describe('toFile, restored from an older checkpoint', () => {
  const behind = (counter: number, committed: number, dir: string) =>
    expect.stringMatching(
      new RegExp(
        `^warn Sink "out", subtask 0, starts from part ${counter}, .* up to ${committed} .* in ${dir} already`,
      ),
    )

  it('says which output is there already and comes again', async () => {
    const { dir, state, finish } = await takenOver()
    await finish()
    const resumed = incarnation(3)
    sink(dir).createWriter(resumed, state)
    expect(resumed.logged).toEqual([behind(1, 3, dir)])
    const another = testContext({ operatorName: 'out', jobId: jobOf('c') })
    sink(dir).createWriter(another, state)
    expect(another.logged).toEqual([behind(1, 3, dir)])
    const owner = 'd'.repeat(32)
    const foreign = stateOf({ ...writersOf(state)[0], owner: `${owner}-${owner}-0`, parts: [] })
    const onceMore = incarnation(3, 1)
    sink(dir).createWriter(onceMore, foreign)
    expect(onceMore.logged).toEqual([behind(1, 3, dir)])
    const fromNothing = incarnation(4)
    sink(dir).createWriter(fromNothing, undefined)
    expect(fromNothing.logged).toEqual([behind(0, 3, dir)])
  })

  it('says nothing when it was restored from the newest', async () => {
    const { dir, successor } = await takenOver()
    const state = await snapshotOf(successor, 3)
    await successor.notifyCompleted(ck(3))
    for (const context of [incarnation(2, 1), incarnation(3), testContext({ jobId: jobOf('c') })]) {
      sink(dir).createWriter(context, state)
      expect(context.logged).toEqual([])
    }
  })
})
