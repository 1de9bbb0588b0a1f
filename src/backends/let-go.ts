/**
 * The end of a checkpoint that its job has let go and only others have kept, in whatever process the last of them goes.
 * Tests: test/backends/checkpoint-storages.test.ts, test/backends/let-go.test.ts.
 */
import { dirname } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { deleteCheckpoint, readCheckpoint } from './checkpoint-directory.ts'
import { sharedFilesOf } from './checkpoint-rules.ts'
import { listIfThere } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { isHeld, retiredName } from './pins.ts'
import { removeUnnamed } from './shared-files.ts'

/** Deletes a checkpoint that all have let go, but for `job`, which deletes it. Returns whether somebody still holds it. */
export async function deleteIfLetGo(fs: FileSystem, dir: string, job?: JobId): Promise<boolean> {
  const names = await listIfThere(fs, dir)
  if (isHeld(names, job)) return true
  if (!names.includes(retiredName)) return false
  const named = new Set(await sharedFilesIn(fs, dir))
  await deleteCheckpoint(fs, dir)
  await removeUnnamed(fs, dirname(dir), (name) => named.has(name))
  return false
}

/** None when the manifest cannot be read: a sweep comes later. */
async function sharedFilesIn(fs: FileSystem, dir: string): Promise<readonly string[]> {
  try {
    return sharedFilesOf((await readCheckpoint(fs, dir)).manifest)
  } catch (error) {
    if (error instanceof StreamError) return []
    throw error
  }
}
