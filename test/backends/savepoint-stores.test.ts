import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { filesystemSavepointStore } from '../../src/backends/filesystem-savepoints.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { parsePointer } from '../../src/backends/savepoint-pointer.ts'
import type { SavepointStore } from '../../src/backends/savepoint-store.ts'
import { Random } from '../../src/core/random.ts'
import { runCases, type SavepointStoreSubject, savepointStoreSuite } from '../../src/testing/backend-suites.ts'
import { storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from './temporary.ts'

const onDisk = (root = temporaryDir()) => {
  const storage = filesystemCheckpointStorage({ dir: join(root, 'checkpoints') })
  const reopen = () => filesystemSavepointStore({ dir: join(root, 'savepoints'), storage })
  const place = join(root, 'savepoints')
  return {
    root,
    storage,
    store: reopen(),
    place,
    reopen,
    otherDir: join(root, 'other'),
  } satisfies SavepointStoreSubject & {
    root: string
  }
}

const inMemory = (): SavepointStoreSubject => ({
  store: jobmanagerSavepointStore(),
  place: 'jobmanager://savepoints',
  storage: jobmanagerCheckpointStorage(),
})

const suites = {
  jobmanager: savepointStoreSuite(inMemory, {
    reopen: 'memory belongs to one process',
    directories: 'memory has no directories',
    copies: 'what is to be moved is not in memory',
  }),
  filesystem: savepointStoreSuite(onDisk, { reopen: true, directories: true, copies: true }),
}

for (const [kind, cases] of Object.entries(suites)) {
  describe(`${kind} savepoint store conforms`, () => {
    for (const { name, skip, run } of cases)
      it(skip === undefined ? name : `does not need: ${name} (${skip})`, skip === undefined ? run : () => {})
  })
}

describe('the suite', () => {
  it('fails a store that resolves removed paths', async () => {
    const make = (): SavepointStoreSubject => {
      const { store, storage } = inMemory()
      const remembered = new Map<string, Awaited<ReturnType<SavepointStore['resolve']>>>()
      const resolve: SavepointStore['resolve'] = async (path) => {
        const cached = remembered.get(path)
        if (cached !== undefined) return cached
        const found = await store.resolve(path)
        remembered.set(path, found)
        return found
      }
      const caching: SavepointStore = {
        kind: store.kind,
        reserve: (...args) => store.reserve(...args),
        async publish(path, snapshot) {
          await store.publish(path, snapshot)
          await resolve(path)
        },
        clear: (path) => store.clear(path),
        resolve,
        entry: (path) => store.entry(path),
        list: () => store.list(),
        remove: (path) => store.remove(path),
      }
      return { ...inMemory(), store: caching, storage }
    }
    const skip = 'not what is broken'
    const failures = await runCases(savepointStoreSuite(make, { reopen: skip, directories: skip, copies: skip }))
    expect(failures.map(({ name }) => name)).toEqual([
      'a removed savepoint cannot be named any more, and its checkpoint stays',
      'a place that is cleared names nothing, published or not, and may be cleared again',
    ])
  })
})

const bytes = (length: number) => new Random(1).bytes(length)

const published = async (root?: string) => {
  const subject = onDisk(root)
  const checkpoint = await storeCheckpoint(await subject.storage.open(suiteJob), 1)
  const path = await subject.store.reserve(suiteJob.id, undefined, bytes)
  await subject.store.publish(path, checkpoint)
  return { ...subject, path, checkpoint }
}

describe('jobmanager savepoints', () => {
  it('are numbered from 1, and say that they do not outlive the session', async () => {
    const store = jobmanagerSavepointStore()
    expect(await store.reserve(suiteJob.id, undefined, bytes)).toBe('jobmanager://savepoints/1')
    expect(await store.reserve(suiteJob.id, undefined, bytes)).toBe('jobmanager://savepoints/2')
    await expect(store.resolve('jobmanager://savepoints/7')).rejects.toThrow(
      'There is no savepoint at jobmanager://savepoints/7: savepoints of the jobmanager are lost when its session ends.',
    )
    await expect(store.reserve(suiteJob.id, '/tmp/x', bytes)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('filesystem savepoints', () => {
  it('are named after the job, and found by directory, _metadata or file URL', async () => {
    const { store, path, checkpoint } = await published()
    expect(path).toMatch(new RegExp(`/savepoint-${suiteJob.id.slice(0, 6)}-[0-9a-f]{12}$`))
    for (const name of [path, join(path, '_metadata'), pathToFileURL(path).href]) {
      expect((await store.resolve(name))?.path).toBe(checkpoint.path)
    }
  })

  it('may be moved together with their checkpoints', async () => {
    const { root, path } = await published()
    const moved = join(temporaryDir(), 'moved')
    renameSync(root, moved)
    const { store } = onDisk(moved)
    const snapshot = await store.resolve(path.replace(root, moved))
    expect(snapshot?.path.startsWith(moved)).toBe(true)
    expect((await store.list())[0]?.checkpointPath).toBe(snapshot?.path)
  })

  it('find their checkpoint by its absolute path when moved alone', async () => {
    const { root, store, path, checkpoint } = await published()
    const moved = join(root, 'deep', 'er', 'savepoint-moved')
    mkdirSync(join(root, 'deep', 'er'), { recursive: true })
    renameSync(path, moved)
    expect((await store.resolve(moved))?.path).toBe(checkpoint.path)
  })

  it('refuse a pointer that leads outside the configured directories', async () => {
    const { store, path } = await published()
    const elsewhere = await storeCheckpoint(await onDisk().storage.open(suiteJob), 1)
    await store.publish(path, elsewhere)
    await expect(store.resolve(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
  })

  it('point to a checkpoint that a plugin keeps by its URL, in a version of its own', async () => {
    const { store, path, checkpoint } = await published()
    expect(readFileSync(join(path, '_metadata'), 'utf8')).toContain('"formatVersion": 1')
    const url = `bucket://main/${suiteJob.id}/chk-1`
    await store.publish(path, { ...checkpoint, path: url })
    const file = join(path, '_metadata')
    const text = readFileSync(file, 'utf8')
    expect(parsePointer(text, file)).toEqual({ job: suiteJob, timestamp: 1_001, checkpoint: { url } })
    expect(text).toContain('"formatVersion": 2')
    expect((await store.entry(path))?.checkpointPath).toBe(url)
    await expect(store.resolve(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      details: { checkpoint: url },
    })
    for (const wrong of ['bucket://main/../x', '/main/x', '../x']) {
      const { checksum: _, ...body } = JSON.parse(text)
      writeFileSync(file, printSealed({ ...body, checkpoint: { url: wrong } }))
      await expect(store.resolve(path), wrong).rejects.toMatchObject({
        code: 'MANIFEST_DAMAGED',
        message: expect.stringContaining('checkpoint.url: expected a URL'),
      })
    }
  })

  it('refuse a checkpoint that is lost with the session, naming both', async () => {
    const { store, path } = await published()
    const inner = await storeCheckpoint(await jobmanagerCheckpointStorage().open(suiteJob), 1)
    await expect(store.publish(path, inner)).rejects.toMatchObject({ code: 'SAVEPOINT_BACKEND_INCOMPATIBLE' })
  })

  it('say which checkpoint is missing', async () => {
    const { store, storage, path, checkpoint } = await published()
    await (await storage.open(suiteJob)).discard(checkpoint.manifest.checkpointId)
    await expect(store.resolve(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringContaining(checkpoint.path),
    })
  })

  it('find damage in their manifest, and another version', async () => {
    const { store, path } = await published()
    const file = join(path, '_metadata')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"suite"', '"other"'))
    await expect(store.resolve(path)).rejects.toMatchObject({
      code: 'MANIFEST_DAMAGED',
      message: expect.stringContaining(file),
    })
    expect(await store.list()).toEqual([])
    writeFileSync(file, text.replace('"formatVersion": 1', '"formatVersion": 3'))
    await expect(store.resolve(path)).rejects.toMatchObject({ code: 'MANIFEST_VERSION_UNSUPPORTED' })
    writeFileSync(file, text.slice(0, 50))
    await expect(store.resolve(path)).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
    expect(parsePointer(text, 'x').job.name).toBe('suite')
  })

  it('give up when ten random names are taken', async () => {
    const { store } = await published()
    await expect(store.reserve(suiteJob.id, undefined, bytes)).rejects.toThrow(/10 random names are taken/)
  })
})
