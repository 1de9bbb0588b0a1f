import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import { StreamError } from '../../src/core/errors.ts'
import { guardedStorage, guardedStore } from '../../src/job/guarded-storage.ts'
import { checkpointStorageSuite, runCases, savepointStoreSuite } from '../../src/testing/backend-suites.ts'
import { handleOf, storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { changed } from '../../src/testing/simulation/changed.ts'

const called = 'Plugin "buckets" (bucket://main)'
const down = () => Promise.reject(new Error('connect ECONNREFUSED'))
const failure = (sentence: string) => ({
  code: 'STORAGE_FAILED',
  message: `${sentence}: connect ECONNREFUSED`,
  restartable: true,
})

describe('the storage of a plugin', () => {
  it('conforms as it did', async () => {
    const lost = 'it is in memory'
    const storage = () => guardedStorage(jobmanagerCheckpointStorage(), called)
    const checkpoints = checkpointStorageSuite(() => ({ storage: storage(), place: 'jobmanager://checkpoints' }), {
      reopen: lost,
      damage: lost,
      claims: true,
      starts: true,
    })
    const savepoints = savepointStoreSuite(
      () => ({
        store: guardedStore(jobmanagerSavepointStore(), called),
        place: 'jobmanager://savepoints',
        storage: storage(),
      }),
      { reopen: lost, directories: lost, copies: lost },
    )
    expect(await runCases([...checkpoints, ...savepoints])).toEqual([])
  })

  it('fails under a code of ours that names it, whatever it throws and when', async () => {
    const storage = guardedStorage(changed(jobmanagerCheckpointStorage(), { newest: () => down }), called)
    await expect(storage.newest('a')).rejects.toMatchObject(failure(`${called} failed in newest`))
    const store = guardedStore(changed(jobmanagerSavepointStore(), { list: () => down }), called)
    await expect(store.list()).rejects.toMatchObject(failure(`${called} failed in list`))
    const throwing = () => {
      throw new TypeError('at once')
    }
    const odd = guardedStorage(changed(jobmanagerCheckpointStorage(), { resolve: () => throwing }), called)
    expect(() => odd.resolve('x')).toThrow(`${called} failed in resolve: at once`)
  })

  it('guards what it gives: the checkpoints of a job, and each of them', async () => {
    const inner = jobmanagerCheckpointStorage()
    const storage = guardedStorage(
      changed(inner, {
        open: (open) => async (job) => changed(await open(job), { sweep: () => down }),
        resolve: (resolve) => async (path) => ({ ...(await resolve(path))!, read: down }),
      }),
      called,
    )
    const job = await storage.open(suiteJob)
    await expect(job.sweep([])).rejects.toMatchObject(failure(`${called} failed in sweep`))
    const stored = await storeCheckpoint(job, 1)
    const found = (await storage.resolve(stored.path))!
    await expect(found.read(handleOf(stored))).rejects.toMatchObject(
      failure(`${called}, of ${stored.path} failed in read`),
    )
    expect(await storage.resolve(stored.path)).toMatchObject({ path: stored.path })
  })

  it('keeps the codes that it has', async () => {
    const lost = new StreamError('LEASE_LOST', 'gone')
    const storage = guardedStorage(
      changed(jobmanagerCheckpointStorage(), { open: () => () => Promise.reject(lost) }),
      called,
    )
    await expect(storage.open(suiteJob)).rejects.toBe(lost)
  })
})
