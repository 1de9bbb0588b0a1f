/** Files that several checkpoints name: on a restore, and when a checkpoint that wrote or named some is aborted or comes too late. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sharedFilesOf } from '../../src/backends/checkpoint-rules.ts'
import { subtaskId } from '../../src/core/ids.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { type ObservedJob, type ProcessOptions, SimulatedProcess } from '../job/simulated-process.ts'

const many = Array.from({ length: 400 }, (_, index) => `word-${index}`)
const once = { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const

/** One job in its process, and its directory, in which each checkpoint writes what has changed. */
interface Scene {
  readonly feed: Feed<string>
  readonly output: Counted[]
  readonly process: SimulatedProcess
  readonly observed: ObservedJob
  readonly dir: string
}

interface Start extends SubmitOptions {
  readonly dir?: string
  readonly feed?: Feed<string>
  readonly output?: Counted[]
  readonly process?: ProcessOptions
  readonly checkpoint?: CheckpointOptions
}

async function begin(start: Start = {}): Promise<Scene> {
  const { dir = temporaryDir(), feed = new Feed(many), output = [], process: options, checkpoint, ...submit } = start
  const process = new SimulatedProcess(options)
  let failures = 1
  const before = (word: string) => {
    if (word === 'fail' && failures-- > 0) throw new Error('once')
  }
  const storage = { kind: 'filesystem', dir } as const
  const program = countProgram(
    feed.source,
    output,
    {
      checkpoint: { incremental: true, inlineStateBytes: 0, tolerableFailures: 9, ...checkpoint, storage },
      savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
      restart: once,
    },
    { before },
  )
  const observed = await process.submit(program, submit)
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  return { feed, output, process, observed, dir }
}

const checkpoint = ({ process, observed }: Scene) => process.settle(observed.job.triggerCheckpoint())

async function push({ feed, process }: Scene, ...words: readonly string[]): Promise<void> {
  feed.push(...words)
  await process.until(() => feed.read === feed.size)
}

const sharedIn = (dir: string, job: string): readonly string[] => readdirSync(join(dir, job, 'shared')).toSorted()
const shared = ({ dir, observed }: Scene): readonly string[] => sharedIn(dir, observed.job.id)
/** Which checkpoints wrote them. */
const writers = (scene: Scene): readonly number[] => [
  ...new Set(shared(scene).map((name) => Number.parseInt(name, 10))),
]

/** What the manifest of a checkpoint of this job names. */
async function named({ process, dir, observed }: Scene, id: number): Promise<readonly string[]> {
  const { manifest } = await process.storages.find(join(dir, observed.job.id, `chk-${id}`))
  return sharedFilesOf(manifest).toSorted()
}

/** A job with two checkpoints, of which the older is gone and the newer names what both have written. */
async function builtOn(start: Start = {}): Promise<Scene> {
  const scene = await begin(start)
  await checkpoint(scene)
  await push(scene, 'word-1', 'word-2')
  await checkpoint(scene)
  await scene.process.until(() => !readdirSync(join(scene.dir, scene.observed.job.id)).includes('chk-1'))
  expect(writers(scene)).toEqual([1, 2])
  return scene
}

describe('shared files on a restore', () => {
  it('D35 stay while the restored checkpoint names them, and go when one of the new attempt has taken its place', async () => {
    const scene = await builtOn()
    await push(scene, 'fail')
    await scene.process.until(() => scene.observed.of('restarting').length === 1)
    await scene.observed.is('RUNNING')
    await scene.process.until(() => scene.feed.read === scene.feed.size)
    expect(shared(scene)).toEqual(await named(scene, 2))
    const third = await checkpoint(scene)
    await scene.process.until(() => writers(scene).join() === `${third}`)
    expect(shared(scene)).toEqual(await named(scene, third))
    expect(shown(scene.output)).toEqual(expectedCounts([...many, 'word-1', 'word-2', 'fail']))
  })

  it('D35 stay through processes that die before they have a checkpoint of their own', async () => {
    let scene = await builtOn()
    const { dir, feed, output, observed } = scene
    const files = shared(scene)
    for (const seed of [2, 3, 4]) {
      // The process before is not stepped any more: it is dead.
      scene = await begin({ dir, feed, output, process: { seed }, resume: true })
      expect(scene.observed.job.checkpointStats().restored?.checkpointId).toBe(2)
      expect(sharedIn(dir, observed.job.id)).toEqual(files)
    }
    await push(scene, 'word-1')
    await checkpoint(scene)
    expect(shown(output).filter((count) => count.startsWith('word-1 '))).toEqual(['word-1 1', 'word-1 2', 'word-1 3'])
  })

  it.each(['cancel', 'stop'] as const)(
    'D35 of another job are never touched by one that started from them, also at its end (%s)',
    async (end) => {
      const first = await builtOn({ checkpoint: { retention: 'retain-on-cancellation' } })
      const savepoint = await first.process.settle(first.observed.job.triggerSavepoint())
      await first.process.settle(first.observed.job.cancel())
      const files = shared(first)
      const { dir, feed } = first
      for (const path of [savepoint, join(dir, first.observed.job.id, 'chk-2')]) {
        const scene = await begin({ dir, feed, process: { seed: 5 }, fromSavepoint: path })
        expect(scene.observed.job.id).not.toBe(first.observed.job.id)
        await checkpoint(scene)
        await push(scene, 'word-3')
        await checkpoint(scene)
        await scene.process.settle<unknown>(scene.observed.job[end]())
        expect(shared(first)).toEqual(files)
      }
      // Both are whole: a last one finds every count.
      const output: Counted[] = []
      const last = await begin({
        dir,
        feed: new Feed([...many, 'word-1', 'word-2', 'word-1']),
        output,
        fromSavepoint: savepoint,
      })
      await checkpoint(last)
      expect(shown(output)).toContain('word-1 3')
    },
  )
})

describe('shared files of a checkpoint that has failed', () => {
  it.each(['count', 'words'])(
    'D36 stay where they belong to complete ones, its own go, and what the last subtask writes too late goes as well (%s is late)',
    async (late) => {
      let held = ''
      const scene = await begin({
        checkpoint: { timeoutMs: 1_000, retained: 2 },
        process: { held: (label) => held !== '' && label.endsWith(held) },
      })
      const { process, observed } = scene
      await checkpoint(scene)
      const complete = shared(scene)
      await push(scene, 'word-1')
      const vertex = observed.job.graph.vertices.find(({ operators }) => operators.some(({ uid }) => uid === late))!
      held = `${subtaskId(vertex.id, 0)} persist checkpoint 2`
      await expect(checkpoint(scene)).rejects.toMatchObject({ message: expect.stringContaining('CHECKPOINT_EXPIRED') })
      expect(observed.of('checkpoint-aborted')).toMatchObject([{ checkpointId: 2 }])
      expect(shared(scene)).toEqual(expect.arrayContaining([...complete]))
      held = ''
      // The late one ends, and its answer comes; the next one builds on what is complete.
      await process.pass(10)
      await push(scene, 'word-2')
      const third = await checkpoint(scene)
      expect(await named(scene, third)).toEqual(expect.arrayContaining([...complete]))
      await process.until(() => !writers(scene).includes(2))
      expect(shared(scene)).toEqual(await named(scene, third))
      await push(scene, 'fail')
      await process.until(() => observed.of('restarting').length === 1)
      expect(observed.of('restarting')[0]?.fromCheckpoint).toBe(third)
      await observed.is('RUNNING')
      await process.until(() => scene.feed.read === scene.feed.size)
      await checkpoint(scene)
      expect(shown(scene.output)).toEqual(expectedCounts([...many, 'word-1', 'word-2', 'fail']))
    },
  )
})
