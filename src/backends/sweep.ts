/**
 * What a crash left behind in one checkpoint's directory. A directory without a manifest is rubbish as a whole; one whose
 * manifest this build cannot read is left alone, because a newer build, or a person, may still want it.
 * Tests: test/backends/filesystem-checkpoints.test.ts, test/backends/crash.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { readCheckpoint } from './checkpoint-directory.ts'
import { namedFiles } from './checkpoint-rules.ts'
import { listIfThere, metadataName, removeIfThere } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { isBookkeeping, isPinned, retiredName } from './pins.ts'

/** Removes what no manifest names in `dir`, or all of it with `remove`. Returns the names of what went. */
export async function sweepCheckpoint(
  fs: FileSystem,
  dir: string,
  remove: () => Promise<void>,
): Promise<readonly string[]> {
  const names = await listIfThere(fs, dir)
  const whole = names.includes(metadataName)
  if (!whole || (names.includes(retiredName) && !isPinned(names))) {
    await remove()
    return [dir]
  }
  const named = await filesOf(fs, dir)
  if (named === undefined) return []
  const rubbish = names.filter((name) => name !== metadataName && !named.has(name) && !isBookkeeping(name))
  for (const name of rubbish) await removeIfThere(fs, join(dir, name))
  return rubbish.map((name) => join(dir, name))
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
