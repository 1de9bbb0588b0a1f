/** Flushes a file, or the names in a directory, so that they survive a power failure. */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf } from './file-errors.ts'

/** Some systems cannot flush a directory; there is nothing more to be done then. */
const isUnsupported = (thrown: unknown): boolean => ['EISDIR', 'EPERM', 'EINVAL'].includes(codeOf(thrown) ?? '')

/** Opens `path` with `flags`: `r+` for a file, `r` for a directory. */
export async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  try {
    const handle = await open(path, flags)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (thrown) {
    if (flags === 'r' && isUnsupported(thrown)) return
    throw thrown
  }
}

export function syncDirectoryNow(dir: string): void {
  try {
    const fd = openSync(dir, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (thrown) {
    if (!isUnsupported(thrown)) throw thrown
  }
}
