import { type FileSystem, nodeFileSystem } from '../../src/backends/file-system.ts'

export interface Flip {
  readonly path: string
  /** Of the byte. */
  readonly offset: number
  readonly bit: number
}

/** The disk, with one bit of one file turned over whenever it is read. Nothing is written. */
export const flippedFileSystem = ({ path, offset, bit }: Flip): FileSystem => ({
  ...nodeFileSystem,
  async read(from, start, length) {
    const bytes = await nodeFileSystem.read(from, start, length)
    const at = offset - start
    if (from === path && at >= 0 && at < bytes.length) bytes[at]! ^= 1 << bit
    return bytes
  },
})

/** Every file that `action` reads, with its size. */
export async function filesRead(action: (fs: FileSystem) => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  await action({
    ...nodeFileSystem,
    async read(path, offset, length) {
      sizes.set(path, await nodeFileSystem.size(path))
      return nodeFileSystem.read(path, offset, length)
    },
  })
  return sizes
}
