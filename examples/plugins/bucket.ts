/**
 * A bucket: objects under keys, replaced as a whole, each put under a condition. Little enough that an object store of a
 * cloud has it (S3, GCS and Azure call the condition `If-Match` and `If-None-Match`), and enough for checkpoints.
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface StoredObject {
  readonly bytes: Buffer
  /** Rises with every put. */
  readonly version: number
}

export interface Bucket {
  get(key: string): Promise<StoredObject | undefined>
  /** Stores an object whose version is `expected`, 0 for one that is not there; false, and nothing stored, for another. */
  put(key: string, bytes: Uint8Array, expected: number): Promise<boolean>
  delete(key: string): Promise<void>
  /** The keys that begin with `prefix`. */
  list(prefix: string): Promise<readonly string[]>
}

/** In memory: for tests. */
export function memoryBucket(): Bucket {
  const objects = new Map<string, StoredObject>()
  return {
    get: async (key) => objects.get(key),
    async put(key, bytes, expected) {
      if ((objects.get(key)?.version ?? 0) !== expected) return false
      objects.set(key, { bytes: Buffer.from(bytes), version: expected + 1 })
      return true
    },
    delete: async (key) => void objects.delete(key),
    list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
  }
}

/** So many replacements somebody may sleep through between the look at a version and the put of the next. */
const versionsKept = 100

/**
 * In a directory: an object is a directory with a file for each of its latest versions. A version that is there cannot be
 * made again, which is the condition of a put.
 */
export function directoryBucket(root: string): Bucket {
  const dirOf = (key: string) => join(root, ...key.split('/'))
  const newest = async (key: string) =>
    Math.max(0, ...(await namesIn(dirOf(key))).map((name) => (/^\d+$/.test(name) ? Number(name) : 0)))
  return {
    async get(key) {
      // A version may be replaced between the look at its name and that at its content.
      for (;;) {
        const version = await newest(key)
        if (version === 0) return undefined
        const bytes = await readFile(join(dirOf(key), String(version))).catch(unless('ENOENT'))
        if (bytes !== undefined) return { bytes, version }
      }
    },
    async put(key, bytes, expected) {
      if ((await newest(key)) !== expected) return false
      const dir = dirOf(key)
      const made = await mkdir(dir, { recursive: true })
      const temporary = join(dir, `new-${randomUUID()}`)
      await synced(temporary, 'wx', (file) => file.writeFile(bytes))
      const linked = await link(temporary, join(dir, String(expected + 1))).then(() => true, unless('EEXIST'))
      await unlink(temporary)
      if (linked !== true) return false
      // The name of the object is made durable, and that of every directory that was made for it.
      for (let path = dir; path.length >= dirname(made ?? dir).length; path = dirname(path)) await synced(path, 'r')
      if (expected >= versionsKept) await unlink(join(dir, String(expected + 1 - versionsKept))).catch(unless('ENOENT'))
      return true
    },
    delete: (key) => rm(dirOf(key), { recursive: true, force: true }),
    async list(prefix) {
      const at = prefix.lastIndexOf('/') + 1
      const names = await readdir(dirOf(prefix.slice(0, at)), { recursive: true }).catch(unless('ENOENT', 'ENOTDIR'))
      const keys = (names ?? [])
        .filter((name) => /[\\/]\d+$/.test(name))
        .map((name) => dirname(name).replaceAll('\\', '/'))
      return [...new Set(keys.map((key) => prefix.slice(0, at) + key))].filter((key) => key.startsWith(prefix)).sort()
    },
  }
}

const namesIn = async (dir: string): Promise<readonly string[]> => (await readdir(dir).catch(unless('ENOENT'))) ?? []

/** Makes nothing of an error with one of these codes. */
const unless =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error
  }

async function synced(
  path: string,
  flags: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void> = async () => {},
): Promise<void> {
  const file = await open(path, flags)
  try {
    await use(file)
    await file.sync()
  } finally {
    await file.close()
  }
}
