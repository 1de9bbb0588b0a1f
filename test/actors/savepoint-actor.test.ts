import { readdirSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { SavepointActor, savepointsAddress } from '../../src/actors/savepoint-actor.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import type { CheckpointStorage, JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import { filesystemSavepointStore } from '../../src/backends/filesystem-savepoints.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import type { SavepointStore } from '../../src/backends/savepoint-store.ts'
import { usualTarget } from '../../src/core/elements.ts'
import { StreamError } from '../../src/core/errors.ts'
import { roleAddress } from '../../src/core/ids.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { ck, jobId, type Probe, spawnProbe } from './probe.ts'

let simulation: SimulatedKernel
let coordinator: Probe
let storage: CheckpointStorage
let store: SavepointStore
let checkpoints: JobCheckpoints
let checkpointPath: string
let disposals: string[]
let failing: string[]
let labels: string[]
let place: () => { store: SavepointStore; storage: CheckpointStorage }

beforeEach(async () => {
  storage = jobmanagerCheckpointStorage()
  store = jobmanagerSavepointStore()
  checkpoints = await storage.open({ id: jobId, name: 'job' })
  const manifest = { formatVersion: 1, kind: 'savepoint', timestamp: 0, operators: [] } as const
  const stored = await checkpoints.putManifest({ ...manifest, job: { id: jobId, name: 'job' }, checkpointId: ck(1) })
  checkpointPath = stored.path
  disposals = []
  failing = []
  labels = []
  place = () => ({ store, storage })
  simulation = new SimulatedKernel({
    seed: 1,
    fault: (label) => {
      const what = label.replace(`${savepointsAddress} `, '').split(' ')[0]!
      labels.push(what)
      return failing.includes(what) ? new Error(`${what} failed`) : undefined
    },
  })
  coordinator = spawnProbe(simulation.kernel, roleAddress(jobId, 'coordinator'))
  simulation.kernel.spawn(
    savepointsAddress,
    (self) =>
      new SavepointActor(self, {
        placeOf: () => place(),
        async find(path) {
          const entry = await store.entry(path)
          if (entry === undefined) throw new StreamError('SAVEPOINT_NOT_FOUND', `no savepoint at ${path}`)
          return { ...entry, store, storage }
        },
        disposed: (id, error) => void disposals.push(error === undefined ? id : `${id} ${error.code} ${error.message}`),
        tap: () => {},
      }),
  )
})

const path = 'jobmanager://savepoints/1'
const create = async (id = 1) => {
  const message = { type: 'savepoint.create', jobId, checkpointId: ck(id), checkpointPath, target: usualTarget }
  simulation.kernel.send(savepointsAddress, message)
  await simulation.settle()
}
const dispose = async (requestId: string) => {
  simulation.kernel.send(savepointsAddress, { type: 'savepoint.dispose', requestId, path })
  await simulation.settle()
}
const isPinned = async () => {
  const gone = await checkpoints.discard(ck(1))
  return !gone
}

describe('creating a savepoint', () => {
  it('reserves, pins, publishes, and tells the coordinator where it is', async () => {
    await create()
    expect(labels).toEqual(['reserve', 'pin', 'publish'])
    expect(coordinator.received).toEqual([{ type: 'savepoint.published', checkpointId: 1, path }])
    expect((await store.resolve(path))?.path).toBe(checkpointPath)
    expect(await isPinned()).toBe(true)
  })

  it('fails when the job has no place for it', async () => {
    place = () => {
      throw new StreamError('SAVEPOINT_BACKEND_INCOMPATIBLE', 'not over jobmanager checkpoints')
    }
    await create()
    expect(coordinator.received).toEqual([
      {
        type: 'savepoint.failed',
        checkpointId: 1,
        code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
        message: 'not over jobmanager checkpoints',
      },
    ])
  })

  it.each([
    [['reserve'], ['reserve'], 'Could not reserve a savepoint name: reserve failed'],
    [['pin'], ['reserve', 'pin', 'unpin'], `pin failed`],
    [['publish'], ['reserve', 'pin', 'publish', 'clear', 'unpin'], 'publish failed'],
    [['publish', 'clear'], ['reserve', 'pin', 'publish', 'clear'], 'publish failed'],
    [['publish', 'unpin'], ['reserve', 'pin', 'publish', 'clear', 'unpin'], 'publish failed'],
  ])('when %j fails undoes what was done, in order, and says why', async (faults, order, message) => {
    failing = faults
    await create()
    expect(labels).toEqual(order)
    expect(coordinator.received).toMatchObject([
      { type: 'savepoint.failed', code: 'STORAGE_FAILED', message: expect.stringContaining(message) },
    ])
    expect(await store.list()).toEqual([])
    failing = []
    // Whether there is a pointer is unknown when it could not be removed, and the pin then stays.
    expect(await isPinned()).toBe(faults.includes('clear') || faults.includes('unpin'))
  })

  it('of a checkpoint that is not there fails', async () => {
    await checkpoints.discard(ck(1))
    await create()
    expect(coordinator.received).toMatchObject([{ type: 'savepoint.failed', code: 'CHECKPOINT_NOT_FOUND' }])
  })

  it('goes on beside another', async () => {
    const message = { type: 'savepoint.create', jobId, checkpointPath, target: usualTarget }
    for (const id of [1, 2]) simulation.kernel.send(savepointsAddress, { ...message, checkpointId: ck(id) })
    await simulation.settle()
    expect(coordinator.types).toEqual(['savepoint.published', 'savepoint.published'])
    expect(await store.list()).toHaveLength(2)
  })
})

describe('creating a self-contained savepoint', () => {
  let dir: string

  beforeEach(() => {
    dir = temporaryDir()
    store = filesystemSavepointStore({ dir, storage })
  })

  const copy = async () => {
    const target = { directory: undefined, format: 'self-contained' }
    const message = { type: 'savepoint.create', jobId, checkpointId: ck(1), checkpointPath, target }
    simulation.kernel.send(savepointsAddress, message)
    await simulation.settle()
  }

  it('pins, copies, seals, unpins, and only then tells the coordinator', async () => {
    await copy()
    expect(labels).toEqual(['reserve', 'pin', 'copy', 'seal', 'unpin'])
    const { path } = coordinator.received[0] as unknown as { path: string }
    expect(path.startsWith(dir)).toBe(true)
    expect(await isPinned()).toBe(false)
    expect((await store.resolve(path))?.manifest.checkpointId).toBe(1)
  })

  it.each([
    [['copy'], ['reserve', 'pin', 'copy', 'clear', 'unpin']],
    [
      ['copy', 'clear'],
      ['reserve', 'pin', 'copy', 'clear', 'unpin'],
    ],
    [['seal'], ['reserve', 'pin', 'copy', 'seal', 'clear', 'unpin']],
  ])('when %j fails clears what it has copied, keeps no pin, and says why', async (faults, order) => {
    failing = faults
    await copy()
    expect(labels).toEqual(order)
    expect(coordinator.received).toMatchObject([
      { type: 'savepoint.failed', code: 'STORAGE_FAILED', message: expect.stringContaining(`${faults[0]} failed`) },
    ])
    failing = []
    expect([await store.list(), await isPinned()]).toEqual([[], false])
    if (!faults.includes('clear')) expect(readdirSync(dir)).toEqual([])
  })

  it('is made when its pin cannot be removed, for it is whole', async () => {
    failing = ['unpin']
    await copy()
    expect(coordinator.types).toEqual(['savepoint.published'])
    expect(await isPinned()).toBe(true)
  })

  it('is disposed of without a look at a checkpoint', async () => {
    await copy()
    const { path } = coordinator.received[0] as unknown as { path: string }
    labels.length = 0
    simulation.kernel.send(savepointsAddress, { type: 'savepoint.dispose', requestId: 'd', path })
    await simulation.settle()
    expect([labels, disposals, readdirSync(dir)]).toEqual([['find', 'remove'], ['d'], []])
  })
})

describe('disposing of a savepoint', () => {
  beforeEach(async () => {
    await create()
    labels.length = 0
  })

  it('removes the pointer first and the pin second, and answers', async () => {
    await dispose('d')
    expect([labels, disposals]).toEqual([['find', 'remove', 'unpin'], ['d']])
    expect([await store.list(), await isPinned()]).toEqual([[], false])
  })

  it('that is not there says so', async () => {
    await dispose('d')
    await dispose('e')
    expect(disposals[1]).toMatch(/^e SAVEPOINT_NOT_FOUND .*jobmanager:\/\/savepoints\/1/)
  })

  it('asked for twice at once answers both', async () => {
    for (const requestId of ['d', 'e']) {
      simulation.kernel.send(savepointsAddress, { type: 'savepoint.dispose', requestId, path })
    }
    await simulation.settle()
    expect(disposals.map((answer) => answer.slice(0, 1)).toSorted()).toEqual(['d', 'e'])
    expect(await isPinned()).toBe(false)
  })

  it('whose pointer cannot be removed leaves all as it was, and may be tried again', async () => {
    failing = ['remove']
    await dispose('d')
    expect(disposals).toEqual([`d STORAGE_FAILED Could not remove ${path}: remove failed`])
    expect((await store.list()).map((entry) => entry.path)).toEqual([path])
    failing = []
    await dispose('e')
    expect(disposals[1]).toBe('e')
  })

  it('whose pin cannot be removed is disposed of all the same: it cannot be named any more', async () => {
    failing = ['unpin']
    await dispose('d')
    expect([disposals, await store.list(), await isPinned()]).toEqual([['d'], [], true])
  })

  it('that cannot be found for another reason says why', async () => {
    failing = ['find']
    await dispose('d')
    expect(disposals).toEqual([`d SAVEPOINT_NOT_FOUND Savepoint ${path} cannot be read: find failed`])
  })
})
