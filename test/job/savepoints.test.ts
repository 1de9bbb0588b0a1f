import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { type ObservedJob, SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

const idle = { intervalMs: 1_000_000, minPauseMs: 1_000_000 }

async function running(process: SimulatedProcess, ...args: Parameters<typeof countProgram>): Promise<ObservedJob> {
  const observed = await process.submit(countProgram(...args))
  await observed.is('RUNNING')
  return observed
}

describe('savepoints of the jobmanager', () => {
  it('are numbered, listed, gone on from, and disposed of', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const output: Counted[] = []
    const observed = await running(process, feed.source, output, {})
    const paths: string[] = []
    for (let i = 0; i < 3; i++) paths.push(await process.settle(observed.job.triggerSavepoint()))
    expect(paths).toEqual([1, 2, 3].map((n) => `jobmanager://savepoints/${n}`))
    const listed = await process.session.savepoints()
    expect(listed.map(({ path }) => path)).toEqual(paths)
    expect(listed[0]).toMatchObject({ jobId: observed.job.id, jobName: 'count' })
    await process.settle(observed.job.cancel())

    const again = await running(process, feed.source, [], {})
    await process.settle(again.job.cancel())
    const fromFirst = await process.submit(countProgram(feed.source, [], {}), { fromSavepoint: paths[0]! })
    await fromFirst.is('RUNNING')
    await process.settle(process.session.disposeSavepoint(paths[1]!))
    expect((await process.session.savepoints()).map(({ path }) => path)).toEqual([paths[0], paths[2]])
    await expect(process.settle(process.session.disposeSavepoint(paths[1]!))).rejects.toMatchObject({
      code: 'SAVEPOINT_NOT_FOUND',
      message: expect.stringContaining(paths[1]!),
    })
    await expect(process.submit(countProgram(feed.source, [], {}), { fromSavepoint: paths[1]! })).rejects.toMatchObject(
      { code: 'SAVEPOINT_NOT_FOUND' },
    )
  })

  it('are lost with their process', async () => {
    const process = new SimulatedProcess()
    const observed = await running(process, new Feed(words).source, [], {})
    const path = await process.settle(observed.job.triggerSavepoint())
    const next = new SimulatedProcess({ seed: 2 })
    await expect(
      next.submit(countProgram(new Feed(words).source, [], {}), { fromSavepoint: path }),
    ).rejects.toMatchObject({ code: 'SAVEPOINT_NOT_FOUND', message: expect.stringContaining(path) })
  })
})

describe('savepoints on disk', () => {
  const onDisk = (dir: string) => ({
    checkpoint: { ...idle, retained: 1, storage: { kind: 'filesystem' as const, dir: join(dir, 'checkpoints') } },
    savepoint: { kind: 'filesystem' as const, dir: join(dir, 'savepoints') },
  })

  it('pin their checkpoint: c1 and c3 go, c2 stays until s1 is disposed of', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const observed = await running(process, new Feed(words).source, [], onDisk(dir))
    const chk = (n: number) => existsSync(join(dir, 'checkpoints', observed.job.id, `chk-${n}`, '_metadata'))
    expect(await process.settle(observed.job.triggerCheckpoint())).toBe(1)
    const s1 = await process.settle(observed.job.triggerSavepoint())
    expect(await process.settle(observed.job.triggerCheckpoint())).toBe(3)
    expect(await process.settle(observed.job.triggerCheckpoint())).toBe(4)
    await process.until(() => !chk(3))
    expect([1, 2, 3, 4].map(chk)).toEqual([false, true, false, true])
    await process.settle(observed.job.cancel())
    expect([2, 4].map(chk)).toEqual([true, false])
    expect(s1.startsWith(join(dir, 'savepoints', `savepoint-${observed.job.id.slice(0, 6)}-`))).toBe(true)

    // Another process, later, disposes of it: first the pointer goes, then the checkpoint may.
    const order: string[] = []
    const next = new SimulatedProcess({
      seed: 2,
      held: (label) => {
        if (label.includes(' unpin ')) order.push(`pointer ${existsSync(join(s1, '_metadata'))}, checkpoint ${chk(2)}`)
        return false
      },
    })
    // However it is named: its pin goes by the path that it was made under.
    await next.settle(next.session.disposeSavepoint(pathToFileURL(join(s1, '_metadata')).href))
    expect(order[0]).toBe('pointer false, checkpoint true')
    expect(existsSync(s1)).toBe(false)
    expect(chk(2)).toBe(false)
  })

  it('outlive the process, and the counts go on', async () => {
    const dir = temporaryDir()
    const feed = new Feed(words)
    const output: Counted[] = []
    const program = countProgram(feed.source, output, onDisk(dir))
    const first = new SimulatedProcess()
    const observed = await first.submit(program)
    await observed.is('RUNNING')
    await first.until(() => feed.read === feed.size)
    const path = await first.settle(observed.job.stop())
    feed.push('to')
    const second = new SimulatedProcess({ seed: 2 })
    const resumed = await second.submit(program, { fromSavepoint: path })
    await resumed.is('RUNNING')
    await second.until(() => feed.read === feed.size)
    await second.settle(resumed.job.triggerCheckpoint())
    await second.until(() => output.length === 7)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to']))
  })

  it('go where they are asked to go', async () => {
    const [dir, elsewhere] = [temporaryDir(), join(temporaryDir(), 'new')]
    const process = new SimulatedProcess()
    const observed = await running(process, new Feed(words).source, [], onDisk(dir))
    const path = await process.settle(observed.job.triggerSavepoint(elsewhere))
    expect(readdirSync(elsewhere).map((name) => join(elsewhere, name))).toEqual([path])
  })

  it('over checkpoints of the jobmanager are refused with both keys', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const savepoint = { kind: 'filesystem', dir } as const
    const message = expect.stringMatching(/savepoints\.state\.backend.*"?state\.backend/s)
    await expect(process.submit(countProgram(new Feed(words).source, [], { savepoint }))).rejects.toMatchObject({
      code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
      message,
    })
    const observed = await running(process, new Feed(words).source, [], {})
    await expect(observed.job.triggerSavepoint(dir)).rejects.toMatchObject({
      code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
      message: expect.stringMatching(/"state\.backend".*"state\.backend\.fs\.checkpointdir"/s),
    })
    expect(observed.job.currentStatus).toBe('RUNNING')
  })

  it('without a directory fall back to the jobmanager with a warning', async () => {
    const process = new SimulatedProcess()
    const savepoint = { kind: 'filesystem' } as const
    const observed = await running(process, new Feed(words).source, [], { savepoint })
    expect(observed.warnings).toEqual([expect.stringContaining('"savepoints.state.backend.fs.dir"')])
    expect(process.logged.join('\n')).toContain('savepoints.state.backend.fs.dir')
    expect(await process.settle(observed.job.triggerSavepoint())).toBe('jobmanager://savepoints/1')
  })

  it('in a directory that cannot be made fail by its name, and the job goes on', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const observed = await running(process, new Feed(words).source, [], onDisk(dir))
    const checkpoint = await process.settle(observed.job.triggerCheckpoint())
    const file = join(dir, 'checkpoints', observed.job.id, `chk-${checkpoint}`, '_metadata')
    await expect(process.settle(observed.job.triggerSavepoint(join(file, 'below')))).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_WRITABLE',
      message: expect.stringContaining(file),
    })
    expect(observed.job.currentStatus).toBe('RUNNING')
  })
})
