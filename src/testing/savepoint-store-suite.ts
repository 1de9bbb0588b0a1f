/**
 * The contract of a savepoint store (`backends/savepoint-store.ts`) as runnable cases: a savepoint can be named from its
 * publication to its removal, by its own path, and leads to the checkpoint that it was made of.
 */
import type { CheckpointStorage, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { SavepointStore } from '../backends/savepoint-store.ts'
import { Random } from '../core/random.ts'
import { idOf, storeCheckpoint, suiteJob, textOf } from './checkpoint-storage-subject.ts'
import {
  buildCases,
  type CapabilityManifest,
  type CaseDefinition,
  type ConformanceCase,
  expectEqual,
  expectFailure,
  expectTrue,
} from './conformance.ts'

export type SavepointStoreCapability = 'reopen' | 'directories' | 'copies'

export interface SavepointStoreSubject {
  readonly store: SavepointStore
  /** What the store is opened with: a directory, or the URL of a place. The path of a savepoint is one name below it. */
  readonly place: string
  /** Where the checkpoints are that the savepoints point to. */
  readonly storage: CheckpointStorage
  /** The same place seen by another process. Needed for the capability `reopen`. */
  reopen?(): SavepointStore
  /** A directory for one savepoint. Needed for the capability `directories`. */
  readonly otherDir?: string
  /** Called when the case is over. */
  dispose?(): Promise<void>
}

type Case = CaseDefinition<SavepointStoreSubject, SavepointStoreCapability>

const bytesOf = (random: Random) => (length: number) => random.bytes(length)

async function publish(
  { store }: Pick<SavepointStoreSubject, 'store'>,
  snapshot: StoredSnapshot,
  random: Random,
  dir?: string,
): Promise<string> {
  const path = await store.reserve(suiteJob.id, dir, bytesOf(random))
  await store.publish(path, snapshot)
  return path
}

const cases: readonly Case[] = [
  {
    name: 'a savepoint leads to its checkpoint',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1)
      const path = await publish(subject, checkpoint, new Random(1))
      expectEqual((await subject.store.resolve(path))?.path, checkpoint.path, 'resolved')
      expectEqual(
        await subject.store.entry(path),
        { path, jobId: suiteJob.id, jobName: 'suite', checkpointPath: checkpoint.path, timestamp: 1_001 },
        'its entry',
      )
      expectEqual(await subject.store.list(), [await subject.store.entry(path)], 'listed')
    },
  },
  {
    name: 'two savepoints have two names, and a name is not published before it is',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1)
      const reserved = await subject.store.reserve(suiteJob.id, undefined, bytesOf(new Random(1)))
      await expectFailure(() => subject.store.resolve(reserved), ['SAVEPOINT_NOT_FOUND'])
      expectEqual(await subject.store.list(), [], 'a reserved name is not listed')
      // The same random bytes: a taken name is passed over, not handed out again.
      let draws = 0
      const source = new Random(2)
      const stubborn = (length: number) => (draws++ < 2 ? new Random(1).bytes(length) : source.bytes(length))
      const second = await subject.store.reserve(suiteJob.id, undefined, stubborn)
      expectTrue(second !== reserved, 'another name')
      await subject.store.publish(reserved, checkpoint)
      await subject.store.publish(reserved, checkpoint)
      expectEqual((await subject.store.list()).length, 1, 'publishing twice is publishing once')
    },
  },
  {
    name: 'a removed savepoint cannot be named any more, and its checkpoint stays',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1)
      const path = await publish(subject, checkpoint, new Random(1))
      const other = await publish(subject, checkpoint, new Random(2))
      await subject.store.remove(path)
      for (const use of [
        () => subject.store.resolve(path),
        () => subject.store.entry(path),
        () => subject.store.remove(path),
      ]) {
        const error = await expectFailure(use, ['SAVEPOINT_NOT_FOUND'])
        expectTrue(error.message.includes(path), 'the message names the path')
      }
      expectEqual(
        (await subject.store.list()).map((entry) => entry.path),
        [other],
        'the other one is listed',
      )
      expectTrue((await subject.storage.resolve(checkpoint.path)) !== undefined, 'the checkpoint is there')
    },
  },
  {
    name: 'a place that is cleared names nothing, published or not, and may be cleared again',
    async run(subject) {
      const { store } = subject
      const checkpoint = await storeCheckpoint(await subject.storage.open(suiteJob), 1)
      const reserved = await store.reserve(suiteJob.id, undefined, bytesOf(new Random(1)))
      const published = await publish(subject, checkpoint, new Random(2))
      for (const path of [reserved, published, published]) {
        await store.clear(path)
        await expectFailure(() => store.resolve(path), ['SAVEPOINT_NOT_FOUND'])
      }
      expectEqual(await store.list(), [], 'nothing is listed')
    },
  },
  {
    name: 'a copy is a savepoint once it is sealed, and needs its checkpoint no more',
    needs: 'copies',
    async run(subject) {
      const { store } = subject
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1, 'savepoint')
      const path = await store.reserve(suiteJob.id, undefined, bytesOf(new Random(1)))
      await store.copies!.copy(path, checkpoint)
      await expectFailure(() => store.resolve(path), ['SAVEPOINT_NOT_FOUND'])
      expectEqual(await store.list(), [], 'a copy that is not sealed is not listed')
      await store.copies!.seal(path, checkpoint)
      await store.copies!.seal(path, checkpoint)
      await job.discard(idOf(1))
      const snapshot = await store.resolve(path)
      expectEqual(snapshot?.manifest.job, suiteJob, 'of the job')
      expectEqual(snapshot?.manifest.checkpointId, idOf(1), 'with the id')
      const { keyed, operator } = snapshot!.manifest.operators[0]!.subtasks[0]!
      expectEqual(textOf(await snapshot!.read(keyed[0]!)), 'state of 1!', 'keyed state')
      expectEqual(textOf(await snapshot!.read(operator!)), 'second', 'operator state')
      const entry = { path, jobId: suiteJob.id, jobName: 'suite', checkpointPath: undefined, timestamp: 1_001 }
      expectEqual(await store.list(), [entry], 'listed')
      await store.remove(path)
      await expectFailure(() => store.resolve(path), ['SAVEPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'a savepoint is one name below the place',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const path = await publish(subject, await storeCheckpoint(job, 1), new Random(1))
      const name = path.startsWith(`${subject.place}/`) ? path.slice(subject.place.length + 1) : ''
      expectTrue(/^[^\\/]+$/.test(name), `${path}: expected ${subject.place}/<name>`)
    },
  },
  {
    name: 'a path of another form is not answered, nor that of a checkpoint',
    async run({ store, storage }) {
      const { path } = await storeCheckpoint(await storage.open(suiteJob), 1)
      for (const other of ['elsewhere://savepoints/1', path]) {
        expectEqual(await store.resolve(other), undefined, `resolve ${other}`)
        expectEqual(await store.entry(other), undefined, `entry ${other}`)
      }
    },
  },
  {
    name: 'a savepoint may point into another storage, by the path of the checkpoint, whose storage need not be there',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const path = `elsewhere://main/${suiteJob.id}/chk-7`
      const savepoint = await publish(subject, { ...(await storeCheckpoint(job, 1)), path }, new Random(1))
      expectEqual((await subject.store.entry(savepoint))?.checkpointPath, path, 'its entry')
      expectEqual((await subject.store.list()).length, 1, 'listed')
      await subject.store.remove(savepoint)
      await expectFailure(() => subject.store.entry(savepoint), ['SAVEPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'a savepoint that outlives the process points to no checkpoint in its memory',
    needs: 'reopen',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const path = `jobmanager://checkpoints/${suiteJob.id}/1`
      const snapshot = { ...(await storeCheckpoint(job, 1)), path }
      const error = await expectFailure(
        () => publish(subject, snapshot, new Random(1)),
        ['SAVEPOINT_BACKEND_INCOMPATIBLE'],
      )
      expectTrue(error.message.includes(path), 'the message names the checkpoint')
    },
  },
  {
    name: 'another process finds the savepoints',
    needs: 'reopen',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1)
      const path = await publish(subject, checkpoint, new Random(1))
      const other = subject.reopen!()
      expectEqual((await other.resolve(path))?.path, checkpoint.path, 'resolved')
      await other.remove(path)
      await expectFailure(() => subject.store.resolve(path), ['SAVEPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'a savepoint may be put into a directory of its own',
    needs: 'directories',
    async run(subject) {
      const job = await subject.storage.open(suiteJob)
      const checkpoint = await storeCheckpoint(job, 1)
      const path = await publish(subject, checkpoint, new Random(1), subject.otherDir)
      expectTrue(path.startsWith(subject.otherDir ?? '?'), `in the directory: ${path}`)
      expectEqual((await subject.store.resolve(path))?.path, checkpoint.path, 'resolved')
    },
  },
]

/**
 * The conformance cases of a savepoint store, for any test runner. `make` is called once per case.
 *
 * @example
 * const place = 'jobmanager://savepoints'
 * const make = () => ({ store: jobmanagerSavepointStore(), place, storage: jobmanagerCheckpointStorage() })
 * const lost = 'lives in one process'
 * const all = { reopen: lost, directories: lost, copies: lost }
 * for (const { name, skip, run } of savepointStoreSuite(make, all)) it.skipIf(skip !== undefined)(name, run)
 */
export const savepointStoreSuite = (
  make: () => SavepointStoreSubject,
  capabilities: CapabilityManifest<SavepointStoreCapability>,
): readonly ConformanceCase[] => buildCases(cases.map(disposing), capabilities, make)

const disposing = (definition: Case): Case => ({
  ...definition,
  async run(subject) {
    try {
      await definition.run(subject)
    } finally {
      await subject.dispose?.()
    }
  },
})
