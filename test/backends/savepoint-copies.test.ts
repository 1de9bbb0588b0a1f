import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { filesystemSavepointStore } from '../../src/backends/filesystem-savepoints.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { copyState, isJobCheckpoint, removeCopy, sealCopy } from '../../src/backends/savepoint-copy.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import {
  handleOf,
  storeCheckpoint,
  suiteJob,
  suiteManifest,
  suiteSubtask,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from './temporary.ts'

const stored = async (dir: string) =>
  storeCheckpoint(await filesystemCheckpointStorage({ dir }).open(suiteJob), 1, 'savepoint')

async function copied(snapshot: StoredSnapshot, dir = join(temporaryDir(), 'copy')): Promise<string> {
  mkdirSync(dir, { recursive: true })
  await copyState(nodeFileSystem, dir, snapshot)
  await sealCopy(nodeFileSystem, dir, snapshot.manifest)
  return dir
}

const storeAnywhere = () => {
  const dir = temporaryDir()
  return filesystemSavepointStore({ dir, storage: filesystemCheckpointStorage({ dir }) })
}

/** The same manifest with a file called otherwise, sealed anew. */
function withFile(text: string, file: string, other: string): string {
  const { checksum: _, ...body } = JSON.parse(text.replaceAll(`"${file}"`, `"${other}"`))
  return printSealed(body)
}

const read = async (path: string): Promise<string> => {
  const snapshot = await storeAnywhere().resolve(path)
  return Buffer.from(await snapshot!.read(handleOf(snapshot!))).toString()
}

describe('a self-contained savepoint', () => {
  it('is found under any name, anywhere, also under that of a checkpoint, but not where a job keeps its own', async () => {
    const dir = await copied(await stored(temporaryDir()))
    for (const name of ['chk-1', 'savepoint-abcdef-0123456789ab', 'before the migration']) {
      const moved = join(temporaryDir(), name)
      cpSync(dir, moved, { recursive: true })
      expect(await read(moved)).toBe('state of 1!')
    }
    const ofJob = join(temporaryDir(), suiteJob.id, 'chk-1')
    cpSync(dir, ofJob, { recursive: true })
    expect(isJobCheckpoint(ofJob)).toBe(true)
    expect(await storeAnywhere().resolve(ofJob)).toBeUndefined()
  })

  it('has one file for each subtask with state, however many checkpoints had a part of it', async () => {
    const dir = temporaryDir()
    const job = await filesystemCheckpointStorage({ dir }).open(suiteJob)
    const segment = async (checkpoint: number, text: string) => {
      const writer = job.openWriter(checkpoint as CheckpointId, suiteSubtask)
      writer.beginSegment('shared')
      writer.append(Buffer.from(text))
      const handle = writer.endSegment()
      await writer.close()
      return handle
    }
    const chain = [await segment(1, 'everything'), await segment(2, 'a change'), await segment(3, 'another')]
    const base = suiteManifest(3, undefined, 'savepoint')
    const keyed = chain.map((handle, index) => ({
      ...handle,
      keyGroups: { start: 0, end: 127 },
      states: [{ name: 'count', kind: 'value' as const }],
      ...(index > 0 && { delta: true as const }),
    }))
    const [operator] = base.operators
    const subtasks = [{ index: 0, finished: false, keyed, operator: undefined }]
    const snapshot = await job.putManifest({ ...base, formatVersion: 3, operators: [{ ...operator!, subtasks }] })
    const copy = await copied(snapshot)
    expect(readdirSync(copy)).toEqual(['_metadata', `${suiteSubtask.replace('/', '-')}.state`])
    const found = await storeAnywhere().resolve(copy)
    const handles = found!.manifest.operators[0]!.subtasks[0]!.keyed
    const texts = await Promise.all(handles.map(async (handle) => Buffer.from(await found!.read(handle)).toString()))
    expect(texts).toEqual(['everything', 'a change', 'another'])
    expect(handles.map(({ delta }) => delta)).toEqual([undefined, true, true])
  })

  it('may be made of a checkpoint in memory', async () => {
    const snapshot = await storeCheckpoint(await jobmanagerCheckpointStorage().open(suiteJob), 1, 'savepoint')
    expect(await read(await copied(snapshot))).toBe('state of 1!')
  })

  it('is not made of state that is damaged', async () => {
    const dir = temporaryDir()
    const snapshot = await stored(dir)
    const file = join(snapshot.path, handleOf(snapshot).file)
    const bytes = readFileSync(file)
    bytes[3]! ^= 1
    writeFileSync(file, bytes)
    await expect(copied(snapshot)).rejects.toMatchObject({
      code: 'STATE_FILE_DAMAGED',
      message: expect.stringContaining(file),
    })
  })

  it('is not made of state that changes between two looks at it', async () => {
    const snapshot = await stored(temporaryDir())
    async function* another() {
      yield Buffer.from('state of 2!')
    }
    const changing: StoredSnapshot = { ...snapshot, readInPieces: another }
    await expect(copied(changing)).rejects.toMatchObject({ code: 'STATE_FILE_DAMAGED' })
  })

  it('whose files are elsewhere is none: it could not be moved', async () => {
    const dir = await copied(await stored(temporaryDir()))
    const [file] = readdirSync(dir).filter((name) => name.endsWith('.state'))
    const outside = join(temporaryDir(), 'outside')
    renameSync(join(dir, file!), outside)
    symlinkSync(outside, join(dir, file!))
    await expect(read(dir)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
  })

  it('is removed with its own files, however they are called, and nobody else’s', async () => {
    const dir = await copied(await stored(temporaryDir()))
    const [file] = readdirSync(dir).filter((name) => name.endsWith('.state'))
    const text = readFileSync(join(dir, '_metadata'), 'utf8')
    writeFileSync(join(dir, '_metadata'), withFile(text, file!, 'other-name'))
    renameSync(join(dir, file!), join(dir, 'other-name'))
    expect(await read(dir)).toBe('state of 1!')
    writeFileSync(join(dir, 'notes.txt'), 'why we made it')
    mkdirSync(join(dir, 'more'))
    await storeAnywhere().remove(dir)
    expect(readdirSync(dir)).toEqual(['more', 'notes.txt'])
    const other = await copied(await stored(temporaryDir()))
    await storeAnywhere().remove(other)
    expect(existsSync(other)).toBe(false)
    await removeCopy(nodeFileSystem, other)
  })
})
