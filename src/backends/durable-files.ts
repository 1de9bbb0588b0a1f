/**
 * The usual steps on files: a durable directory, a file written as a whole, removal that forgives what is gone.
 *
 * A whole file is written beside its place, synced, renamed, and its directory synced: after a crash there is the old
 * file or the new one. The name beside its place holds `.tmp-`, which no real file has. Tests: test/backends/crash.test.ts.
 */
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { messageOf, StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import type { FileSystem } from './file-system.ts'
import { errnoOf, isMissing, isNoFile } from './storage-errors.ts'

export const temporaryMark = '.tmp-'

/** Makes a directory and those above it, each durable in its parent. */
export async function ensureDir(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.makeDir(path)
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error
    await ensureDir(fs, dirname(path))
    await fs.makeDir(path)
  }
  await fs.syncDir(dirname(path))
}

export interface WholeFile {
  readonly path: string
  readonly text: string
  /** Ends the temporary name; what may run at the same time needs different ones. */
  readonly writer: string | number
  /** The last chance to give up; asked when all is on disk but the name. */
  readonly beforeRename?: () => Promise<void>
}

export async function writeWhole(fs: FileSystem, { path, text, writer, beforeRename }: WholeFile): Promise<void> {
  const temporary = `${path}${temporaryMark}${writer}`
  await removeIfThere(fs, temporary)
  const file = await fs.create(temporary)
  try {
    await file.write(Buffer.from(text))
    await file.sync()
  } finally {
    await file.close()
  }
  await beforeRename?.()
  await fs.rename(temporary, path)
  await fs.syncDir(dirname(path))
}

/**
 * The text of a file; undefined when there is none. Files of absurd size are cut, and fail their checksum then. Fails with
 * `MANIFEST_DAMAGED` when something else than a file has the name.
 */
export async function readWhole(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    const size = await fs.size(path)
    return (await fs.read(path, 0, Math.min(size, limits.manifestBytesMax + 1))).toString('utf8')
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return undefined
    if (!isNoFile(error)) throw error
    throw new StreamError('MANIFEST_DAMAGED', `${path} is damaged: ${messageOf(error)}.`, {
      cause: error,
      details: { file: path },
    })
  }
}

/** The beginning of a small file that is for people, whatever is in it. */
export const readNote = async (fs: FileSystem, path: string): Promise<string> =>
  (await fs.read(path, 0, Math.min(await fs.size(path), limits.noteBytesMax))).toString('utf8')

/** Names in a directory, sorted; empty when there is no such directory. */
export async function listIfThere(fs: FileSystem, path: string): Promise<readonly string[]> {
  try {
    return [...(await fs.list(path))].sort()
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}

export async function removeIfThere(fs: FileSystem, path: string): Promise<void> {
  await fs.removeFile(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** Removes a file, or nothing when the name is that of a directory, which nobody here has made. Returns whether it is gone. */
export async function removeUnlessDir(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await removeIfThere(fs, path)
    return true
  } catch (error) {
    const isDir = await fs.list(path).then(
      () => true,
      () => false,
    )
    if (isDir) return false
    throw error
  }
}

/**
 * Removes a directory and the files in it, `first` before all others and durably, so that no half looks whole, then the others
 * by their `rank`. A directory in it is not ours: it stays, and so does the one around it.
 */
export async function removeDirWith(
  fs: FileSystem,
  path: string,
  first: string,
  rank: (name: string) => number = () => 0,
): Promise<void> {
  const names = (await listIfThere(fs, path)).toSorted((a, b) => rank(a) - rank(b))
  if (names.includes(first)) {
    await removeUnlessDir(fs, join(path, first))
    await fs.syncDir(path)
  }
  let emptied = true
  for (const name of names) emptied = (await removeUnlessDir(fs, join(path, name))) && emptied
  if (!emptied) return fs.syncDir(path)
  await fs.removeDir(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  await fs.syncDir(dirname(path))
}

/** Is `path`, with links followed, `root` or below it? Both must exist. */
export async function isInside(fs: FileSystem, root: string, path: string): Promise<boolean> {
  const way = relative(await fs.realPath(root), await fs.realPath(path))
  return way === '' || (way !== '..' && !way.startsWith('../') && !way.startsWith('..\\') && !isAbsolute(way))
}

/** Is `path` a link to elsewhere, so that what it names is not ours to change? False when there is nothing. */
export async function isLink(fs: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fs.realPath(path)) !== join(await fs.realPath(dirname(path)), basename(path))
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** A path as given by a person: the directory that holds `_metadata`, or that file. */
export const snapshotDirOf = (path: string): string => (basename(path) === metadataName ? dirname(path) : path)

export const metadataName = '_metadata'
