import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { CheckpointId, JobId } from '../../src/core/ids.ts'
import { StoredCheckpoints } from '../../src/job/stored-checkpoints.ts'

const job = { id: 'a'.repeat(32) as JobId, name: 'a job' }
const manifest = (n: number, kind: SnapshotKind = 'checkpoint') => ({
  formatVersion: 1,
  kind,
  job,
  checkpointId: n as CheckpointId,
  timestamp: n,
  operators: [],
})

describe('StoredCheckpoints', () => {
  it('knows what is there: found, stored, and not discarded', async () => {
    const storage = jobmanagerCheckpointStorage()
    const first = new StoredCheckpoints(await storage.open(job))
    await first.putManifest(manifest(1))
    await first.putManifest(manifest(2, 'savepoint'))
    await first.putManifest(manifest(3, 'stop-suspend'))
    expect(first.ids).toEqual([1, 2, 3])
    expect(first.existing).toEqual([])

    const second = new StoredCheckpoints(await storage.open(job))
    expect([second.ids, second.restorableUpTo(3 as CheckpointId), second.highestId]).toEqual([[1, 2, 3], [1, 3], 3])
    expect([second.jobId, second.epoch]).toEqual([job.id, 2])
    await second.putManifest(manifest(4))
    expect(await second.discard(1 as CheckpointId)).toBe(true)
    expect(second.ids).toEqual([2, 3, 4])
    expect((await second.load(4 as CheckpointId)).manifest.checkpointId).toBe(4)
  })

  it('counts unreadable ones among those to remove, and offers no older one in place of the newest', async () => {
    const storage = jobmanagerCheckpointStorage()
    const first = await storage.open(job)
    for (const n of [1, 2, 3]) await first.putManifest(manifest(n))
    const found = await storage.open(job)
    const without = new Proxy(found, {
      get: (target, name) => {
        if (name === 'unreadable') return [2]
        if (name === 'existing') return found.existing.filter(({ manifest }) => manifest.checkpointId !== 2)
        return Reflect.get(target, name)
      },
    })
    const stored = new StoredCheckpoints(without)
    expect([stored.ids, stored.unreadable]).toEqual([[1, 2, 3], [2]])
    expect(stored.restorableUpTo(3 as CheckpointId)).toEqual([1, 3])
    expect(() => stored.restorableUpTo(2 as CheckpointId)).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
    // One that was let go in between is restored from by itself.
    expect(stored.restorableUpTo(9 as CheckpointId)).toEqual([])
  })

  it('knows of a stop until its checkpoint is withdrawn', async () => {
    const stored = new StoredCheckpoints(await jobmanagerCheckpointStorage().open(job))
    for (const n of [1, 2]) await stored.putManifest(manifest(n))
    expect(stored.stopped).toBe(false)
    await stored.putManifest(manifest(3, 'stop-suspend'))
    await stored.discard(1 as CheckpointId)
    expect(stored.stopped).toBe(true)
    await stored.discard(3 as CheckpointId)
    expect(stored.stopped).toBe(false)
  })

  it('keeps one that is pinned, until its pin is gone', async () => {
    const storage = jobmanagerCheckpointStorage()
    const stored = new StoredCheckpoints(await storage.open(job))
    const { path } = await stored.putManifest(manifest(1))
    await storage.pin(path, 'somebody')
    expect(await stored.discard(1 as CheckpointId)).toBe(false)
    expect(stored.ids).toEqual([1])
    expect(await stored.sweep([])).toEqual([])
    await storage.unpin(path, 'somebody')
    expect(await stored.discard(1 as CheckpointId)).toBe(true)
    await stored.close()
  })
})
