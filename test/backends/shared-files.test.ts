import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { ensureSharedDir, removeUnnamed, sharedFileName } from '../../src/backends/shared-files.ts'
import {
  fileHandle,
  idOf,
  suiteJob,
  suiteManifest,
  suiteSubtask,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { temporaryDir } from './temporary.ts'

const dir = `/state/${suiteJob.id}`
const always = () => true

async function store(job: JobCheckpoints, id: number) {
  const writer = job.openWriter(idOf(id), suiteSubtask)
  writer.beginSegment('shared')
  writer.append(Buffer.from('x'))
  const handle = fileHandle(writer.endSegment())
  await writer.close()
  const manifest = suiteManifest(id, [handle, handle])
  await job.putManifest({ ...manifest, formatVersion: 3 })
}

/** Two checkpoints that share nothing, and a file that nobody names. */
async function scene() {
  const fs = new MemoryFileSystem()
  const job = await filesystemCheckpointStorage({ dir: '/state', fs }).open(suiteJob)
  await store(job, 1)
  await store(job, 2)
  await (await fs.create(`${dir}/shared/7-stray-0.state`)).close()
  return { fs, job, names: async () => [...(await fs.list(`${dir}/shared`))].map((name) => Number.parseInt(name, 10)) }
}

describe('the shared files of a job', () => {
  it('are named after the checkpoint that wrote them', () => {
    expect(sharedFileName(idOf(3), 'a-0.state')).toBe('3-a-0.state')
  })

  it('go when no manifest names them', async () => {
    const { fs, names } = await scene()
    expect(await removeUnnamed(fs, dir, always)).toEqual([`${dir}/shared/7-stray-0.state`])
    expect(await names()).toEqual([1, 2])
    expect(await removeUnnamed(fs, dir, always)).toEqual([])
  })

  it('of others are left alone, and so is everything behind a link', async () => {
    const { fs, names } = await scene()
    await (await fs.create(`${dir}/shared/precious.txt`)).close()
    await (await fs.create(`${dir}/shared/12.state`)).close()
    expect(await removeUnnamed(fs, dir, always)).toEqual([`${dir}/shared/7-stray-0.state`])
    expect((await names()).length).toBe(4)
    const root = temporaryDir()
    mkdirSync(join(root, 'foreign'))
    writeFileSync(join(root, 'foreign', '3-a-0.state'), 'precious')
    symlinkSync(join(root, 'foreign'), join(root, 'shared'))
    expect(await removeUnnamed(nodeFileSystem, root, always)).toEqual([])
    await expect(ensureSharedDir(nodeFileSystem, root)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    expect(readFileSync(join(root, 'foreign', '3-a-0.state'), 'utf8')).toBe('precious')
  })

  it('are not read through a link', async () => {
    const root = temporaryDir()
    const storage = filesystemCheckpointStorage({ dir: join(root, 'checkpoints') })
    const job = await storage.open(suiteJob)
    await store(job, 1)
    const at = join(root, 'checkpoints', suiteJob.id, 'shared')
    renameSync(at, join(root, 'elsewhere'))
    symlinkSync(join(root, 'elsewhere'), at)
    const snapshot = await job.load(idOf(1))
    const handle = fileHandle(snapshot.manifest.operators[0]!.subtasks[0]!.keyed[0]!)
    await expect(snapshot.read(handle)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
  })

  it('stay while a manifest cannot be read, since it may name them', async () => {
    const { fs, names } = await scene()
    await fs.removeFile(`${dir}/chk-2/_metadata`)
    const file = await fs.create(`${dir}/chk-2/_metadata`)
    await file.write(Buffer.from('{'))
    await file.close()
    expect(await removeUnnamed(fs, dir, always)).toEqual([])
    expect(await names()).toEqual([1, 2, 7])
  })

  it('are looked at again when a checkpoint comes meanwhile that names them', async () => {
    const { fs, job, names } = await scene()
    const manifest = await fs.read(`${dir}/chk-2/_metadata`, 0, 100_000)
    const { checkpointId } = (await job.load(idOf(2))).manifest
    await fs.removeFile(`${dir}/chk-2/_metadata`)
    const size = fs.size.bind(fs)
    let came = false
    // While the first manifest is read, the second is there again.
    fs.size = async (path) => {
      if (path.endsWith('chk-1/_metadata') && !came) {
        came = true
        const file = await fs.create(`${dir}/chk-${checkpointId}/_metadata`)
        await file.write(manifest)
        await file.close()
      }
      return size(path)
    }
    expect(await removeUnnamed(fs, dir, always)).toEqual([`${dir}/shared/7-stray-0.state`])
    expect([came, await names()]).toEqual([true, [1, 2]])
  })
})
