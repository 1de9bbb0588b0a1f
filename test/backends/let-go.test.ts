import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { deleteIfLetGo } from '../../src/backends/let-go.ts'
import { idOf, storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

describe('a checkpoint that was let go', () => {
  it('is deleted when nothing else holds it, and not before', async () => {
    const fs = new MemoryFileSystem()
    const storage = filesystemCheckpointStorage({ dir: '/state', fs })
    const job = await storage.open(suiteJob)
    const { path } = await storeCheckpoint(job, 1)
    await storeCheckpoint(job, 2)
    await deleteIfLetGo(fs, path)
    expect((await fs.list(path)).length).toBeGreaterThan(0)
    await storage.pin(path, 'savepoint a')
    await job.discard(idOf(1))
    await deleteIfLetGo(fs, path)
    expect((await fs.list(path)).length).toBeGreaterThan(0)
    await storage.unpin(path, 'savepoint a')
    await expect(fs.list(path)).rejects.toThrow()
    await deleteIfLetGo(fs, path)
  })
})
