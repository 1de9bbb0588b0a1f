import { makeJobId } from '../core/ids.ts'
import {
  type CheckpointStorageCase,
  handleOf,
  idOf,
  storeCheckpoint,
  suiteJob,
  suiteManifest,
  textOf,
  writeState,
} from './checkpoint-storage-subject.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'

export const keepingCases: readonly CheckpointStorageCase[] = [
  {
    name: 'a discarded checkpoint is gone',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storeCheckpoint(job, 2)
      expectEqual(await job.discard(idOf(1)), true, 'gone')
      await expectFailure(() => storage.resolve(path), ['CHECKPOINT_NOT_FOUND'])
      expectEqual(await job.discard(idOf(1)), true, 'again')
      expectEqual((await storage.newest('suite'))?.manifest.checkpointId, 2, 'the other one is intact')
    },
  },
  {
    name: 'where a job started is remembered until it has something of its own, or has finished, or starts elsewhere',
    needs: 'starts',
    async run({ storage }) {
      const startsFrom = {
        path: 'elsewhere/savepoint',
        job: makeJobId(new Uint8Array(16).fill(7)),
        checkpointId: idOf(4),
      }
      const startOf = () => storage.startOf!('suite')
      const job = await storage.open({ ...suiteJob, startsFrom })
      expectEqual(job.start?.place, startsFrom, 'by the job')
      expectEqual(await startOf(), { job: suiteJob.id, place: startsFrom }, 'by its name')
      expectEqual(await storage.startOf!('another'), undefined, 'by another name')
      const again = await storage.open({ ...suiteJob, startsFrom: { ...startsFrom, checkpointId: idOf(5) } })
      expectEqual((await startOf())?.place.checkpointId, 5, 'another place')
      await expectFailure(() => job.start!.forget(), ['LEASE_LOST'])
      await again.start!.forget()
      expectEqual([again.start?.place, await startOf()], [undefined, undefined], 'forgotten')
      const third = await storage.open({ ...suiteJob, startsFrom })
      await third.finish()
      expectEqual(await startOf(), undefined, 'of a job that has finished')
      await storage.open(suiteJob)
      expectEqual(await startOf(), undefined, 'of a job that began with nothing since')
    },
  },
  {
    name: 'a job that has finished is known to, until it is opened again or another of its name is',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      expectEqual(await storage.finishedJob('suite'), undefined, 'not yet')
      await job.finish()
      expectEqual(await storage.finishedJob('suite'), suiteJob.id, 'finished')
      expectEqual(await storage.finishedJob('another name'), undefined, 'by name')
      await storeCheckpoint(job, 1)
      await job.discard(idOf(1))
      expectEqual(await storage.finishedJob('suite'), suiteJob.id, 'whatever is deleted')
      await storage.open(suiteJob)
      expectEqual(await storage.finishedJob('suite'), undefined, 'opened again')
      await expectFailure(() => job.finish(), ['LEASE_LOST'])
    },
  },
  {
    name: 'the names of jobs that have not finished are known, each once and in order',
    async run({ storage }) {
      expectEqual(await storage.jobNames(), [], 'none yet')
      await storage.open({ ...suiteJob, name: 'z' })
      await storage.open({ id: makeJobId(new Uint8Array(16).fill(8)), name: 'z' })
      const finished = await storage.open({ id: makeJobId(new Uint8Array(16).fill(9)), name: 'a' })
      expectEqual(await storage.jobNames(), ['a', 'z'], 'opened')
      await finished.finish()
      expectEqual(await storage.jobNames(), ['z'], 'one has finished')
    },
  },
  {
    name: 'a pinned checkpoint outlives its discard until the last pin goes',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storage.pin(path, 'savepoint a')
      await storage.pin(path, 'savepoint a')
      await storage.pin(path, 'savepoint b')
      expectEqual(await job.discard(idOf(1)), false, 'kept')
      await job.sweep([])
      await storage.unpin(path, 'savepoint a')
      const kept = await storage.resolve(path)
      expectEqual(kept && textOf(await kept.read(handleOf(kept))), 'state of 1!', 'whole while one pin is left')
      await storage.unpin(path, 'savepoint b')
      await expectFailure(() => storage.resolve(path), ['CHECKPOINT_NOT_FOUND'])
      await storage.unpin(path, 'savepoint b')
    },
  },
  {
    name: 'what was let go is gone on from while a pin keeps it, and is no checkpoint of the job any more',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      await storeCheckpoint(job, 1)
      const { path } = await storeCheckpoint(job, 2, 'stop-suspend')
      await storage.pin(path, 'savepoint a')
      expectEqual(await job.discard(idOf(2)), false, 'kept')
      expectEqual((await storage.newest('suite'))?.path, path, 'the newest')
      const next = await storage.open(suiteJob)
      expectEqual(
        [next.highestId, next.existing.map(({ manifest }) => manifest.checkpointId)],
        [2, [1]],
        'what its next process finds',
      )
      await storage.unpin(path, 'savepoint a')
      expectEqual((await storage.newest('suite'))?.manifest.checkpointId, 1, 'the newest without the pin')
    },
  },
  {
    name: 'a checkpoint that its job keeps outlives its pins',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storage.pin(path, 'savepoint a')
      await storage.unpin(path, 'savepoint a')
      expectTrue((await storage.resolve(path)) !== undefined, 'still there')
    },
  },
  {
    name: 'the sweep removes what no manifest names, and nothing in flight',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const kept = await storeCheckpoint(job, 1)
      await writeState(job, 2)
      const handles = await writeState(job, 3)
      const removed = await job.sweep([idOf(3)])
      expectTrue(removed.length > 0, 'it says what it has removed')
      await expectFailure(() => job.load(idOf(2)), ['CHECKPOINT_NOT_FOUND'])
      expectEqual(textOf(await kept.read(handleOf(kept))), 'state of 1!', 'the whole one is intact')
      await job.putManifest(suiteManifest(3, handles))
      expectEqual(await job.sweep([]), [], 'nothing more')
    },
  },
]

export const owningCases: readonly CheckpointStorageCase[] = [
  {
    name: 'opening again takes over: the earlier owner can write nothing more',
    async run({ storage }) {
      const first = await storage.open(suiteJob)
      const handles = await writeState(first, 1)
      const second = await storage.open(suiteJob)
      expectTrue(second.epoch > first.epoch, 'a higher epoch')
      await expectFailure(() => first.putManifest(suiteManifest(1, handles)), ['LEASE_LOST'])
      await expectFailure(() => writeState(first, 2), ['LEASE_LOST'])
      await expectFailure(() => first.discard(idOf(1)), ['LEASE_LOST'])
      expectEqual(await storage.newest('suite'), undefined, 'nothing appeared')
      await storeCheckpoint(second, 3)
    },
  },
  {
    name: 'an id that was seen is not forgotten when its files are',
    async run({ storage }) {
      const first = await storage.open(suiteJob)
      await storeCheckpoint(first, 4)
      await writeState(first, 5)
      await first.sweep([])
      await first.close()
      const second = await storage.open(suiteJob)
      expectEqual(
        [second.highestId, second.existing.map(({ manifest }) => manifest.checkpointId)],
        [5, [4]],
        'after a sweep',
      )
      await second.discard(idOf(4))
      expectEqual((await storage.open(suiteJob)).highestId, 5, 'after everything is gone')
    },
  },
  {
    name: 'another process finds checkpoints, pins and ids',
    needs: 'reopen',
    async run({ storage, reopen }) {
      const first = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(first, 1)
      await storeCheckpoint(first, 2)
      await storage.pin(path, 'savepoint a')
      await first.discard(idOf(1))
      const other = reopen!()
      const second = await other.open(suiteJob)
      expectEqual([second.highestId, second.existing.map(({ manifest }) => manifest.checkpointId)], [2, [2]], 'found')
      expectEqual((await other.resolve(path))?.manifest.checkpointId, 1, 'the pinned one')
      await expectFailure(() => storeCheckpoint(first, 3), ['LEASE_LOST'])
      await other.unpin(path, 'savepoint a')
      await expectFailure(() => other.resolve(path), ['CHECKPOINT_NOT_FOUND'])
    },
  },
]

export const damageCases: readonly CheckpointStorageCase[] = [
  {
    name: 'one changed byte of state is found, and named',
    needs: 'damage',
    async run({ storage, damage: change }) {
      const job = await storage.open(suiteJob)
      const stored = await storeCheckpoint(job, 1)
      const handle = handleOf(stored)
      await change!(stored, handle.file)
      const error = await expectFailure(() => stored.read(handle), ['STATE_FILE_DAMAGED'])
      expectTrue(error.message.includes(handle.file) && error.message.includes(handle.checksum), error.message)
    },
  },
  {
    name: 'state of another codec version is refused',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const stored = await storeCheckpoint(job, 1)
      await expectFailure(() => stored.read({ ...handleOf(stored), codec: 99 }), ['STATE_CODEC_UNSUPPORTED'])
      await expectFailure(() => stored.read({ ...handleOf(stored), file: 'other.state' }), ['STATE_FILE_MISSING'])
      await expectFailure(() => stored.read({ ...handleOf(stored), length: 10 ** 9 }), ['STATE_FILE_DAMAGED'])
    },
  },
]
