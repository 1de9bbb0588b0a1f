import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkpointIdsIn, readCheckpoint } from '../../src/backends/checkpoint-directory.ts'
import { ensureDir, isInside } from '../../src/backends/durable-files.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import '../../src/backends/filesystem-job.ts'
import { readJobRecord } from '../../src/backends/job-record.ts'
import { Lease } from '../../src/backends/lease.ts'
import { localPath } from '../../src/backends/local-path.ts'
import { isBookkeeping, isPinned, writePin } from '../../src/backends/pins.ts'
import { StateFile } from '../../src/backends/state-file.ts'
import { stateFileName } from '../../src/backends/state-segments.ts'
import { storageError } from '../../src/backends/storage-errors.ts'
import { sweepCheckpoint } from '../../src/backends/sweep.ts'
import { WriteChunks } from '../../src/backends/write-chunks.ts'
import type { CheckpointId, SubtaskId } from '../../src/core/ids.ts'
import {
  handleOf,
  storeCheckpoint,
  suiteJob,
  suiteManifest,
  writeState,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { errno, MemoryFileSystem } from './memory-file-system.ts'
import { temporaryDir } from './temporary.ts'

const clock = { now: () => 1_700_000_000_000 }
const opened = async (dir = temporaryDir()) => {
  const storage = filesystemCheckpointStorage({ dir, clock })
  const job = await storage.open(suiteJob)
  return { dir, jobDir: join(dir, suiteJob.id), storage, job }
}

describe('the layout', () => {
  it('is a directory per job and checkpoint, with names that say what they are', async () => {
    const { jobDir, job } = await opened()
    const { path } = await storeCheckpoint(job, 1)
    expect(path).toBe(join(jobDir, 'chk-1'))
    expect(readdirSync(jobDir).toSorted()).toEqual(['chk-1', 'job.json', 'lease-1'])
    const { file } = handleOf(await job.load(1 as CheckpointId))
    expect(readdirSync(path).toSorted()).toEqual([file, '_metadata'].toSorted())
    expect(file).toMatch(/^[0-9a-f]{32}-0\.state$/)
    expect(JSON.parse(readFileSync(join(jobDir, 'lease-1'), 'utf8'))).toEqual({
      epoch: 1,
      pid: process.pid,
      time: clock.now(),
    })
    expect(await readJobRecord(nodeFileSystem, jobDir)).toMatchObject({ name: 'suite', highestId: 0, finishedAt: 0 })
  })

  it('is found by directory, manifest and file URL, and not elsewhere', async () => {
    const { dir, storage, job } = await opened()
    const { path } = await storeCheckpoint(job, 1)
    for (const name of [path, `${path}/`, join(path, '_metadata'), pathToFileURL(path).href]) {
      expect((await storage.resolve(name))?.path).toBe(path)
    }
    expect(await storage.resolve('jobmanager://checkpoints/1')).toBeUndefined()
    expect(await storage.resolve(join(dir, 'nothing'))).toBeUndefined()
    await expect(storage.resolve(join(dir, 'chk-9'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })

  it('keeps a state file inside its directory whatever the subtask is called', () => {
    expect(stateFileName('../../etc/0' as SubtaskId)).toBe('______etc-0.state')
  })

  it('knows checkpoints from other names', () => {
    expect(checkpointIdsIn(['chk-10', 'chk-9', 'chk-0', 'chk-01', 'chk-x', 'shared', 'chk-1.bak'])).toEqual([9, 10])
  })
})

describe('paths', () => {
  it('outside the configured directories are refused, unless they are added', async () => {
    const here = await opened()
    const elsewhere = await opened()
    const { path } = await storeCheckpoint(elsewhere.job, 1)
    await expect(here.storage.resolve(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    const wider = filesystemCheckpointStorage({ dir: here.dir, readableDirs: [elsewhere.dir] })
    expect((await wider.resolve(path))?.path).toBe(path)
  })

  it('that lead outside by a link are refused', async () => {
    const here = await opened()
    const elsewhere = await opened()
    const { path } = await storeCheckpoint(elsewhere.job, 1)
    symlinkSync(path, join(here.dir, 'chk-5'))
    await expect(here.storage.resolve(join(here.dir, 'chk-5'))).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    const stored = await storeCheckpoint(here.job, 1)
    const { file } = handleOf(stored)
    rmSync(join(stored.path, file))
    symlinkSync(join(path, file), join(stored.path, file))
    await expect(stored.read(handleOf(stored))).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    expect(await isInside(nodeFileSystem, here.dir, stored.path)).toBe(true)
  })

  it('of this machine are told from others', () => {
    expect(localPath('/a/../b')).toBe('/b')
    expect(localPath('file:///a/b')).toBe('/a/b')
    expect(localPath('jobmanager://x/1')).toBeUndefined()
    expect(() => localPath('file://host/a')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

describe('damage', () => {
  it('in state is found when it is read', async () => {
    const { job } = await opened()
    await storeCheckpoint(job, 1)
    const stored = await storeCheckpoint(job, 2)
    const handle = handleOf(stored)
    truncateSync(join(stored.path, handle.file), 4)
    await expect(stored.read(handle)).rejects.toThrow(/expected 11 bytes with CRC-32 [0-9a-f]{8}, got 4 bytes/)
    rmSync(join(stored.path, handle.file))
    await expect(stored.read(handle)).rejects.toMatchObject({ code: 'STATE_FILE_MISSING' })
    mkdirSync(join(stored.path, handle.file))
    await expect(stored.read(handle)).rejects.toMatchObject({ code: 'STATE_FILE_DAMAGED', restartable: false })
  })

  it('in a manifest is named, and the sweep leaves what it cannot read', async () => {
    const { storage, job } = await opened()
    const { path } = await storeCheckpoint(job, 1)
    const file = join(path, '_metadata')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"count"', '"COUNT"'))
    await expect(storage.resolve(path)).rejects.toMatchObject({
      code: 'MANIFEST_DAMAGED',
      message: expect.stringContaining(file),
    })
    await expect(readCheckpoint(nodeFileSystem, path)).rejects.toThrow(
      /checksum: expected "[0-9a-f]{8}" \(the CRC-32 of the content\)/,
    )
    expect(await job.sweep([])).toEqual([])
    expect(existsSync(path)).toBe(true)
    const next = await storage.open(suiteJob)
    expect([next.existing, next.unreadable, next.highestId]).toEqual([[], [1], 1])
    expect(await next.discard(1 as CheckpointId)).toBe(true)
    expect(existsSync(path)).toBe(false)
  })
})

describe('the lease', () => {
  it('of a newer owner stops a manifest that is on its way', async () => {
    const fs = new MemoryFileSystem()
    const make = () => filesystemCheckpointStorage({ dir: '/c', fs, clock })
    // The second process takes over at each call that the first one makes.
    for (let at = 0; ; at++) {
      const first = await make().open(suiteJob)
      const handles = await writeState(first, at + 1)
      let second: Awaited<ReturnType<ReturnType<typeof make>['open']>> | undefined
      const start = fs.calls
      const interposed = fs.interpose(start + at, async () => {
        second = await make().open(suiteJob)
      })
      const outcome = await first.putManifest(suiteManifest(at + 1, handles)).then(
        () => 'stored',
        (error: unknown) => (error as { code: string }).code,
      )
      if (!interposed()) break
      const seen = second!.existing.some(({ manifest }) => manifest.checkpointId === at + 1)
      const there = await second!.load((at + 1) as CheckpointId).then(
        () => true,
        () => false,
      )
      // What the new owner did not see may not appear later.
      expect({ at, seen: there }).toEqual({ at, seen })
      expect(outcome, `taken over at call ${at}`).toBe(seen ? 'stored' : 'LEASE_LOST')
    }
  })

  it('of a newer owner stops a job record that is on its way', async () => {
    const fs = new MemoryFileSystem()
    const make = () => filesystemCheckpointStorage({ dir: '/c', fs, clock })
    const lost: number[] = []
    for (let at = 0; ; at++) {
      const first = await make().open(suiteJob)
      let second: Awaited<ReturnType<ReturnType<typeof make>['open']>> | undefined
      const interposed = fs.interpose(fs.calls + at, async () => {
        second = await make().open(suiteJob)
      })
      const outcome = await first.finish().then(
        () => 'noted',
        (error: unknown) => (error as { code: string }).code,
      )
      if (!interposed()) break
      // The new owner begins the job anew: what the old one has noted may be seen by it, but not come after it.
      const { finishedAt } = (await readJobRecord(fs, `/c/${suiteJob.id}`))!
      expect({ at, finishedAt }).toEqual({ at, finishedAt: 0 })
      expect(outcome, `taken over at call ${at}`).toBe(second!.hadFinished ? 'noted' : 'LEASE_LOST')
      if (outcome === 'LEASE_LOST') lost.push(at)
    }
    expect(lost.length).toBeGreaterThan(3)
  })

  it('rises with each owner and is remembered when all else is gone', async () => {
    const { dir, jobDir, job } = await opened()
    await job.close()
    const again = await opened(dir)
    expect([job.epoch, again.job.epoch]).toEqual([1, 2])
    expect(readdirSync(jobDir).filter((name) => name.startsWith('lease'))).toEqual(['lease-2'])
    const lease = await Lease.take(nodeFileSystem, jobDir, suiteJob.id, 0)
    expect(await lease.check()).toContain('lease-3')
  })
})

describe('the sweep', () => {
  it('removes stray files but pins, and checkpoints let go by all', async () => {
    const { job, storage } = await opened()
    const { path } = await storeCheckpoint(job, 1)
    writeFileSync(join(path, 'stray.state'), 'x')
    writeFileSync(join(path, '_metadata.tmp-1'), 'x')
    await storage.pin(path, '/savepoints/a')
    expect((await job.sweep([])).toSorted()).toEqual([join(path, '_metadata.tmp-1'), join(path, 'stray.state')])
    expect(isPinned(readdirSync(path))).toBe(true)
    // The pin goes without this process being told, as when another one disposes of the savepoint.
    expect(await job.discard(1 as CheckpointId)).toBe(false)
    for (const name of readdirSync(path)) if (name.startsWith('pin-')) rmSync(join(path, name))
    expect(await job.sweep([])).toEqual([path])
    expect(await sweepCheckpoint(nodeFileSystem, path, async () => {})).toEqual([path])
  })

  it('leaves other directories of the job alone', async () => {
    const { jobDir, job } = await opened()
    mkdirSync(join(jobDir, 'notes'))
    await job.sweep([])
    expect(existsSync(join(jobDir, 'notes'))).toBe(true)
  })

  it('does not take a pin for rubbish, even a torn one', async () => {
    const dir = temporaryDir()
    await writePin(nodeFileSystem, dir, 'someone')
    const [name] = readdirSync(dir)
    expect(JSON.parse(readFileSync(join(dir, name!), 'utf8'))).toEqual({ formatVersion: 1, holder: 'someone' })
    truncateSync(join(dir, name!), 0)
    expect([isPinned([name!]), isBookkeeping(name!), isBookkeeping('retired'), isBookkeeping('pin-x')]).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})

describe('errors of the disk', () => {
  it.each([
    ['ENOSPC', 'STORAGE_FULL', 'the disk is full'],
    ['EDQUOT', 'STORAGE_FULL', 'the disk is full'],
    ['EACCES', 'DIRECTORY_NOT_WRITABLE', 'may write to'],
    ['EROFS', 'DIRECTORY_NOT_WRITABLE', 'may write to'],
    ['ENOTDIR', 'DIRECTORY_NOT_WRITABLE', 'may write to'],
    ['EIO', 'STORAGE_FAILED', 'EIO: injected'],
  ])('%s is %s', (code, expected, text) => {
    const error = storageError(errno(code), 'write', '/a/b')
    expect(error).toMatchObject({ code: expected, restartable: true, message: expect.stringContaining(text) })
    expect(error.message).toContain('/a/b')
  })

  it('a directory that is a file, or not writable, is named', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, 'file'), '')
    await expect(opened(join(dir, 'file'))).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_WRITABLE',
      message: expect.stringContaining(join(dir, 'file')),
    })
    chmodSync(dir, 0o500)
    const refused = process.getuid?.() === 0 ? undefined : 'DIRECTORY_NOT_WRITABLE'
    const code = await opened(join(dir, 'new')).then(
      () => undefined,
      (error: unknown) => (error as { code: string }).code,
    )
    chmodSync(dir, 0o700)
    expect(code).toBe(refused)
  })

  it('a full disk while state is written is told by close, and leaves nothing', async () => {
    const fs = new MemoryFileSystem()
    await ensureDir(fs, '/a')
    const file = new StateFile(fs, '/a', 'x.state', {
      prepare: async () => {},
      abandoned: async () => {},
      inlineBytes: 0,
      chunks: new WriteChunks(),
    })
    fs.fault = { at: fs.calls + 1, kind: 'fails', code: 'ENOSPC' }
    file.beginSegment()
    file.append(Buffer.alloc(3_000_000))
    file.endSegment()
    await expect(file.close()).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    expect(await fs.list('/a')).toEqual([])
  })
})
