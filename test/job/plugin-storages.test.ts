import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { definePlugin } from '../../src/backends/plugin.ts'
import { readConfiguration } from '../../src/job/configuration.ts'
import { sessionOptionsOf } from '../../src/job/configured-session.ts'
import { createSession } from '../../src/job/create-session.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { memoryPlugin } from './memory-plugin.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const idle = { intervalMs: 1_000_000, minPauseMs: 1_000_000 }
const custom = (url: string) => ({ kind: 'custom' as const, url })
const inMemory = { checkpoint: { ...idle, storage: custom('mem://main') }, savepoint: custom('mem://saved') }

describe('a session with a plugin', () => {
  it('checkpoints, saves, dies, restores, and a session that never saw the job disposes of the savepoint', async () => {
    const plugins = [memoryPlugin()]
    const first = new SimulatedProcess({ plugins })
    const feed = new Feed(words.slice(0, 3))
    const output: Counted[] = []
    const observed = await first.submit(countProgram(feed.source, output, inMemory))
    await observed.is('RUNNING')
    expect(observed.job.checkpointing.storage).toBe('mem')
    await first.until(() => feed.read === 3)
    await first.settle(observed.job.triggerCheckpoint())
    const path = await first.settle(observed.job.triggerSavepoint())
    expect(path).toBe('mem://saved/savepoint-1')
    expect((await first.session.savepoints())[0]).toMatchObject({
      path,
      jobId: observed.job.id,
      checkpointPath: `mem://main/${observed.job.id}/2`,
    })

    const second = new SimulatedProcess({ plugins, seed: 2 })
    feed.push(...words.slice(3))
    feed.end()
    const restored = await second.submit(countProgram(feed.source, output, inMemory), { fromSavepoint: path })
    expect((await second.settle(restored.job.done)).status).toBe('FINISHED')
    expect(shown(output)).toEqual(expectedCounts(words))

    const third = new SimulatedProcess({ plugins, seed: 3 })
    await third.settle(third.session.disposeSavepoint(path))
    await expect(third.settle(third.session.disposeSavepoint(path))).rejects.toMatchObject({
      code: 'SAVEPOINT_NOT_FOUND',
    })
    expect([...first.crashes, ...second.crashes, ...third.crashes]).toEqual([])
  })

  it('resumes by name, and starts from a retained checkpoint by its path, with or without _metadata', async () => {
    const plugins = [memoryPlugin()]
    const first = new SimulatedProcess({ plugins })
    const feed = new Feed(words)
    const observed = await first.submit(countProgram(feed.source, [], inMemory))
    await observed.is('RUNNING')
    await first.settle(observed.job.triggerCheckpoint())
    const chk = `mem://main/${observed.job.id}/1`
    for (const [options, id] of [
      [{ resume: true }, true],
      [{ fromSavepoint: chk }, false],
      [{ fromSavepoint: `${chk}/_metadata` }, false],
    ] as const) {
      const next = new SimulatedProcess({ plugins, seed: 2 })
      const again = await next.submit(countProgram(feed.source, [], inMemory), options)
      await again.is('RUNNING')
      expect(again.job.checkpointStats().restored?.path).toBe(chk)
      expect(again.job.id === observed.job.id).toBe(id)
    }
  })

  it('points from a directory to a checkpoint of the plugin, which the pointer names by its scheme', async () => {
    const plugins = [memoryPlugin()]
    const dir = temporaryDir()
    const first = new SimulatedProcess({ plugins })
    const options = { ...inMemory, savepoint: { kind: 'filesystem' as const, dir } }
    const observed = await first.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('RUNNING')
    const path = await first.settle(observed.job.triggerSavepoint())
    const pointer = JSON.parse(readFileSync(join(path, '_metadata'), 'utf8'))
    expect(pointer).toMatchObject({ formatVersion: 2, checkpoint: { url: `mem://main/${observed.job.id}/1` } })
    await first.settle(observed.job.cancel())

    const bare = new SimulatedProcess({ seed: 2 })
    await expect(bare.settle(bare.session.disposeSavepoint(path))).rejects.toMatchObject({
      code: 'STORAGE_UNKNOWN',
      message:
        `There is no storage for mem://main/${observed.job.id}/1: no plugin for "mem://" is registered (none is, for any ` +
        'scheme). Set "tidemark.plugins" to the module with the plugin, or pass it to createSession in "plugins".',
    })
    expect(existsSync(join(path, '_metadata'))).toBe(true)

    const next = new SimulatedProcess({ plugins, seed: 3 })
    await next.settle(next.session.disposeSavepoint(path))
    expect(existsSync(path)).toBe(false)
    const again = next.submit(countProgram(new Feed(words).source, [], options), {
      fromSavepoint: pointer.checkpoint.url,
    })
    await expect(again).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })

  it('copies state out of the plugin into a directory, which then needs no plugin', async () => {
    const first = new SimulatedProcess({ plugins: [memoryPlugin()] })
    const feed = new Feed(words.slice(0, 3))
    const output: Counted[] = []
    const observed = await first.submit(countProgram(feed.source, output, inMemory))
    await observed.is('RUNNING')
    await first.until(() => output.length === 3)
    const selfContained = (dir?: string) =>
      first.settle(observed.job.triggerSavepoint({ format: 'self-contained', ...(dir !== undefined && { dir }) }))
    await expect(selfContained()).rejects.toMatchObject({
      code: 'SAVEPOINT_DIR_MISSING',
      message: expect.stringContaining('would be kept by "jobmanager"'),
    })
    const path = await selfContained(temporaryDir())

    const bare = new SimulatedProcess({ seed: 2 })
    feed.push(...words.slice(3))
    feed.end()
    const restored = await bare.submit(countProgram(feed.source, output, {}), { fromSavepoint: path })
    expect((await bare.settle(restored.job.done)).status).toBe('FINISHED')
    expect(shown(output)).toEqual(expectedCounts(words))
    await bare.settle(bare.session.disposeSavepoint(path))
    expect(existsSync(path)).toBe(false)
  })

  it('puts one savepoint where it is told to, be it a place of the plugin', async () => {
    const process = new SimulatedProcess({ plugins: [memoryPlugin()] })
    const { savepoint: _, ...options } = inMemory
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('RUNNING')
    expect(await process.settle(observed.job.triggerSavepoint('mem://elsewhere/deep'))).toBe(
      'mem://elsewhere/deep/savepoint-1',
    )
    expect(await process.settle(observed.job.triggerSavepoint())).toBe('jobmanager://savepoints/1')
    expect(observed.warnings).toEqual([
      expect.stringMatching(/^Savepoint jobmanager:\/\/savepoints\/1 is in the memory/),
    ])
  })

  it('asks for each place once, however it is written', async () => {
    const made: string[] = []
    const options = { plugins: [memoryPlugin('mem', made)], checkpointStorage: custom('MEM://main/') }
    const process = new SimulatedProcess(options)
    const bare = { checkpoint: idle }
    const observed = await process.submit(countProgram(new Feed(words).source, [], bare))
    await observed.is('RUNNING')
    await process.settle(observed.job.triggerCheckpoint())
    expect(made).toEqual(['checkpoints mem://main'])
  })
})

describe('a state backend of a plugin', () => {
  it('keeps the state of jobs when configuration names it, and goes on from what the heap has written', async () => {
    let made = 0
    const counting = definePlugin({
      name: 'counting',
      stateBackend: {
        name: 'counting',
        create: () => ({
          kind: 'counting',
          create(options) {
            made++
            return heapStateBackend.create(options)
          },
        }),
      },
    })
    const plugins = [memoryPlugin(), counting]
    const entries = [{ key: 'state.backend.type', value: 'counting', origin: 'test' }]
    const configured = sessionOptionsOf(readConfiguration([entries]), () => {}, plugins)
    const feed = new Feed(words.slice(0, 3))
    const output: Counted[] = []
    const first = new SimulatedProcess({ plugins })
    const observed = await first.submit(countProgram(feed.source, output, inMemory))
    await observed.is('RUNNING')
    await first.until(() => output.length === 3)
    const path = await first.settle(observed.job.triggerSavepoint())
    expect(made).toBe(0)

    const second = new SimulatedProcess({ ...configured, seed: 2 })
    feed.push(...words.slice(3))
    feed.end()
    const restored = await second.submit(countProgram(feed.source, output, inMemory), { fromSavepoint: path })
    expect((await second.settle(restored.job.done)).status).toBe('FINISHED')
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(made).toBe(1)
  })
})

describe('what no plugin has', () => {
  it('is refused when the session is made, naming what there is', () => {
    const plugins = [memoryPlugin()]
    expect(() => createSession({ plugins, checkpointStorage: custom('bucket://main') })).toThrow(
      expect.objectContaining({
        code: 'STORAGE_UNKNOWN',
        message: expect.stringContaining('no plugin for "bucket://" is registered (only for mem).'),
        details: { path: 'bucket://main', scheme: 'bucket', key: 'tidemark.plugins' },
      }),
    )
  })

  it('is refused when a job is submitted, before it runs', async () => {
    const process = new SimulatedProcess({ plugins: [memoryPlugin()] })
    const submit = (options: Parameters<typeof countProgram>[2], from?: string) =>
      process.submit(
        countProgram(new Feed(words).source, [], options),
        from === undefined ? {} : { fromSavepoint: from },
      )
    const unknown = expect.objectContaining({ code: 'STORAGE_UNKNOWN' })
    await expect(submit({ checkpoint: { storage: custom('bucket://main') } })).rejects.toEqual(unknown)
    await expect(submit({ ...inMemory, savepoint: custom('bucket://main') })).rejects.toEqual(unknown)
    await expect(submit(inMemory, 'bucket://main/savepoint-1')).rejects.toEqual(unknown)
    await expect(submit(inMemory, 'mem://main/7')).rejects.toMatchObject({ code: 'SAVEPOINT_NOT_FOUND' })
  })

  it('is refused where the plugin is for something else', () => {
    const plugins = [definePlugin({ name: 'one', savepointStore: memoryPlugin().savepointStore! })]
    expect(() => createSession({ plugins, checkpointStorage: custom('mem://main') })).toThrow(
      'mem://main cannot keep checkpoints: the plugin of the scheme "mem" is for savepoints only.',
    )
  })

  it('keeps savepoints of a plugin from pointing into the memory of the session', async () => {
    const process = new SimulatedProcess({ plugins: [memoryPlugin()] })
    const program = countProgram(new Feed(words).source, [], { savepoint: custom('mem://saved') })
    await expect(process.submit(program)).rejects.toMatchObject({
      code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
      message: expect.stringContaining('"savepoints.state.backend" is mem://saved'),
    })
    const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
    await observed.is('RUNNING')
    await expect(process.settle(observed.job.triggerSavepoint('mem://saved'))).rejects.toMatchObject({
      code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
      message: expect.stringContaining('A savepoint in mem://saved would point'),
    })
  })

  it('is damage in a pointer that has been tampered with', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, '_metadata'), JSON.stringify({ kind: 'savepoint-pointer', formatVersion: 2 }))
    const process = new SimulatedProcess({ plugins: [memoryPlugin()] })
    await expect(process.settle(process.session.disposeSavepoint(dir))).rejects.toMatchObject({
      code: 'MANIFEST_DAMAGED',
    })
  })
})
