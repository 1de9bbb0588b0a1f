/** Snapshots that pass to a job that did not make them. */
import { makeJobId } from '../core/ids.ts'
import { type CheckpointStorageCase, idOf, storeCheckpoint, suiteJob } from './checkpoint-storage-subject.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'

const heir = makeJobId(new Uint8Array(16).fill(7))
const stranger = makeJobId(new Uint8Array(16).fill(9))

export const claimingCases: readonly CheckpointStorageCase[] = [
  {
    name: 'a checkpoint that another job has claimed is deleted by that job alone, and only once',
    needs: 'claims',
    async run({ storage }) {
      const { claim, discard } = storage.claims!
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await discard(path, heir)
      expectTrue((await storage.resolve(path)) !== undefined, 'what nobody has claimed stays')
      await claim(path, heir)
      await claim(path, heir)
      const error = await expectFailure(() => claim(path, stranger), ['CLAIM_REFUSED'])
      expectTrue(error.message.includes(heir), 'the message names the owner')
      await discard(path, stranger)
      expectTrue((await storage.resolve(path)) !== undefined, 'a stranger deletes nothing')
      await job.sweep([])
      await expectFailure(() => claim(path, stranger), ['CLAIM_REFUSED'])
      await discard(path, heir)
      await expectFailure(() => storage.resolve(path), ['CHECKPOINT_NOT_FOUND'])
      await discard(path, heir)
      await expectFailure(() => claim(path, stranger), ['CHECKPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'a claimed checkpoint is kept when the job that made it lets it go, also when its last pin goes',
    needs: 'claims',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storage.pin(path, 'a savepoint')
      await storage.claims!.claim(path, heir)
      expectEqual(await job.discard(idOf(1)), false, 'discarded by the job that made it')
      await storage.unpin(path, 'a savepoint')
      await (await storage.open(suiteJob)).sweep([])
      expectTrue((await storage.resolve(path)) !== undefined, 'claimed')
      await storage.claims!.discard(path, heir)
      await expectFailure(() => storage.resolve(path), ['CHECKPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'a claimed checkpoint that is pinned goes with its last pin',
    needs: 'claims',
    async run({ storage }) {
      const { path } = await storeCheckpoint(await storage.open(suiteJob), 1)
      await storage.pin(path, 'a savepoint')
      await storage.claims!.claim(path, heir)
      await storage.claims!.discard(path, heir)
      expectTrue((await storage.resolve(path)) !== undefined, 'pinned')
      await storage.unpin(path, 'a savepoint')
      await expectFailure(() => storage.resolve(path), ['CHECKPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'what a job has claimed is remembered with the job, until it is deleted or the job has finished',
    needs: 'claims',
    async run({ storage }) {
      const place = { checkpointId: idOf(4), snapshot: 'elsewhere/chk-4', savepoint: undefined }
      const job = await storage.open(suiteJob)
      expectEqual([job.claim?.place, await storage.claims!.ofJob('suite')], [undefined, undefined], 'nothing at first')
      await job.claim!.note(place)
      const again = await storage.open(suiteJob)
      expectEqual(again.claim?.place, place, 'when it is opened again')
      expectEqual(await storage.claims!.ofJob('suite'), { job: suiteJob.id, place }, 'by its name')
      expectEqual(await storage.claims!.ofJob('another'), undefined, 'by another name')
      await expectFailure(() => job.claim!.note(undefined), ['LEASE_LOST'])
      const pointed = { ...place, savepoint: 'savepoints/one' }
      await again.claim!.note(pointed)
      expectEqual(again.claim?.place, pointed, 'changed')
      await again.finish()
      expectEqual(await storage.claims!.ofJob('suite'), undefined, 'of a job that has finished')
      const last = await storage.open(suiteJob)
      await last.claim!.note(undefined)
      expectEqual((await storage.open(suiteJob)).claim?.place, undefined, 'taken back')
    },
  },
]
