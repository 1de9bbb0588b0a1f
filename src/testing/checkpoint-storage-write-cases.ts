import { makeJobId } from '../core/ids.ts'
import { Random } from '../core/random.ts'
import {
  type CheckpointStorageCase,
  fileHandle,
  handleOf,
  handlesOf,
  idOf,
  storeCheckpoint,
  suiteJob,
  suiteManifest,
  suiteSubtask,
  textOf,
  writeState,
} from './checkpoint-storage-subject.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'

export const storingCases: readonly CheckpointStorageCase[] = [
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
      const handle = fileHandle(writer.endSegment())
      const refused = () => job.putManifest(suiteManifest(1, [handle, handle]))
      await expectFailure(refused, ['STATE_FILE_MISSING', 'STATE_FILE_DAMAGED'])
      await expectFailure(() => job.load(idOf(1)), ['CHECKPOINT_NOT_FOUND'])
      await writer.close()
      await job.putManifest(suiteManifest(1, [handle, handle]))
    },
  },
  {
    name: 'records on their way are state like any other: refused until stored, kept, and read back',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const writer = job.openWriter(idOf(1), suiteSubtask)
      writer.beginSegment()
      writer.append(Buffer.from('on their way'))
      const channel = { ...writer.endSegment(), gate: 0, input: 0, from: 3 } as const
      const bare = suiteManifest(1, undefined)
      const subtasks = [{ ...bare.operators[0]!.subtasks[0]!, inFlight: [channel] }]
      const manifest = { ...bare, formatVersion: 2, operators: [{ ...bare.operators[0]!, subtasks }] }
      await expectFailure(() => job.putManifest(manifest), ['STATE_FILE_MISSING', 'STATE_FILE_DAMAGED'])
      await writer.close()
      await job.putManifest(manifest)
      await job.sweep([])
      const stored = (await storage.newest('suite'))!
      expectEqual(stored.manifest.operators[0]!.subtasks[0]!.inFlight, [channel], 'the channels')
      expectEqual(textOf(await stored.read(channel)), 'on their way', 'the records')
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

export const findingCases: readonly CheckpointStorageCase[] = [
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
    name: 'a checkpoint is two names below the place, by the id of its job',
    async run({ storage, place }) {
      const job = await storage.open(suiteJob)
      const paths = [(await storeCheckpoint(job, 1)).path, (await storeCheckpoint(job, 2)).path]
      for (const path of paths) {
        const names = path.startsWith(`${place}/${suiteJob.id}/`) ? path.slice(place.length + 1).split(/[\\/]/) : []
        expectTrue(names.length === 2 && names[1] !== '', `${path}: expected ${place}/${suiteJob.id}/<name>`)
        expectEqual((await storage.resolve(path))?.path, path, 'it is called what it was found by')
      }
      expectTrue(paths[0] !== paths[1], 'each has its own')
      expectEqual((await storage.newest('suite'))?.path, paths[1], 'the same path, however it is found')
      expectEqual((await job.load(idOf(2))).path, paths[1], 'by its id, too')
    },
  },
  {
    name: 'a path of another form is not answered, an unknown one fails with its name',
    async run({ storage }) {
      const job = await storage.open(suiteJob)
      const { path } = await storeCheckpoint(job, 1)
      await storeCheckpoint(job, 2)
      await job.discard(idOf(1))
      expectEqual(await storage.resolve('elsewhere://checkpoints/1'), undefined, 'another form')
      for (const use of [() => storage.resolve(path), () => storage.pin(path, 'x')]) {
        const error = await expectFailure(use, ['CHECKPOINT_NOT_FOUND'])
        expectTrue(error.message.includes(path), 'the message names the path')
      }
    },
  },
]
