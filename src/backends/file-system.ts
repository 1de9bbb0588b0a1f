/**
 * The few calls by which checkpoints and savepoints reach the disk, so that a test can fail or kill any one of them.
 * Errors are Node's own, with `code`; `storage-errors.ts` turns them into sentences. Tests: test/backends/crash.test.ts.
 */
import { constants, type Stats } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rmdir, stat, unlink } from 'node:fs/promises'

export interface OpenFile {
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when every byte written is durable; the file's name is another matter (`syncDir`). */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileSystem {
  /** Makes one directory; the parent must exist. Does nothing when it is there already. */
  makeDir(path: string): Promise<void>
  /** Makes the names in a directory durable. */
  syncDir(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  /** Opens a new file for writing; fails with `EEXIST` when there is one. */
  create(path: string): Promise<OpenFile>
  /** Bytes of a regular file; fails with `EISDIR` for a directory and with `EFTYPE` for a pipe, a socket or a device. */
  size(path: string): Promise<number>
  /** Up to `length` bytes from `offset`; fewer at the end of the file. Fails as `size` does, and never waits for a writer. */
  read(path: string, offset: number, length: number): Promise<Buffer>
  /** Atomic; replaces. */
  rename(from: string, to: string): Promise<void>
  removeFile(path: string): Promise<void>
  /** Removes an empty directory. */
  removeDir(path: string): Promise<void>
  /** The path with all symbolic links followed. */
  realPath(path: string): Promise<string>
}

export const nodeFileSystem: FileSystem = {
  async makeDir(path) {
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
    })
  },
  async syncDir(path) {
    // Windows has no way to sync a directory and does not need it.
    if (process.platform === 'win32') return
    await using(path, constants.O_RDONLY, (dir) => dir.sync())
  },
  list: (path) => readdir(path),
  async create(path) {
    const file = await open(path, 'wx')
    return {
      async write(bytes) {
        await file.writeFile(bytes)
      },
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
  size: async (path) => regular(await stat(path), path).size,
  read: (path, offset, length) =>
    using(path, readOnly, async (file) => {
      regular(await file.stat(), path)
      const bytes = Buffer.allocUnsafe(length)
      let got = 0
      while (got < length) {
        const { bytesRead } = await file.read(bytes, got, length - got, offset + got)
        if (bytesRead === 0) break
        got += bytesRead
      }
      return bytes.subarray(0, got)
    }),
  rename,
  removeFile: unlink,
  removeDir: rmdir,
  realPath: realpath,
}

/** To open a pipe without a writer must not wait for one. Windows has neither such pipes nor the flag. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

function regular(stats: Stats, path: string): Stats {
  if (stats.isFile()) return stats
  const [code, kind] = stats.isDirectory() ? ['EISDIR', 'a directory'] : ['EFTYPE', 'a pipe, a socket or a device']
  throw Object.assign(new Error(`${code}: expected a file, got ${kind}, '${path}'`), { code, path })
}

async function using<T>(
  path: string,
  flags: number,
  action: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags)
  try {
    return await action(file)
  } finally {
    await file.close()
  }
}
