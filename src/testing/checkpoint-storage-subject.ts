/** What the cases of the checkpoint-storage suite work with: one job, one operator, small checkpoints. */
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { FileHandle, KeyedStateHandle, Manifest, StateHandle } from '../backends/manifest.ts'
import type { SnapshotKind } from '../core/elements.ts'
import { assert } from '../core/errors.ts'
import { type CheckpointId, makeJobId, makeOperatorId, type SubtaskId, subtaskId, type VertexId } from '../core/ids.ts'
import { Random } from '../core/random.ts'
import type { CaseDefinition } from './conformance.ts'

export type CheckpointStorageCapability = 'reopen' | 'damage' | 'claims' | 'starts'

/** A storage under test, and what the suite must do to it from outside. */
export interface CheckpointStorageSubject {
  readonly storage: CheckpointStorage
  /** What the storage is opened with: a directory, or the URL of a place. Every path of it begins with this. */
  readonly place: string
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

export const idOf = (n: number): CheckpointId => n as CheckpointId
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** Writes one file with two segments. */
export async function writeState(
  job: JobCheckpoints,
  id: number,
  text = `state of ${id}`,
): Promise<[FileHandle, FileHandle]> {
  const writer = job.openWriter(idOf(id), suiteSubtask)
  writer.beginSegment()
  writer.append(Buffer.from(text))
  writer.append(Buffer.from('!'))
  const first = fileHandle(writer.endSegment())
  writer.beginSegment()
  writer.append(Buffer.from('second'))
  const second = fileHandle(writer.endSegment())
  await writer.close()
  return [first, second]
}

export function suiteManifest(
  id: number,
  handles: readonly [FileHandle, FileHandle] | undefined,
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
        subtasks: [{ index: 0, finished: false, keyed: keyed === undefined ? [] : [keyed], operator: handles?.[1] }],
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

/** Opened without room in the manifest, a storage writes everything into files. */
export function fileHandle(handle: StateHandle): FileHandle {
  assert('file' in handle, 'a storage was told to put nothing into the manifest')
  return handle
}

export const handleOf = (snapshot: StoredSnapshot): FileHandle =>
  fileHandle(snapshot.manifest.operators[0]!.subtasks[0]!.keyed[0]!)

export type CheckpointStorageCase = CaseDefinition<CheckpointStorageSubject, CheckpointStorageCapability>

export const handlesOf = async ({ manifest }: StoredSnapshot): Promise<[FileHandle, FileHandle]> => {
  const { keyed, operator } = manifest.operators[0]!.subtasks[0]!
  const { file, offset, length, checksum, codec } = fileHandle(keyed[0]!)
  return [{ file, offset, length, checksum, codec }, fileHandle(operator!)]
}
