/**
 * The contract of checkpoint storage (`backends/checkpoint-storage.ts`) as runnable cases: durable before visible (S6),
 * ids that are not reused (S7), retention and pins (S8), one writer (S16), and damage that is found.
 */
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { KeyedStateHandle, Manifest, StateHandle } from '../backends/manifest.ts'
import type { SnapshotKind } from '../core/elements.ts'
import { type CheckpointId, makeJobId, makeOperatorId, type SubtaskId, subtaskId, type VertexId } from '../core/ids.ts'
import { Random } from '../core/random.ts'
import {
  buildCases,
  type CapabilityManifest,
  type CaseDefinition,
  type ConformanceCase,
  expectEqual,
  expectFailure,
  expectTrue,
} from './conformance.ts'

export type CheckpointStorageCapability = 'reopen' | 'damage'

/** A storage under test, and what the suite must do to it from outside. */
export interface CheckpointStorageSubject {
  readonly storage: CheckpointStorage
  /** The same place seen by another process. Needed for the capability `reopen`. */
  reopen?(): CheckpointStorage
  /** Changes one byte of a stored file. Needed for the capability `damage`. */
  damage?(snapshot: StoredSnapshot, file: string): Promise<void>
  /** Called when the case is over. */
  dispose?(): Promise<void>
}

const random = new Random(1)
export const suiteJob = { id: makeJobId(random.bytes(16)), name: 'suite' }
const vertex = makeOperatorId(random.bytes(16)) as string as VertexId
const operatorId = makeOperatorId(random.bytes(16))
export const suiteSubtask: SubtaskId = subtaskId(vertex, 0)

const idOf = (n: number): CheckpointId => n as CheckpointId
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** Writes one file with two segments. */
export async function writeState(
  job: JobCheckpoints,
  id: number,
  text = `state of ${id}`,
): Promise<[StateHandle, StateHandle]> {
  const writer = job.openWriter(idOf(id), suiteSubtask)
  writer.beginSegment()
  writer.append(Buffer.from(text))
  writer.append(Buffer.from('!'))
  const first = writer.endSegment()
  writer.beginSegment()
  writer.append(Buffer.from('second'))
  const second = writer.endSegment()
  await writer.close()
  return [first, second]
}

export function suiteManifest(
  id: number,
  handles: readonly [StateHandle, StateHandle] | undefined,
  kind: SnapshotKind = 'checkpoint',
): Manifest {
  const keyed: KeyedStateHandle | undefined = handles && {
    ...handles[0],
    keyGroups: { start: 0, end: 127 },
    states: [{ name: 'count', kind: 'value' }],
  }
  return {
    formatVersion: 1,
    kind,
    job: suiteJob,
    checkpointId: idOf(id),
    timestamp: 1_000 + id,
    operators: [
      {
        id: operatorId,
        uid: 'counter',
        name: 'count',
        vertex,
        parallelism: 1,
        maxParallelism: 128,
        subtasks: [{ index: 0, finished: false, keyed, operator: handles?.[1] }],
      },
    ],
  }
}

/** A whole checkpoint. */
export async function storeCheckpoint(
  job: JobCheckpoints,
  id: number,
  kind: SnapshotKind = 'checkpoint',
): Promise<StoredSnapshot> {
  return job.putManifest(suiteManifest(id, await writeState(job, id), kind))
}

const handleOf = (snapshot: StoredSnapshot): StateHandle => snapshot.manifest.operators[0]!.subtasks[0]!.keyed!

type Case = CaseDefinition<CheckpointStorageSubject, CheckpointStorageCapability>

const storing: readonly Case[] = [
  {
    name: 'stores a checkpoint and reads its segments back',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      expectEqual([job.existing.length, job.highestId, job.epoch >= 1], [0, 0, true], 'a fresh job')
      const stored = await storeCheckpoint(job, 1)
      expectEqual(stored.manifest, suiteManifest(1, await handlesOf(stored)), 'the manifest as it was given')
      for (const snapshot of [stored, await job.load(idOf(1)), (await storage.resolve(stored.path))!]) {
        expectEqual(textOf(await snapshot.read(handleOf(snapshot))), 'state of 1!', 'the first segment')
        const second = snapshot.manifest.operators[0]!.subtasks[0]!.operator!
        expectEqual(textOf(await snapshot.read(second)), 'second', 'the second segment')
      }
    },
  },
  {
    name: 'a checkpoint exists only from its manifest on',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const handles = await writeState(job, 1)
      await expectFailure(() => job.load(idOf(1)), ['CHECKPOINT_NOT_FOUND'])
      expectEqual(await storage.newest('suite'), undefined, 'nothing to resume from')
      const stored = await job.putManifest(suiteManifest(1, handles))
      expectEqual((await storage.newest('suite'))?.path, stored.path, 'the newest')
    },
  },
  {
    name: 'a manifest whose state is not stored is refused, and stays absent',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const writer = job.openWriter(idOf(1), suiteSubtask)
      writer.beginSegment()
      writer.append(Buffer.from('x'))
      const handle = writer.endSegment()
      const refused = () => job.putManifest(suiteManifest(1, [handle, handle]))
      await expectFailure(refused, ['STATE_FILE_MISSING', 'STATE_FILE_DAMAGED'])
      await expectFailure(() => job.load(idOf(1)), ['CHECKPOINT_NOT_FOUND'])
      await writer.close()
      await job.putManifest(suiteManifest(1, [handle, handle]))
    },
  },
  {
    name: 'a checkpoint without state is whole',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      await job.openWriter(idOf(1), suiteSubtask).close()
      const stored = await job.putManifest(suiteManifest(1, undefined))
      expectEqual((await job.load(idOf(1))).manifest, stored.manifest, 'stored')
    },
  },
  {
    name: 'storing the same manifest again changes nothing',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const stored = await storeCheckpoint(job, 1)
      expectEqual((await job.putManifest(stored.manifest)).path, stored.path, 'the same checkpoint')
    },
  },
  {
    name: 'an aborted writer leaves nothing that counts',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const writer = job.openWriter(idOf(1), suiteSubtask)
      writer.beginSegment()
      writer.append(Buffer.alloc(3_000_000))
      await writer.abort()
      await writer.abort()
      await writeState(job, 1)
    },
  },
  {
    name: 'a manifest that breaks its own rules is refused before it is stored',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const handles = await writeState(job, 1)
      const good = suiteManifest(1, handles)
      const outside = suiteManifest(1, [{ ...handles[0], file: '../other' }, handles[1]])
      await expectFailure(() => job.putManifest(outside), ['PATH_OUTSIDE_ROOT'])
      const operators = [{ ...good.operators[0]!, parallelism: 2 }]
      const error = await expectFailure(() => job.putManifest({ ...good, operators }), ['MANIFEST_DAMAGED'])
      expectTrue(error.message.includes('operators[0].subtasks'), `names the field: ${error.message}`)
      await expectFailure(() => job.load(idOf(1)), ['CHECKPOINT_NOT_FOUND'])
    },
  },
]

const handlesOf = async ({ manifest }: StoredSnapshot): Promise<[StateHandle, StateHandle]> => {
  const { keyed, operator } = manifest.operators[0]!.subtasks[0]!
  const { file, offset, length, checksum, codec } = keyed!
  return [{ file, offset, length, checksum, codec }, operator!]
}

const finding: readonly Case[] = [
  {
    name: 'the newest is the one with the highest id that is no plain savepoint',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      await storeCheckpoint(job, 1)
      await storeCheckpoint(job, 3)
      await storeCheckpoint(job, 4, 'savepoint')
      expectEqual((await storage.newest('suite'))?.manifest.checkpointId, 3, 'a savepoint is passed over')
      await storeCheckpoint(job, 5, 'stop-suspend')
      expectEqual((await storage.newest('suite'))?.manifest.checkpointId, 5, 'a stop with savepoint counts')
      expectEqual(await storage.newest('another name'), undefined, 'by name')
    },
  },
  {
    name: 'the newest of two jobs of one name is the later one',
    async run({ storage }) {
      const later = { id: makeJobId(new Random(2).bytes(16)), name: 'suite' }
      const first = await storage.open(suiteJob)
      await storeCheckpoint(first, 9)
      const second = await storage.open(later)
      const handles = await writeState(second, 2)
      await second.putManifest({ ...suiteManifest(2, handles), job: later, timestamp: 5_000 })
      expectEqual((await storage.newest('suite'))?.manifest.job.id, later.id, 'the later one')
    },
  },
  {
    name: 'a path of another form is not answered, an unknown one fails with its name',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      expectEqual(await storage.resolve('elsewhere://checkpoints/1'), undefined, 'another form')
      const unknown = path.replace(/1$/, '77')
      const error = await expectFailure(() => storage.resolve(unknown), ['CHECKPOINT_NOT_FOUND'])
      expectTrue(error.message.includes(unknown), 'the message names the path')
    },
  },
]

const keeping: readonly Case[] = [
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
    name: 'a checkpoint that its job keeps outlives its pins',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storage.pin(path, 'savepoint a')
      await storage.unpin(path, 'savepoint a')
      expectTrue((await storage.resolve(path)) !== undefined, 'still there')
      await expectFailure(() => storage.pin(path.replace(/1$/, '77'), 'x'), ['CHECKPOINT_NOT_FOUND'])
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
      expectEqual(removed.length, 1, `one directory, got ${removed.join(', ')}`)
      expectEqual(textOf(await kept.read(handleOf(kept))), 'state of 1!', 'the whole one is intact')
      await job.putManifest(suiteManifest(3, handles))
      expectEqual(await job.sweep([]), [], 'nothing more')
    },
  },
]

const owning: readonly Case[] = [
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

const damage: readonly Case[] = [
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

/**
 * The conformance cases of a checkpoint storage, for any test runner. `make` is called once per case.
 *
 * @example
 * const make = () => ({ storage: jobmanagerCheckpointStorage() })
 * const lost = 'lives in one process'
 * for (const { name, skip, run } of checkpointStorageSuite(make, { reopen: lost, damage: lost })) it.skipIf(skip !== undefined)(name, run)
 */
export const checkpointStorageSuite = (
  make: () => CheckpointStorageSubject,
  capabilities: CapabilityManifest<CheckpointStorageCapability>,
): readonly ConformanceCase[] =>
  buildCases([...storing, ...finding, ...keeping, ...owning, ...damage].map(disposing), capabilities, make)

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
