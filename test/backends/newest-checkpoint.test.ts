import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { type JobRecord, takeJobRecord, writeJobRecord } from '../../src/backends/job-record.ts'
import { Lease } from '../../src/backends/lease.ts'
import { manifestVersion } from '../../src/backends/manifest.ts'
import { parseManifest, printSealed } from '../../src/backends/manifest-json.ts'
import { newestCheckpoint } from '../../src/backends/newest-checkpoint.ts'
import { asRead, isNoFile } from '../../src/backends/storage-errors.ts'
import type { CheckpointId, JobId } from '../../src/core/ids.ts'
import {
  handleOf,
  storeCheckpoint,
  suiteJob,
  suiteManifest,
  writeState,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { errno, MemoryFileSystem } from './memory-file-system.ts'
import { temporaryDir } from './temporary.ts'

/** Each look at it is a moment later. */
let time = 0
const clock = { now: () => ++time }

/** Checkpoints 1 and 2 of one job on disk. */
async function stored() {
  const dir = temporaryDir()
  const storage = filesystemCheckpointStorage({ dir, clock })
  const job = await storage.open(suiteJob)
  const [older, newer] = [await storeCheckpoint(job, 1), await storeCheckpoint(job, 2)]
  const state = join(newer.path, handleOf(newer).file)
  return { dir, storage, job, older: older.path, newer: newer.path, metadata: join(newer.path, '_metadata'), state }
}

const replaced = (path: string, make: (path: string) => void) => {
  rmSync(path)
  make(path)
}
const pipe = (path: string) => void execFileSync('mkfifo', [path])
const changed = (path: string, change: (text: string) => string) =>
  writeFileSync(path, change(readFileSync(path, 'utf8')))

describe('the newest checkpoint', () => {
  it.each([
    ['a damaged manifest', 'MANIFEST_DAMAGED', 'metadata', (path: string) => truncateSync(path, 9)],
    ['an empty manifest', 'MANIFEST_DAMAGED', 'metadata', (path: string) => truncateSync(path, 0)],
    [
      'a directory as manifest',
      'MANIFEST_DAMAGED',
      'metadata',
      (path: string) => replaced(path, (at) => mkdirSync(at)),
    ],
    ['a pipe as manifest', 'MANIFEST_DAMAGED', 'metadata', (path: string) => replaced(path, pipe)],
    [
      'a manifest of a newer version',
      'MANIFEST_VERSION_UNSUPPORTED',
      'metadata',
      (path: string) =>
        changed(path, (text) => text.replace('"formatVersion": 1', `"formatVersion": ${manifestVersion + 1}`)),
    ],
    ['no state file', 'STATE_FILE_MISSING', 'state', (path: string) => rmSync(path)],
    ['a short state file', 'STATE_FILE_DAMAGED', 'state', (path: string) => truncateSync(path, 4)],
    [
      'a directory as state file',
      'STATE_FILE_DAMAGED',
      'state',
      (path: string) => replaced(path, (at) => mkdirSync(at)),
    ],
    ['a pipe as state file', 'STATE_FILE_DAMAGED', 'state', (path: string) => replaced(path, pipe)],
  ] as const)('with %s fails with %s, and names the older one', async (_, code, what, damage) => {
    const { storage, older, ...paths } = await stored()
    damage(paths[what])
    await expect(storage.newest('suite')).rejects.toMatchObject({
      code,
      restartable: false,
      message: expect.stringMatching(/written twice\. .* -s .*chk-1 instead/),
      details: { older },
    })
    expect(await storage.newest('another')).toBeUndefined()
  })

  it('without any older whole one says how to begin anew', async () => {
    const { storage, older, metadata } = await stored()
    for (const path of [metadata, join(older, '_metadata')]) writeFileSync(path, '{}')
    await expect(storage.newest('suite')).rejects.toMatchObject({
      code: 'MANIFEST_DAMAGED',
      message: expect.stringContaining('leave --resume out'),
    })
  })

  it('is passed over without a manifest, and as a file', async () => {
    const { storage, dir, older, metadata } = await stored()
    rmSync(metadata)
    writeFileSync(join(dir, suiteJob.id, 'chk-999'), '')
    expect((await storage.newest('suite'))?.path).toBe(older)
  })

  it('may be a damaged plain savepoint only while its manifest says so', async () => {
    const { storage, job, newer } = await stored()
    const saved = await job.putManifest(suiteManifest(3, await writeState(job, 3), 'savepoint'))
    rmSync(join(saved.path, handleOf(saved).file))
    expect((await storage.newest('suite'))?.path).toBe(newer)
    truncateSync(join(saved.path, '_metadata'), 9)
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
    // What its job let go, and a pin keeps for a person, is nothing to resume from.
    await storage.pin(saved.path, '/savepoints/a')
    expect(await job.discard(3 as CheckpointId)).toBe(false)
    expect((await storage.newest('suite'))?.path).toBe(newer)
  })

  it('may not lie outside by a link: not the checkpoint, not the job', async () => {
    const { storage, dir, newer } = await stored()
    const outside = temporaryDir()
    renameSync(newer, join(outside, 'chk-2'))
    symlinkSync(join(outside, 'chk-2'), newer)
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    const wider = filesystemCheckpointStorage({ dir, readableDirs: [outside], clock })
    expect((await wider.newest('suite'))?.path).toBe(newer)
    rmSync(newer)
    renameSync(join(outside, 'chk-2'), newer)
    renameSync(join(dir, suiteJob.id), join(outside, 'job'))
    symlinkSync(join(outside, 'job'), join(dir, suiteJob.id))
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    expect(await storage.newest('another')).toBeUndefined()
  })
})

describe('jobs of one name', () => {
  const other = 'e'.repeat(32) as JobId

  it('damage of an earlier one does not matter once a later one has a whole checkpoint', async () => {
    const { storage, dir, metadata } = await stored()
    writeFileSync(metadata, '{}')
    const later = await storage.open({ id: other, name: 'suite' })
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
    const whole = await later.putManifest({ ...suiteManifest(3, undefined), job: { id: other, name: 'suite' } })
    expect((await storage.newest('suite'))?.path).toBe(whole.path)
    // Opened once more, the first one is the later one.
    await storage.open(suiteJob)
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
    // Without its record the time of its older checkpoint says as much: not later than the other.
    rmSync(join(dir, suiteJob.id, 'job.json'))
    expect((await storage.newest('suite'))?.path).toBe(whole.path)
    rmSync(join(whole.path, '_metadata'))
    await expect(storage.newest('suite')).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
  })

  it('a directory that tells no name stands in the way only of starting from nothing', async () => {
    const { storage, dir, older, metadata } = await stored()
    for (const path of [metadata, join(older, '_metadata'), join(dir, suiteJob.id, 'job.json')])
      writeFileSync(path, '{}')
    await expect(storage.newest('another')).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
    const job = { id: other, name: 'another' }
    const whole = await (await storage.open(job)).putManifest({ ...suiteManifest(1, undefined), job })
    expect((await storage.newest('another'))?.path).toBe(whole.path)
  })
})

describe('errors of the disk', () => {
  it('fail the search at every call, and nothing older is taken', async () => {
    const fs = new MemoryFileSystem()
    const storage = filesystemCheckpointStorage({ dir: '/c', fs, clock })
    const job = await storage.open(suiteJob)
    for (const id of [1, 2]) await storeCheckpoint(job, id)
    for (const code of ['EMFILE', 'EACCES', 'EIO']) {
      for (const search of [() => storage.newest('suite'), () => storage.finishedJob('suite')]) {
        const start = fs.calls
        await search()
        const calls = fs.calls - start
        for (let at = 0; at < calls; at++) {
          fs.fault = { at: fs.calls + at, kind: 'fails', code }
          await expect(search(), `${code} at ${at}`).rejects.toMatchObject({
            code: 'STORAGE_FAILED',
            details: { path: expect.stringContaining('/c'), errno: code },
          })
        }
      }
    }
  })

  it('pass over what was deleted since the list was made', async () => {
    const fs = new MemoryFileSystem()
    const storage = filesystemCheckpointStorage({ dir: '/c', fs, clock })
    for (let at = 0; ; at++) {
      const job = await storage.open(suiteJob)
      for (const id of [2 * at + 1, 2 * at + 2]) await storeCheckpoint(job, id)
      const interposed = fs.interpose(fs.calls + at, async () => {
        await job.discard((2 * at + 2) as CheckpointId)
      })
      const found = await storage.newest('suite')
      if (!interposed()) break
      expect(found?.manifest.checkpointId).toBeGreaterThanOrEqual(2 * at + 1)
    }
  })

  it('of a job that opens: what it cannot read is kept, and nothing that it restarts from', async () => {
    const { storage, job, metadata } = await stored()
    replaced(metadata, pipe)
    const next = await storage.open(suiteJob)
    expect(next.existing.map(({ manifest }) => manifest.checkpointId)).toEqual([1])
    expect([next.unreadable, next.highestId, job.unreadable]).toEqual([[2], 2, []])
    expect(await next.sweep([])).toEqual([])
  })

  it('are told from things that are no files, which nothing waits for', async () => {
    const dir = temporaryDir()
    const path = join(dir, 'pipe')
    pipe(path)
    const socket = join(dir, 'socket')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    for (const at of [path, socket, '/dev/zero', dir]) {
      const failures = [nodeFileSystem.size(at), nodeFileSystem.read(at, 0, 10)]
      for (const failure of await Promise.allSettled(failures)) {
        expect([failure.status, 'reason' in failure && (isNoFile(failure.reason) || failure.reason.code)]).toEqual([
          'rejected',
          at === socket ? expect.anything() : true,
        ])
      }
    }
    server.close()
    await expect(asRead('/x', () => Promise.reject(errno('EACCES')))).rejects.toThrow('Cannot read /x: EACCES')
  })
})

describe('bounds', () => {
  it('a manifest nested without end is damaged', () => {
    const deep = '{"a":'.repeat(200_000) + 1 + '}'.repeat(200_000)
    expect(() => parseManifest(deep, 'x')).toThrow(expect.objectContaining({ code: 'MANIFEST_DAMAGED' }))
    const sound = printSealed({ formatVersion: 1, list: [[[1]]] })
    expect(() => parseManifest(sound, 'x')).toThrow('list: unknown field')
  })

  it('ids that leave no room to count on are damage', async () => {
    const dir = temporaryDir()
    const record: JobRecord = {
      name: 'a',
      highestId: 3 as CheckpointId,
      openedAt: 1,
      finishedAt: 0,
      claimed: undefined,
      startedFrom: undefined,
    }
    const lease = await Lease.take(nodeFileSystem, dir, suiteJob.id, 0)
    await writeJobRecord(nodeFileSystem, dir, suiteJob.id, record, lease)
    expect(await takeJobRecord(nodeFileSystem, dir, 2)).toEqual(record)
    await writeJobRecord(
      nodeFileSystem,
      dir,
      suiteJob.id,
      { ...record, highestId: (2 ** 53 - 2) as CheckpointId },
      lease,
    )
    expect(await takeJobRecord(nodeFileSystem, dir, 2)).toBeUndefined()
    const search = { fs: nodeFileSystem, dir, jobName: 'a', checkInside: async () => {} }
    expect(await newestCheckpoint(search)).toBeUndefined()
  })
})
