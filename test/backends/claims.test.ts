import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { claimSnapshot, discardClaimed } from '../../src/backends/claims.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { readJobRecord } from '../../src/backends/job-record.ts'
import { leaseHolder } from '../../src/backends/lease.ts'
import { copyState, sealCopy } from '../../src/backends/savepoint-copy.ts'
import { makeJobId } from '../../src/core/ids.ts'
import { Random } from '../../src/core/random.ts'
import { idOf, storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { temporaryDir } from './temporary.ts'

const [heir, stranger] = [1, 2].map((seed) => makeJobId(new Random(seed + 50).bytes(16))) as [never, never]

async function checkpoint(dir = temporaryDir()) {
  const job = await filesystemCheckpointStorage({ dir }).open(suiteJob)
  return { job, path: (await storeCheckpoint(job, 1)).path }
}

describe('a claim', () => {
  it('is a file by its name, which holds also when it is torn, and says how to get rid of it', async () => {
    const { path } = await checkpoint()
    writeFileSync(join(path, `claimed-${heir}`), '')
    await expect(claimSnapshot(nodeFileSystem, path, stranger)).rejects.toMatchObject({
      code: 'CLAIM_REFUSED',
      message: expect.stringContaining(join(path, `claimed-${heir}`)),
    })
    await claimSnapshot(nodeFileSystem, path, heir)
  })

  it('of two jobs at the same moment is nobody’s, and can be made again', async () => {
    const { path } = await checkpoint()
    const rival: typeof nodeFileSystem = {
      ...nodeFileSystem,
      async rename(from, to) {
        writeFileSync(join(path, `claimed-${stranger}`), '')
        await nodeFileSystem.rename(from, to)
      },
    }
    await expect(claimSnapshot(rival, path, heir)).rejects.toMatchObject({ code: 'CLAIM_REFUSED' })
    expect(readdirSync(path).filter((name) => name.startsWith('claimed-'))).toEqual([`claimed-${stranger}`])
  })

  it('of what is deleted meanwhile fails', async () => {
    const { job, path } = await checkpoint()
    const late: typeof nodeFileSystem = {
      ...nodeFileSystem,
      async create(file) {
        await job.discard(idOf(1))
        mkdirSync(path)
        return nodeFileSystem.create(file)
      },
    }
    await expect(claimSnapshot(late, path, heir)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
    expect(readdirSync(path)).toEqual([])
  })

  it('of what a job may restart from that another process runs is refused while that process lives', async () => {
    const { job, path } = await checkpoint()
    const lease = join(dirname(path), 'lease-1')
    const heldBy = (pid: number | undefined) => writeFileSync(lease, JSON.stringify({ epoch: 1, pid, time: 0 }))
    heldBy(process.ppid)
    await expect(claimSnapshot(nodeFileSystem, path, heir)).rejects.toMatchObject({
      code: 'CLAIM_REFUSED',
      message: expect.stringContaining(`job ${suiteJob.id}, which runs in process ${process.ppid}`),
    })
    expect(readdirSync(path)).not.toContain(`claimed-${heir}`)
    heldBy(spawnSync(process.execPath, ['--version']).pid)
    await claimSnapshot(nodeFileSystem, path, heir)
    heldBy(process.ppid)
    await claimSnapshot(nodeFileSystem, path, heir)
    await job.close()
    await discardClaimed(nodeFileSystem, path, heir)
    expect([await leaseHolder(nodeFileSystem, dirname(path)), readdirSync(dirname(path))]).toEqual([
      undefined,
      ['job.json', 'lease-1'],
    ])
  })

  it('is in a record of version 2, which a job without one does not need', async () => {
    const dir = temporaryDir()
    const job = await filesystemCheckpointStorage({ dir }).open(suiteJob)
    const record = join(dir, suiteJob.id, 'job.json')
    const version = () => JSON.parse(readFileSync(record, 'utf8')).formatVersion
    expect(version()).toBe(1)
    const claimed = { checkpointId: idOf(3), snapshot: '/s/chk-3', savepoint: '/s/sp' }
    await job.claim!.note(claimed)
    expect([version(), await readJobRecord(nodeFileSystem, join(dir, suiteJob.id))]).toMatchObject([2, { claimed }])
    await job.claim!.note(undefined)
    expect(version()).toBe(1)
  })
})

describe('the deletion of what is claimed', () => {
  it('takes a self-contained savepoint as a directory', async () => {
    const { path } = await checkpoint()
    const copy = join(temporaryDir(), 'copy')
    mkdirSync(copy)
    const snapshot = (await filesystemCheckpointStorage({ dir: join(path, '..', '..') }).resolve(path))!
    await copyState(nodeFileSystem, copy, snapshot)
    await sealCopy(nodeFileSystem, copy, snapshot.manifest)
    await discardClaimed(nodeFileSystem, copy, heir)
    expect(existsSync(copy)).toBe(true)
    await claimSnapshot(nodeFileSystem, copy, heir)
    await discardClaimed(nodeFileSystem, copy, heir)
    expect([existsSync(copy), existsSync(path)]).toEqual([false, true])
  })

  it('that dies at any call is finished by the same job, and leaves nothing', async () => {
    const dir = `/checkpoints/${suiteJob.id}/chk-1`
    const prepared = async () => {
      const fs = new MemoryFileSystem()
      const storage = filesystemCheckpointStorage({ dir: '/checkpoints', fs, clock: { now: () => 0 } })
      await storeCheckpoint(await storage.open(suiteJob), 1)
      await claimSnapshot(fs, dir, heir)
      return fs
    }
    let at = 0
    for (; ; at++) {
      const fs = await prepared()
      const fault = { at: fs.calls + at, kind: 'dies' as const, takesEffect: at % 2 === 0 }
      fs.fault = fault
      await discardClaimed(fs, dir, heir).catch(() => undefined)
      if (fs.calls <= fault.at) break
      fs.fault = undefined
      const disk = fs.survivors('all')
      await discardClaimed(disk, dir, heir)
      // At worst an empty directory, which the next sweep of the job around it removes.
      expect(await disk.list(dir).catch(() => [])).toEqual([])
    }
    expect(at).toBeGreaterThan(15)
  })
})
