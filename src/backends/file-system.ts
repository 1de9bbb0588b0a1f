/**
 * The few calls by which checkpoints and savepoints reach the disk, so that a test can fail or kill any one of them.
 * Errors are Node's own, with `code`; `storage-errors.ts` turns them into sentences. Tests: test/backends/crash.test.ts.
 */
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
  size(path: string): Promise<number>
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
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
    await using(path, 'r', (dir) => dir.sync())
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
  size: async (path) => (await stat(path)).size,
  read: (path, offset, length) =>
    using(path, 'r', async (file) => {
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

async function using<T>(
  path: string,
  flags: string,
  action: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags)
  try {
    return await action(file)
  } finally {
    await file.close()
  }
}
