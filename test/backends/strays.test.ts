import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isLink, removeUnlessDir } from '../../src/backends/durable-files.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { readJobRecord } from '../../src/backends/job-record.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from './temporary.ts'

const opened = async (dir = temporaryDir()) => {
  const storage = filesystemCheckpointStorage({ dir })
  const job = await storage.open(suiteJob)
  return { dir, jobDir: join(dir, suiteJob.id), storage, job }
}

describe('a damaged job record', () => {
  it.each([
    ['of other content', (path: string) => writeFileSync(path, '{}')],
    [
      'that is a directory',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('%s is put aside, and ids go on from the directories', async (_, damage) => {
    const { dir, jobDir, job } = await opened()
    await storeCheckpoint(job, 7)
    damage(join(jobDir, 'job.json'))
    const again = await opened(dir)
    expect([again.job.highestId, again.job.existing.length]).toEqual([7, 1])
    expect(readdirSync(jobDir)).toContain('job.json.damaged-2')
    expect(await readJobRecord(nodeFileSystem, jobDir)).toMatchObject({ name: 'suite', highestId: 7 })
  })

  it('of a newer version is left to the newer build', async () => {
    const { dir, jobDir } = await opened()
    writeFileSync(join(jobDir, 'job.json'), '{"formatVersion": 99}')
    await expect(opened(dir)).rejects.toMatchObject({ code: 'MANIFEST_VERSION_UNSUPPORTED' })
  })
})

describe('what is not ours in the directory of a job', () => {
  it('neither stops the job nor is touched', async () => {
    const { dir, jobDir, job } = await opened()
    const { path } = await storeCheckpoint(job, 1)
    const outside = temporaryDir()
    writeFileSync(join(outside, 'precious'), '')
    writeFileSync(join(jobDir, 'chk-999'), '')
    mkdirSync(join(path, 'notes'))
    mkdirSync(join(jobDir, 'chk-3', 'notes'), { recursive: true })
    mkdirSync(join(jobDir, 'lease-50'))
    mkdirSync(join(jobDir, `lease-${'9'.repeat(20)}`))
    mkdirSync(join(jobDir, 'job.json.tmp-1'))
    mkdirSync(join(jobDir, 'chk-9007199254740993'))
    symlinkSync(outside, join(jobDir, 'chk-4'))
    const again = await opened(dir)
    expect([again.job.epoch, again.job.highestId]).toEqual([51, 999])
    expect(again.job.existing.map(({ manifest }) => manifest.checkpointId)).toEqual([1])
    await again.job.sweep([])
    expect(readdirSync(outside)).toEqual(['precious'])
    expect(readdirSync(jobDir)).toEqual(expect.arrayContaining(['chk-1', 'chk-3', 'chk-4', 'chk-999']))
    expect(await again.job.discard(1 as CheckpointId)).toBe(true)
    expect(readdirSync(path)).toEqual(['notes'])
  })

  it('is told from what is', async () => {
    const dir = temporaryDir()
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'file'), '')
    symlinkSync(join(dir, 'own'), join(dir, 'link'))
    const links = ['own', 'file', 'link', 'nothing'].map((name) => isLink(nodeFileSystem, join(dir, name)))
    expect(await Promise.all(links)).toEqual([false, false, true, false])
    const gone = ['own', 'file', 'link', 'nothing'].map((name) => removeUnlessDir(nodeFileSystem, join(dir, name)))
    expect(await Promise.all(gone)).toEqual([false, true, true, true])
    expect(existsSync(join(dir, 'own'))).toBe(true)
  })
})
