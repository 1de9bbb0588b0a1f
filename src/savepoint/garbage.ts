/**
 * What a directory of checkpoints holds that nobody needs, and what keeps the rest. Looks only; `collect-garbage.ts` deletes.
 *
 * INV-GA-1 What cannot be read is no garbage, and while a manifest of a job cannot be read, none of the job's shared files is.
 * Tests: test/savepoint/garbage.test.ts.
 */
import { join } from 'node:path'
import { checkpointDirName, checkpointIdsIn, readCheckpoint } from '../backends/checkpoint-directory.ts'
import { namedFiles, sharedFilesOf } from '../backends/checkpoint-rules.ts'
import { isLink, listIfThere, metadataName, readWhole, temporaryMark } from '../backends/durable-files.ts'
import type { FileSystem } from '../backends/file-system.ts'
import { soundRecord } from '../backends/job-record.ts'
import { type LeaseNote, leaseNote } from '../backends/lease.ts'
import { type Manifest, sharedDirName } from '../backends/manifest.ts'
import { jobDirsIn } from '../backends/newest-checkpoint.ts'
import { claimantsIn, isBookkeeping, isHeld, pinHolders, retiredName } from '../backends/pins.ts'
import { isPointer } from '../backends/savepoint-pointer.ts'
import { isSharedFile } from '../backends/shared-files.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { listSavepoints } from './list-savepoints.ts'

/** A directory or a file, and why it is garbage, or is not. */
export interface GarbageLine {
  readonly path: string
  /** `orphan`: nobody needs it. `held`: somebody does. `unclear`: a person must look. */
  readonly verdict: 'orphan' | 'held' | 'unclear'
  readonly why: string
}

export interface JobGarbage {
  /** The job's directory. */
  readonly dir: string
  readonly name: string | undefined
  readonly lease: LeaseNote
  readonly lines: readonly GarbageLine[]
}

/** One directory of checkpoints, job by job. Fails with `STORAGE_FAILED`. */
export async function* garbageIn(fs: FileSystem, dir: string): AsyncGenerator<JobGarbage> {
  for (const jobDir of await jobDirsIn(fs, dir)) {
    if (!(await isLink(fs, jobDir))) yield garbageOfJob(fs, jobDir)
  }
}

async function garbageOfJob(fs: FileSystem, dir: string): Promise<JobGarbage> {
  const names = await listIfThere(fs, dir)
  const record = await soundRecord(fs, dir)
  const lines: GarbageLine[] = []
  const manifests: (Named | undefined)[] = []
  for (const id of checkpointIdsIn(names)) {
    const path = join(dir, checkpointDirName(id))
    const found = await garbageOfCheckpoint(fs, path)
    lines.push(...found.lines)
    manifests.push(found.manifest)
  }
  lines.push(...(await sharedGarbage(fs, join(dir, sharedDirName), manifests)))
  for (const name of names.filter((one) => one.includes(temporaryMark))) {
    lines.push({ path: join(dir, name), verdict: 'orphan', why: 'was left half-written' })
  }
  return { dir, name: record?.name, lease: await leaseNote(fs, dir), lines }
}

/** No manifest in `manifest`: there is none, or it cannot be read. */
async function garbageOfCheckpoint(
  fs: FileSystem,
  path: string,
): Promise<{ readonly lines: readonly GarbageLine[]; readonly manifest: Named | undefined }> {
  const line = (verdict: GarbageLine['verdict'], why: string, at = path) => ({ path: at, verdict, why })
  if (await isLink(fs, path)) return { lines: [line('unclear', 'is a link')], manifest: emptyManifest }
  const names = await listIfThere(fs, path)
  if (!names.includes(metadataName)) {
    return { lines: [line('orphan', 'has no manifest')], manifest: emptyManifest }
  }
  let manifest: Manifest
  try {
    manifest = (await readCheckpoint(fs, path)).manifest
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return { lines: [line('unclear', `cannot be read: ${messageOf(error)}`)], manifest: undefined }
  }
  const retired = names.includes(retiredName)
  if (retired && !isHeld(names)) {
    return {
      lines: [line('orphan', 'its job has let it go, and nothing pins it or has claimed it')],
      manifest: emptyManifest,
    }
  }
  const needed = new Set([...namedFiles(manifest)].map((file) => file.split('/')[0]))
  const rubbish = names.filter((name) => name !== metadataName && !needed.has(name) && !isBookkeeping(name))
  const lines = [
    ...(await holdersOf(fs, path, retired)).map((why) => line('held', why)),
    ...rubbish.map((name) => line('orphan', 'no manifest names it', join(path, name))),
  ]
  return { lines, manifest }
}

const emptyManifest: Named = { operators: [] }

type Named = Pick<Manifest, 'operators'>

async function holdersOf(fs: FileSystem, path: string, retired: boolean): Promise<readonly string[]> {
  const pins = await pinHolders(fs, path)
  const holders: string[] = retired ? [] : ['its job has not let it go']
  for (const job of claimantsIn(await listIfThere(fs, path))) holders.push(`claimed by job ${job}`)
  for (const holder of pins) holders.push(`pinned by ${holder}${await needOf(fs, holder)}`)
  return holders
}

/** A pin may be left behind by a crash: by a savepoint that is gone, or by one that was copied and needs it no more. */
async function needOf(fs: FileSystem, savepoint: string): Promise<string> {
  const text = await readWhole(fs, join(savepoint, metadataName)).catch(() => '')
  if (text === undefined) return ', where no savepoint is (any more)'
  if (text === '' || isPointer(text)) return ''
  return ', which is self-contained and does not need it'
}

async function sharedGarbage(
  fs: FileSystem,
  dir: string,
  manifests: readonly (Named | undefined)[],
): Promise<readonly GarbageLine[]> {
  if (await isLink(fs, dir)) return [{ path: dir, verdict: 'unclear', why: 'is a link' }]
  const files = (await listIfThere(fs, dir)).filter(isSharedFile)
  const known = manifests.filter((manifest) => manifest !== undefined)
  const named = new Set(known.flatMap(sharedFilesOf))
  const unnamed = files.filter((name) => !named.has(name))
  const clear = known.length === manifests.length
  return unnamed.map((name): GarbageLine => {
    const path = join(dir, name)
    if (clear) return { path, verdict: 'orphan', why: 'no manifest names it' }
    return { path, verdict: 'unclear', why: 'a manifest that cannot be read may name it' }
  })
}

/** What is odd in directories of savepoints. Fails with `STORAGE_FAILED`. */
export async function* oddSavepointsIn(fs: FileSystem, dir: string): AsyncGenerator<GarbageLine> {
  for (const name of await listIfThere(fs, dir)) {
    const path = join(dir, name)
    if (!/^savepoint-/.test(name) || (await isLink(fs, path))) continue
    if (!(await listIfThere(fs, path)).includes(metadataName)) {
      yield { path, verdict: 'unclear', why: 'has no manifest: it is being made, or its making was cut short' }
      continue
    }
    for await (const { form, pointsTo, problem } of listSavepoints(path, { fs })) {
      if (problem !== undefined) yield { path, verdict: 'unclear', why: `cannot be read: ${problem.message}` }
      else if (form === 'pointer' && pointsTo !== undefined && !(await isThere(fs, pointsTo))) {
        yield { path, verdict: 'unclear', why: `points to ${pointsTo}, where there is no checkpoint` }
      }
    }
  }
}

const isThere = async (fs: FileSystem, checkpoint: string): Promise<boolean> =>
  (await readWhole(fs, join(checkpoint, metadataName)).catch(() => '')) !== undefined
