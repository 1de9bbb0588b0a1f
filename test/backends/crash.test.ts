/**
 * Every call to the disk fails, and the process and the machine die at every call, one after the other: what is found
 * afterwards is a whole checkpoint or rubbish that the sweep removes, and nothing else has changed.
 */
import { describe, expect, it } from 'vitest'
import type { JobCheckpoints, StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { filesystemSavepointStore } from '../../src/backends/filesystem-savepoints.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { Random } from '../../src/core/random.ts'
import { storeCheckpoint, suiteJob, suiteManifest, writeState } from '../../src/testing/checkpoint-storage-subject.ts'
import { type Fault, MemoryFileSystem } from './memory-file-system.ts'

const clock = { now: () => 0 }
const storageOn = (fs: MemoryFileSystem) => filesystemCheckpointStorage({ dir: '/state/checkpoints', fs, clock })
const idOf = (n: number) => n as CheckpointId

interface Scene {
  readonly fs: MemoryFileSystem
  readonly job: JobCheckpoints
  readonly storage: ReturnType<typeof storageOn>
}

/** A job with checkpoint 1 stored, on a disk without faults so far. */
async function scene(): Promise<Scene> {
  const fs = new MemoryFileSystem()
  const storage = storageOn(fs)
  const job = await storage.open(suiteJob)
  await storeCheckpoint(job, 1)
  return { fs, job, storage }
}

const faultKinds: readonly Omit<Fault, 'at'>[] = [
  { kind: 'fails' },
  { kind: 'fails', takesEffect: true },
  { kind: 'fails', code: 'ENOSPC' },
  { kind: 'dies' },
  { kind: 'dies', takesEffect: true },
]

type Outcome = 'done' | 'failed'

/** Runs `action` once per call it makes and kind of fault, and `check` on the disk that is left. */
async function everywhere(
  prepare: () => Promise<Scene>,
  action: (scene: Scene) => Promise<unknown>,
  check: (disk: MemoryFileSystem, outcome: Outcome, fault: Fault) => Promise<void>,
): Promise<number> {
  let runs = 0
  for (const kind of faultKinds) {
    for (let at = 0; ; at++) {
      const stage = await prepare()
      const start = stage.fs.calls
      const fault = { ...kind, at: start + at }
      stage.fs.fault = fault
      const outcome = await action(stage).then(
        (): Outcome => 'done',
        (): Outcome => 'failed',
      )
      if (stage.fs.calls <= fault.at) break
      stage.fs.fault = undefined
      for (const survivors of ['synced', 'all', 'manifests', 'files'] as const) {
        await check(stage.fs.survivors(survivors), outcome, { ...fault, at })
        runs++
      }
    }
  }
  return runs
}

async function readAll(snapshot: StoredSnapshot): Promise<void> {
  for (const { subtasks } of snapshot.manifest.operators) {
    for (const { keyed, operator } of subtasks) {
      for (const segment of keyed) await snapshot.read(segment)
      if (operator !== undefined) await snapshot.read(operator)
    }
  }
}

/** Opens the disk, reads all that is whole, sweeps, and returns the ids; after the sweep nothing else is left. */
async function inspect(disk: MemoryFileSystem): Promise<readonly number[]> {
  const job = await storageOn(disk).open(suiteJob)
  for (const snapshot of job.existing) await readAll(snapshot)
  await job.sweep([])
  const ids = job.existing.map(({ manifest }) => manifest.checkpointId)
  const names = await disk.list(`/state/checkpoints/${suiteJob.id}`)
  expect(names.filter((name) => name.startsWith('chk-')).toSorted()).toEqual(ids.map((id) => `chk-${id}`))
  for (const id of ids) {
    const files = await disk.list(`/state/checkpoints/${suiteJob.id}/chk-${id}`)
    expect(files.filter((name) => name.includes('.tmp-'))).toEqual([])
  }
  return ids
}

describe('a crash at every call', () => {
  it('while a checkpoint is written leaves it whole or gone', async () => {
    const runs = await everywhere(
      scene,
      ({ job }) => storeCheckpoint(job, 2),
      async (disk, outcome, { kind }) => {
        const ids = await inspect(disk)
        expect(ids[0]).toBe(1)
        // A process that dies may not have told anyone; a failure that was told means absent.
        if (outcome === 'done') expect(ids).toEqual([1, 2])
        else if (kind === 'fails') expect(ids).toEqual([1])
      },
    )
    expect(runs).toBeGreaterThan(150)
  })

  it('while a manifest is stored: a rejection means absent, also when asked at once', async () => {
    const handles = new Map<Scene, Awaited<ReturnType<typeof writeState>>>()
    const prepared = async () => {
      const stage = await scene()
      handles.set(stage, await writeState(stage.job, 2))
      return stage
    }
    await everywhere(
      prepared,
      async (stage) => {
        const stored = await stage.job.putManifest(suiteManifest(2, handles.get(stage)!)).then(
          () => true,
          () => false,
        )
        if (stage.fs.fault?.kind === 'fails') {
          stage.fs.fault = undefined
          const found = await stage.job.load(idOf(2)).then(
            () => true,
            () => false,
          )
          expect(found).toBe(stored)
          // And it may be tried again.
          await stage.job.putManifest(suiteManifest(2, handles.get(stage)!))
        }
      },
      async (disk) => void (await inspect(disk)),
    )
  })

  it('while a checkpoint is deleted leaves it whole or gone, and its id used', async () => {
    const two = async () => {
      const stage = await scene()
      await storeCheckpoint(stage.job, 2)
      return stage
    }
    for (const victim of [1, 2]) {
      await everywhere(
        two,
        ({ job }) => job.discard(idOf(victim)),
        async (disk, outcome) => {
          const ids = await inspect(disk)
          expect(ids).toContain(3 - victim)
          if (outcome === 'done') expect(ids).toEqual([3 - victim])
          expect((await storageOn(disk).open(suiteJob)).highestId).toBe(2)
        },
      )
    }
  })

  it('while a checkpoint is pinned and let go never loses it while it is pinned', async () => {
    const dir = `/state/checkpoints/${suiteJob.id}/chk-1`
    const two = async () => {
      const stage = await scene()
      await storeCheckpoint(stage.job, 2)
      return stage
    }
    await everywhere(
      two,
      async ({ job, storage }) => {
        await storage.pin(dir, 'savepoint')
        await job.discard(idOf(1))
      },
      async (disk, outcome) => {
        const storage = storageOn(disk)
        await (await storage.open(suiteJob)).sweep([])
        const left = (await disk.list(dir).catch(() => [])).length > 0
        if (left) await readAll((await storage.resolve(dir))!)
        if (outcome === 'failed') return
        await readAll((await storage.resolve(dir))!)
        await storage.unpin(dir, 'savepoint')
        await expect(storage.resolve(dir)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
      },
    )
  })

  it('while a savepoint is made and removed: it can be named, or it cannot', async () => {
    const storeOn = (fs: MemoryFileSystem) =>
      filesystemSavepointStore({ dir: '/state/savepoints', storage: storageOn(fs), fs })
    let path = ''
    const random = (length: number) => new Random(1).bytes(length)
    const publish = async ({ fs, job }: Scene) => {
      const store = storeOn(fs)
      path = await store.reserve(suiteJob.id, undefined, random)
      await store.publish(path, await job.load(idOf(1)))
    }
    await everywhere(scene, publish, async (disk, outcome) => {
      const found = await storeOn(disk).list()
      expect(found.length).toBeLessThanOrEqual(1)
      for (const entry of found) await readAll((await storeOn(disk).resolve(entry.path))!)
      if (outcome === 'done') expect(found.map((entry) => entry.path)).toEqual([path])
    })
    const published = async () => {
      const stage = await scene()
      await publish(stage)
      return stage
    }
    await everywhere(
      published,
      ({ fs }) => storeOn(fs).remove(path),
      async (disk, outcome) => {
        const found = await storeOn(disk).list()
        for (const entry of found) await readAll((await storeOn(disk).resolve(entry.path))!)
        if (outcome === 'done') expect(found).toEqual([])
      },
    )
  })

  it('while a self-contained savepoint is made and removed: it is whole, or rubbish without a manifest', async () => {
    const storeOn = (fs: MemoryFileSystem) =>
      filesystemSavepointStore({ dir: '/state/savepoints', storage: storageOn(fs), fs })
    let path = ''
    const make = async ({ fs, job, storage }: Scene) => {
      const store = storeOn(fs)
      path = await store.reserve(suiteJob.id, undefined, (length) => new Random(1).bytes(length))
      const snapshot = await job.load(idOf(1))
      await storage.pin(snapshot.path, path)
      await store.copies!.copy(path, snapshot)
      await store.copies!.seal(path, snapshot)
      await storage.unpin(snapshot.path, path)
    }
    await make(await scene())
    const inspectCopy = async (disk: MemoryFileSystem) => {
      const found = await storeOn(disk).list()
      for (const entry of found) {
        expect(entry.checkpointPath).toBeUndefined()
        await readAll((await storeOn(disk).resolve(entry.path))!)
      }
      return found.map((entry) => entry.path)
    }
    const runs = await everywhere(scene, make, async (disk, outcome) => {
      const found = await inspectCopy(disk)
      if (outcome === 'done') expect(found).toEqual([path])
      // The checkpoint is as it was, pinned or not, and whatever is left can be cleared.
      expect(await inspect(disk)).toEqual([1])
      await storeOn(disk).clear(path)
      expect(await disk.list('/state/savepoints').catch(() => [])).toEqual([])
    })
    expect(runs).toBeGreaterThan(300)
    const made = async () => {
      const stage = await scene()
      await make(stage)
      await stage.job.discard(idOf(1))
      return stage
    }
    await everywhere(
      made,
      ({ fs }) => storeOn(fs).remove(path),
      async (disk, outcome) => {
        const found = await inspectCopy(disk)
        if (outcome === 'done') expect(found).toEqual([])
      },
    )
  })

  it('after a state file is closed does not lose it', async () => {
    const { fs, job } = await scene()
    const [handle] = await writeState(job, 2)
    const path = `/state/checkpoints/${suiteJob.id}/chk-2/${handle.file}`
    expect(await fs.survivors('synced').size(path)).toBeGreaterThan(handle.length)
  })

  it('while a job is opened can be followed by opening it', async () => {
    await everywhere(
      scene,
      ({ storage }) => storage.open(suiteJob),
      async (disk) => expect(await inspect(disk)).toEqual([1]),
    )
  })
})
