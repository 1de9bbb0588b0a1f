/**
 * The end of a checkpoint that its job has let go and only pins have kept, in whatever process the last pin goes.
 * Tests: test/backends/checkpoint-storages.test.ts, test/backends/let-go.test.ts.
 */
import { dirname } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { deleteCheckpoint, readCheckpoint } from './checkpoint-directory.ts'
import { sharedFilesOf } from './checkpoint-rules.ts'
import { listIfThere } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { isPinned, retiredName } from './pins.ts'
import { removeUnnamed } from './shared-files.ts'

/** Deletes a checkpoint that its last holder has let go. */
export async function deleteIfLetGo(fs: FileSystem, dir: string): Promise<void> {
  const names = await listIfThere(fs, dir)
  if (!names.includes(retiredName) || isPinned(names)) return
  const named = new Set(await sharedFilesIn(fs, dir))
  await deleteCheckpoint(fs, dir)
  await removeUnnamed(fs, dirname(dir), (name) => named.has(name))
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
