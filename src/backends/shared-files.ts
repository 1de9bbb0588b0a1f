/**
 * The files that several checkpoints of one job may name: `<job>/shared/<checkpoint>-<subtask>.state`. Nothing counts
 * references but the manifests themselves: a file goes when no manifest on disk names it.
 *
 * INV-SH-1 A file is deleted only after a look at every manifest of the job during which none came and none went; while one
 * cannot be read, nothing is.
 * INV-SH-2 What a checkpoint in the making names is named by a manifest that stays until its own is stored (`Holds`), or is
 * its own: files of checkpoints in the making are left alone. Tests: test/backends/shared-files.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { readCheckpoint } from './checkpoint-directory.ts'
import { sharedFilesOf } from './checkpoint-rules.ts'
import { ensureDir, isLink, listIfThere, metadataName, removeUnlessDir } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { sharedDirName } from './manifest.ts'

export const sharedFileName = (checkpoint: CheckpointId, stateFile: string): string => `${checkpoint}-${stateFile}`

const checkpointDir = /^chk-[1-9]\d*$/
/** Nobody here has made any other. */
const sharedForm = /^[1-9]\d*-\w+-\d+\.state$/
export const isSharedFile = (name: string): boolean => sharedForm.test(name)

/** Makes the directory of the job in `jobDir`. Fails with `PATH_OUTSIDE_ROOT` when its name is that of a link. */
export async function ensureSharedDir(fs: FileSystem, jobDir: string): Promise<void> {
  const path = join(jobDir, sharedDirName)
  if (!(await isLink(fs, path))) return ensureDir(fs, path)
  throw new StreamError('PATH_OUTSIDE_ROOT', `${path} is a link: expected a directory of the job's own.`, {
    details: { path },
  })
}

/**
 * Deletes the shared files of the job in `jobDir` that no manifest names, of those that `mayGo` picks by name and the
 * checkpoint that wrote them. Returns their paths.
 */
export async function removeUnnamed(
  fs: FileSystem,
  jobDir: string,
  mayGo: (name: string, writtenBy: number) => boolean,
): Promise<readonly string[]> {
  const dir = join(jobDir, sharedDirName)
  // Behind a link are the files of others.
  if (await isLink(fs, dir)) return []
  const ours = (await listIfThere(fs, dir)).filter(isSharedFile)
  const candidates = ours.filter((name) => mayGo(name, Number.parseInt(name, 10)))
  if (candidates.length === 0) return []
  const named = await namedByManifests(fs, jobDir)
  if (named === undefined) return []
  const removed: string[] = []
  for (const name of candidates) {
    const path = join(dir, name)
    if (!named.has(name) && (await removeUnlessDir(fs, path))) removed.push(path)
  }
  return removed
}

/** Undefined while it cannot be known. */
async function namedByManifests(fs: FileSystem, jobDir: string): Promise<ReadonlySet<string> | undefined> {
  // Each round is spoilt only by a checkpoint that comes or goes meanwhile. What is not removed now is swept later.
  for (let round = 0; round < 3; round++) {
    const before = await wholeIn(fs, jobDir)
    const named = new Set<string>()
    for (const dir of before) {
      try {
        for (const name of sharedFilesOf((await readCheckpoint(fs, dir)).manifest)) named.add(name)
      } catch (error) {
        if (!(error instanceof StreamError)) throw error
        if (error.code !== 'CHECKPOINT_NOT_FOUND') return undefined
      }
    }
    if ((await wholeIn(fs, jobDir)).join() === before.join()) return named
  }
  return undefined
}

/** The directories of checkpoints that have a manifest. */
async function wholeIn(fs: FileSystem, jobDir: string): Promise<readonly string[]> {
  const dirs = (await listIfThere(fs, jobDir))
    .filter((name) => checkpointDir.test(name))
    .map((name) => join(jobDir, name))
  const whole: string[] = []
  for (const dir of dirs) if ((await listIfThere(fs, dir)).includes(metadataName)) whole.push(dir)
  return whole
}
