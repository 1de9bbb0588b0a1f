/** The checkpoint-storage contract about state that several checkpoints name, and small state in the manifest itself. */
import type { JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { isShared, type KeyedStateHandle, type Manifest } from '../backends/manifest.ts'
import {
  type CheckpointStorageCase,
  fileHandle,
  idOf,
  suiteJob,
  suiteManifest,
  suiteSubtask,
  textOf,
} from './checkpoint-storage-subject.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'

const keyed = { keyGroups: { start: 0, end: 127 }, states: [{ name: 'count', kind: 'value' }] } as const

/** One segment that later checkpoints may name. */
async function writeShared(job: JobCheckpoints, id: number, delta: boolean): Promise<KeyedStateHandle> {
  const writer = job.openWriter(idOf(id), suiteSubtask)
  writer.beginSegment('shared')
  writer.append(Buffer.from(`segment of ${id}`))
  const handle = { ...writer.endSegment(), ...keyed, ...(delta && { delta: true as const }) }
  await writer.close()
  return handle
}

function manifestOf(id: number, chain: readonly KeyedStateHandle[]): Manifest {
  const bare = suiteManifest(id, undefined)
  const operators = bare.operators.map((operator) => ({
    ...operator,
    subtasks: operator.subtasks.map((subtask) => ({ ...subtask, keyed: chain })),
  }))
  return { ...bare, formatVersion: 3, operators }
}

/** A checkpoint that adds a segment to those of another. */
async function storeOn(job: JobCheckpoints, id: number, before?: StoredSnapshot): Promise<StoredSnapshot> {
  const chain = before === undefined ? [] : chainOf(before)
  return job.putManifest(manifestOf(id, [...chain, await writeShared(job, id, chain.length > 0)]))
}

const chainOf = ({ manifest }: StoredSnapshot): readonly KeyedStateHandle[] => manifest.operators[0]!.subtasks[0]!.keyed

const readAll = async (snapshot: StoredSnapshot): Promise<readonly string[]> => {
  const texts: string[] = []
  for (const handle of chainOf(snapshot)) texts.push(textOf(await snapshot.read(handle)))
  return texts
}

/** Can the first segment of it still be read? Through what was known of it: the checkpoint itself may be gone. */
const isGone = (snapshot: StoredSnapshot) => expectFailure(() => readAll(snapshot), ['STATE_FILE_MISSING'])

export const sharingCases: readonly CheckpointStorageCase[] = [
  {
    name: 'what several checkpoints name stays until the last of them goes',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const first = await storeOn(job, 1)
      const second = await storeOn(job, 2, first)
      const other = await storeOn(job, 3)
      expectTrue(isShared(fileHandle(chainOf(first)[0]!).file), 'the file is beside the checkpoints')
      expectEqual(await job.discard(idOf(1)), true, 'the first goes')
      expectEqual(await readAll(second), ['segment of 1', 'segment of 2'], 'the second has all of its state')
      await job.discard(idOf(2))
      await isGone(second)
      expectEqual(await readAll(other), ['segment of 3'], 'the third is untouched')
      await job.sweep([])
      expectEqual(await readAll(await job.load(idOf(3))), ['segment of 3'], 'also after a sweep')
    },
  },
  {
    name: 'what only an unfinished checkpoint has written goes with it, or with the next sweep',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const first = await storeOn(job, 1)
      const handles = [await writeShared(job, 2, true), await writeShared(job, 3, true)]
      await job.discard(idOf(2))
      await job.sweep([idOf(3)])
      const kept = await job.putManifest(manifestOf(3, [...chainOf(first), handles[1]!]))
      expectEqual(await readAll(kept), ['segment of 1', 'segment of 3'], 'one in flight is spared')
      await expectFailure(
        () => job.putManifest(manifestOf(4, [...chainOf(first), handles[0]!])),
        ['STATE_FILE_MISSING'],
      )
      await writeShared(job, 5, true)
      expectTrue((await job.sweep([])).length > 0, 'a sweep removes the rest')
      expectEqual(await readAll(kept), ['segment of 1', 'segment of 3'], 'and nothing else')
    },
  },
  {
    name: 'a pinned checkpoint keeps what it shares until the last pin goes',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const first = await storeOn(job, 1)
      await storage.pin(first.path, 'savepoint a')
      const second = await storeOn(job, 2, first)
      await job.discard(idOf(1))
      const third = await storeOn(job, 3)
      await job.discard(idOf(2))
      await job.sweep([])
      expectEqual(await readAll(first), ['segment of 1'], 'pinned')
      await expectFailure(() => second.read(chainOf(second)[1]!), ['STATE_FILE_MISSING'])
      await storage.unpin(first.path, 'savepoint a')
      await isGone(first)
      expectEqual(await readAll(third), ['segment of 3'], 'the newest')
    },
  },
  {
    name: 'a checkpoint that is held stays until it is let go, and goes with a later call',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      expectEqual(job.hold(idOf(1)), undefined, 'nothing to hold')
      const first = await storeOn(job, 1)
      const release = job.hold(idOf(1))!
      expectEqual(typeof release, 'function', 'held')
      await storeOn(job, 2)
      expectEqual(await job.discard(idOf(1)), false, 'not yet')
      expectEqual(job.hold(idOf(1)), undefined, 'not held anew when it is about to go')
      const third = await storeOn(job, 3, first)
      release()
      await job.discard(idOf(2))
      await expectFailure(() => job.load(idOf(1)), ['CHECKPOINT_NOT_FOUND'])
      expectEqual(await readAll(third), ['segment of 1', 'segment of 3'], 'what was built on it')
      job.hold(idOf(3))
      expectEqual(await job.discard(idOf(3)), false, 'held again')
      await job.sweep([])
      await expectFailure(() => job.load(idOf(3)), ['CHECKPOINT_NOT_FOUND'])
    },
  },
  {
    name: 'what is shared is found by the next owner, and swept by it when nothing names it',
    needs: 'reopen',
    async run({ storage, reopen }) {
      const job = await storage.open(suiteJob)
      const second = await storeOn(job, 2, await storeOn(job, 1))
      await writeShared(job, 3, true)
      const next = await reopen!().open(suiteJob)
      expectEqual(next.highestId, 3, 'the id of the unfinished one is known')
      await next.sweep([])
      await next.discard(idOf(1))
      expectEqual(await readAll(second), ['segment of 1', 'segment of 2'], 'all of it')
      const handles = [
        ...chainOf(second),
        { ...chainOf(second)[1]!, file: fileHandle(chainOf(second)[1]!).file.replace('2-', '3-') },
      ]
      await expectFailure(() => next.putManifest(manifestOf(4, handles)), ['STATE_FILE_MISSING'])
      await next.discard(idOf(2))
      await isGone(second)
    },
  },
  {
    name: 'a small segment may be in the manifest, and is read back in the same way',
    async run({ storage }) {
      const job = await storage.open({ ...suiteJob, inlineBytes: 8 })
      const writer = job.openWriter(idOf(1), suiteSubtask)
      const write = (text: string) => {
        writer.beginSegment('shared')
        writer.append(Buffer.from(text))
        return { ...writer.endSegment(), ...keyed }
      }
      const chain = [write('12345678'), { ...write('123456789'), delta: true as const }]
      await writer.close()
      await job.putManifest(manifestOf(1, chain))
      expectEqual(await readAll(await job.load(idOf(1))), ['12345678', '123456789'], 'both')
      expectEqual(await readAll((await storage.newest('suite'))!), ['12345678', '123456789'], 'found again')
    },
  },
]
