/**
 * The usual steps on files: a durable directory, a file written as a whole, removal that forgives what is gone.
 *
 * A whole file is written beside its place, synced, renamed, and its directory synced: after a crash there is the old
 * file or the new one. The name beside its place holds `.tmp-`, which no real file has. Tests: test/backends/crash.test.ts.
 */
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { limits } from '../core/limits.ts'
import type { FileSystem } from './file-system.ts'
import { errnoOf, isMissing } from './storage-errors.ts'

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

/** The text of a file; undefined when there is none. Files of absurd size are cut, and fail their checksum then. */
export async function readWhole(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    const size = await fs.size(path)
    return (await fs.read(path, 0, Math.min(size, limits.manifestBytesMax + 1))).toString('utf8')
  } catch (error) {
    // A directory of this name is no file either.
    if (isMissing(error) || errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'EISDIR') return undefined
    throw error
  }
}

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

/** Removes a directory and the files in it, `first` before all others and durably, so that no half looks whole. */
export async function removeDirWith(fs: FileSystem, path: string, first: string): Promise<void> {
  const names = await listIfThere(fs, path)
  if (names.includes(first)) {
    await removeIfThere(fs, join(path, first))
    await fs.syncDir(path)
  }
  for (const name of names) await removeIfThere(fs, join(path, name))
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

/** A path as given by a person: the directory that holds `_metadata`, or that file. */
export const snapshotDirOf = (path: string): string => (basename(path) === metadataName ? dirname(path) : path)

export const metadataName = '_metadata'
