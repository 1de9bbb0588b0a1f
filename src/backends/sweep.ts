/**
 * What a crash left behind in one checkpoint's directory. A directory without a manifest is rubbish as a whole; one whose
 * manifest this build cannot read is left alone, because a newer build, or a person, may still want it.
 * Tests: test/backends/filesystem-checkpoints.test.ts, test/backends/crash.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { readCheckpoint } from './checkpoint-directory.ts'
import { namedFiles } from './checkpoint-rules.ts'
import { isLink, listIfThere, metadataName, removeUnlessDir } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { isBookkeeping, isHeld, retiredName } from './pins.ts'
import { errnoOf } from './storage-errors.ts'

/** Removes what no manifest names in `dir`, or all of it with `remove`. Returns the names of what went. */
export async function sweepCheckpoint(
  fs: FileSystem,
  dir: string,
  remove: () => Promise<void>,
): Promise<readonly string[]> {
  const names = await listIfThere(fs, dir)
  if (await isStray(fs, dir, names)) return []
  const whole = names.includes(metadataName)
  if (!whole || (names.includes(retiredName) && !isHeld(names))) {
    await remove()
    return [dir]
  }
  const named = await filesOf(fs, dir)
  if (named === undefined) return []
  const rubbish = names.filter((name) => name !== metadataName && !named.has(name) && !isBookkeeping(name))
  const removed: string[] = []
  for (const name of rubbish) if (await removeUnlessDir(fs, join(dir, name))) removed.push(join(dir, name))
  return removed
}

/** A link to elsewhere, or something else than a directory: nobody here has made it. */
async function isStray(fs: FileSystem, dir: string, names: readonly string[]): Promise<boolean> {
  if (await isLink(fs, dir)) return true
  if (names.length > 0) return false
  return fs.list(dir).then(
    () => false,
    (error: unknown) => errnoOf(error) === 'ENOTDIR',
  )
}

/** Names directly in `dir` that the manifest needs; undefined when it cannot be read. */
async function filesOf(fs: FileSystem, dir: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const { manifest } = await readCheckpoint(fs, dir)
    return new Set([...namedFiles(manifest)].map((file) => file.split('/')[0]!))
  } catch (error) {
    if (error instanceof StreamError) return undefined
    throw error
  }
}
