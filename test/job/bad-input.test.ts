import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CheckpointStorage } from '../../src/backends/checkpoint-storage.ts'
import { type FileSystem, nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { fromCollection } from '../../src/connectors/collection.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import type { StreamError } from '../../src/core/errors.ts'
import type { JobId } from '../../src/core/ids.ts'
import { Storages } from '../../src/job/storages.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

async function errorOf(promise: Promise<unknown>): Promise<StreamError> {
  const error = await promise.then(
    () => expect.fail('it should fail'),
    (thrown: unknown) => thrown as StreamError,
  )
  expect(error.name).toBe('StreamError')
  // A sentence and no stack.
  expect(error.message).not.toMatch(/\n|\bat .*:\d+:\d+/)
  return error
}

describe('a job', () => {
  it('that nobody knows', async () => {
    const id = '0123456789abcdef0123456789abcdef' as JobId
    const { code, message } = await errorOf((async () => new SimulatedProcess().session.job(id))())
    expect([code, message]).toEqual(['JOB_NOT_FOUND', `There is no job ${id}.`])
  })

  it('with two operators of one uid', async () => {
    const env = StreamEnvironment.create()
    const stream = env
      .fromSource(fromCollection([1]))
      .uid('twice')
      .name('first')
    stream
      .map((n) => n)
      .uid('twice')
      .name('second')
      .sinkTo(toArray<number>([]))
    const { code, message } = await errorOf(new SimulatedProcess().submit(env))
    expect(code).toBe('UID_DUPLICATE')
    for (const name of ['twice', 'first', 'second']) expect(message).toContain(name)
  })

  it('with state under a generated id is warned of, with the line to paste', async () => {
    const env = StreamEnvironment.create()
    const keyed = env
      .fromSource(new Feed(words).source)
      .uid('in')
      .keyBy((word) => word)
    keyed
      .process({ state: { n: valueState<number>(0) }, element: () => {} })
      .name('forgotten')
      .sinkTo(toArray<unknown>([]))
      .uid('out')
    const process = new SimulatedProcess()
    const observed = await process.submit(env)
    await observed.is('RUNNING')
    expect(observed.warnings).toHaveLength(1)
    expect(observed.warnings[0]).toMatch(/forgotten.*\.uid\('/)
    expect(process.logged.some((line) => line.startsWith('warn') && line.includes('forgotten'))).toBe(true)
  })

  it('whose key function gives undefined', async () => {
    const env = StreamEnvironment.create()
    const keyed = env
      .fromSource(fromCollection([{ word: 'a' }, {} as { word: string }]))
      .uid('in')
      .keyBy(({ word }) => word)
    keyed
      .process({ element: () => {} })
      .name('per word')
      .uid('count')
      .sinkTo(toArray<unknown>([]))
      .uid('out')
    const observed = await new SimulatedProcess().submit(env)
    const { error } = await observed.done()
    expect(error?.code).toBe('KEY_INVALID')
    expect(error?.message).toMatch(/per word.*undefined|undefined.*per word/)
  })

  it('whose state cannot be stored says which, and where in it', async () => {
    const env = StreamEnvironment.create({ checkpoint: { intervalMs: 10 }, restart: { strategy: 'none' } })
    const keyed = env
      .fromSource(new Feed(words).source)
      .uid('in')
      .keyBy((word) => word)
    keyed
      .process({
        state: { last: valueState<{ deep: { fn?: () => void } }>({ deep: {} }) },
        element: (_, ctx) => ctx.state.last.update({ deep: { fn: () => {} } }),
      })
      .name('keeps functions')
      .uid('count')
      .sinkTo(toArray<unknown>([]))
      .uid('out')
    const observed = await new SimulatedProcess().submit(env)
    const { status, error } = await observed.done()
    expect(status).toBe('FAILED')
    for (const name of ['keeps functions', 'last', 'deep.fn']) expect(error?.message).toContain(name)
  })
})

describe('storage', () => {
  const onDisk = (dir: string, more: JobOptions['checkpoint'] = {}): JobOptions => ({
    checkpoint: { intervalMs: 100, inlineStateBytes: 0, storage: { kind: 'filesystem', dir }, ...more },
    restart: { strategy: 'none' },
  })

  it('below a file is refused at submission', async () => {
    const file = join(temporaryDir(), 'a file')
    writeFileSync(file, '')
    const program = countProgram(new Feed(words).source, [], onDisk(join(file, 'below')))
    const { code, message } = await errorOf(new SimulatedProcess().submit(program))
    expect(code).toBe('DIRECTORY_NOT_WRITABLE')
    expect(message).toContain(file)
  })

  it('that is full fails the checkpoint by that name, and the job when it tolerates none', async () => {
    const dir = temporaryDir()
    const storages = new FullDisk(dir)
    const process = new SimulatedProcess({ storages })
    const observed = await process.submit(countProgram(new Feed(words).source, [], onDisk(dir)))
    storages.full = true
    const { status, error } = await observed.done()
    expect(status).toBe('FAILED')
    expect(error?.message).toMatch(/disk is full/i)
    expect(error?.message).toContain(dir)
    expect(observed.of('checkpoint-aborted')[0]?.reason).toMatch(/disk is full/i)
    expect(process.crashes).toEqual([])
  })

  it('that is full for a while is survived', async () => {
    const dir = temporaryDir()
    const storages = new FullDisk(dir)
    const process = new SimulatedProcess({ storages })
    const options = onDisk(dir, { tolerableFailures: 1_000 })
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.completes(1)
    storages.full = true
    await process.until(() => observed.of('checkpoint-aborted').length === 3)
    storages.full = false
    await observed.completes(1)
    expect(observed.job.currentStatus).toBe('RUNNING')
    expect(observed.job.checkpointStats().counts.failed).toBe(3)
  })

  it('with a snapshot that is damaged is refused by file and checksum', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const program = countProgram(new Feed(words).source, [], onDisk(dir))
    const observed = await process.submit(program)
    await observed.completes(1)
    await process.settle(process.session.close())
    const chk = join(dir, observed.job.id, `chk-${observed.completed.at(-1)}`)
    const metadata = join(chk, '_metadata')
    const text = readFileSync(metadata, 'utf8')
    const from = (path: string) => errorOf(new SimulatedProcess({ seed: 2 }).submit(program, { fromSavepoint: path }))

    writeFileSync(metadata, text.replace('"count"', '"c0unt"'))
    const damaged = await from(chk)
    expect(damaged.code).toBe('MANIFEST_DAMAGED')
    expect(damaged.message).toContain(metadata)
    expect(damaged.message).toMatch(/checksum|CRC/i)

    writeFileSync(metadata, text.slice(0, 50))
    expect(await from(chk)).toMatchObject({ code: 'MANIFEST_DAMAGED', message: expect.stringContaining(metadata) })

    writeFileSync(metadata, text)
    const state = readdirSync(chk).find((name) => !name.startsWith('_'))!
    rmSync(join(chk, state))
    const job = await new SimulatedProcess({ seed: 3 }).submit(program, { fromSavepoint: chk })
    expect(await job.done()).toMatchObject({
      status: 'FAILED',
      error: { code: 'STATE_FILE_MISSING', message: expect.stringContaining(state) },
    })

    rmSync(metadata)
    expect(await from(chk)).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND', message: expect.stringContaining(chk) })
    const nowhere = join(dir, 'nowhere')
    expect(await from(nowhere)).toMatchObject({
      code: 'SAVEPOINT_NOT_FOUND',
      message: expect.stringContaining(nowhere),
    })
  })

  it('of another format version is refused by both versions', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const program = countProgram(new Feed(words).source, [], onDisk(dir))
    const observed = await process.submit(program)
    await observed.completes(1)
    await process.settle(process.session.close())
    const chk = join(dir, observed.job.id, `chk-${observed.completed.at(-1)}`)
    const metadata = join(chk, '_metadata')
    writeFileSync(metadata, readFileSync(metadata, 'utf8').replace(/"formatVersion":\s*\d+/, '"formatVersion": 99'))
    const error = await errorOf(new SimulatedProcess({ seed: 2 }).submit(program, { fromSavepoint: chk }))
    expect(error.code).toBe('MANIFEST_VERSION_UNSUPPORTED')
    expect(error.message).toMatch(/99/)
    expect(error.message).toContain(metadata)
  })
})

/** A disk that has no room while `full`. */
class FullDisk extends Storages {
  full = false
  readonly #storage: CheckpointStorage

  constructor(dir: string) {
    super()
    const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const fs: FileSystem = {
      ...nodeFileSystem,
      create: async (path) => {
        const file = await nodeFileSystem.create(path)
        return {
          ...file,
          write: (bytes) => (this.full ? Promise.reject(noSpace()) : file.write(bytes)),
        }
      },
    }
    this.#storage = filesystemCheckpointStorage({ dir, fs })
  }

  override checkpoints(): CheckpointStorage {
    return this.#storage
  }
}
