/**
 * A disk in memory that processes come and go on. A process that dies never hears of its calls again. A death in the
 * middle of a write is a loss of power as well: content and names that were not synced are there, cut short, or gone.
 *
 * Which of these is decided by the file's name alone, so that a run that is repeated finds the same disk.
 */
import { basename, dirname } from 'node:path'
import type { FileSystem, OpenFile } from '../../backends/file-system.ts'
import { textHash } from './text-hash.ts'

interface FileNode {
  readonly type: 'file'
  bytes: Buffer
  durable: Buffer
}

interface DirNode {
  readonly type: 'dir'
  names: Map<string, Node>
  durable: Map<string, Node>
}

type Node = FileNode | DirNode

const errno = (code: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: simulated disk, '${path}'`), { code })

const emptyDir = (): DirNode => ({ type: 'dir', names: new Map(), durable: new Map() })

export class SimulatedDisk {
  #root = emptyDir()

  get root(): DirNode {
    return this.#root
  }

  /** What a new process sees and writes. */
  mount(): MountedDisk {
    return new MountedDisk(this)
  }

  /** The power fails: what was not synced may be lost. */
  losePower(): void {
    this.#root = survivor(this.#root, '') as DirNode
  }
}

function survivor(node: Node, path: string): Node {
  const fate = textHash(path) % 3
  if (node.type === 'file') {
    const unsynced = node.bytes.subarray(0, fate === 0 ? node.durable.length : node.bytes.length >> (fate - 1))
    const bytes = node.durable.length >= unsynced.length ? node.durable : Buffer.from(unsynced)
    return { type: 'file', bytes, durable: bytes }
  }
  const names = new Map<string, Node>()
  for (const name of new Set([...node.durable.keys(), ...node.names.keys()])) {
    const kept = (textHash(`${path}/${name} name`) % 2 === 0 ? node.names : node.durable).get(name)
    if (kept !== undefined) names.set(name, survivor(kept, `${path}/${name}`))
  }
  return { type: 'dir', names, durable: new Map(names) }
}

/** The disk as one process sees it, while it lives. */
export class MountedDisk implements FileSystem {
  readonly #disk: SimulatedDisk
  #dead = false
  #callsLeft = Number.POSITIVE_INFINITY
  #torn: () => void = () => {}

  constructor(disk: SimulatedDisk) {
    this.#disk = disk
  }

  /** The process is gone: none of its calls takes effect or returns any more. */
  die(): void {
    this.#dead = true
  }

  /** Dies at the call after so many more. Resolves when it has. */
  tearAfter(calls: number): Promise<void> {
    this.#callsLeft = calls
    return new Promise((resolve) => {
      this.#torn = resolve
    })
  }

  makeDir(path: string): Promise<void> {
    return this.#call(() => {
      const parent = this.#dir(dirname(path))
      const there = parent.names.get(basename(path))
      if (there?.type === 'file') throw errno('EEXIST', path)
      if (there === undefined) parent.names.set(basename(path), emptyDir())
    })
  }

  syncDir(path: string): Promise<void> {
    return this.#call(() => {
      const dir = this.#dir(path)
      dir.durable = new Map(dir.names)
    })
  }

  list(path: string): Promise<readonly string[]> {
    return this.#call(() => [...this.#dir(path).names.keys()])
  }

  create(path: string): Promise<OpenFile> {
    return this.#call(() => {
      const parent = this.#dir(dirname(path))
      if (parent.names.has(basename(path))) throw errno('EEXIST', path)
      const file: FileNode = { type: 'file', bytes: Buffer.alloc(0), durable: Buffer.alloc(0) }
      parent.names.set(basename(path), file)
      return {
        write: (bytes) =>
          this.#call(() => {
            file.bytes = Buffer.concat([file.bytes, bytes])
          }),
        sync: () =>
          this.#call(() => {
            file.durable = file.bytes
          }),
        close: () => this.#call(() => {}),
      }
    })
  }

  size(path: string): Promise<number> {
    return this.#call(() => this.#file(path).bytes.length)
  }

  read(path: string, offset: number, length: number): Promise<Buffer> {
    return this.#call(() => this.#file(path).bytes.subarray(offset, offset + length))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call(() => {
      const node = this.#file(from)
      this.#dir(dirname(from)).names.delete(basename(from))
      this.#dir(dirname(to)).names.set(basename(to), node)
    })
  }

  removeFile(path: string): Promise<void> {
    return this.#call(() => {
      this.#file(path)
      this.#dir(dirname(path)).names.delete(basename(path))
    })
  }

  removeDir(path: string): Promise<void> {
    return this.#call(() => {
      if (this.#dir(path).names.size > 0) throw errno('ENOTEMPTY', path)
      this.#dir(dirname(path)).names.delete(basename(path))
    })
  }

  realPath(path: string): Promise<string> {
    return this.#call(() => {
      this.#node(path)
      return path
    })
  }

  async #call<T>(action: () => T): Promise<T> {
    // Something else always gets its turn during real input and output.
    await Promise.resolve()
    if (!this.#dead && this.#callsLeft-- <= 0) {
      this.#dead = true
      this.#torn()
    }
    return this.#dead ? new Promise<T>(() => {}) : action()
  }

  #node(path: string): Node {
    let node: Node = this.#disk.root
    for (const name of path.split('/')) {
      if (name === '') continue
      if (node.type === 'file') throw errno('ENOTDIR', path)
      const next: Node | undefined = node.names.get(name)
      if (next === undefined) throw errno('ENOENT', path)
      node = next
    }
    return node
  }

  #dir(path: string): DirNode {
    const node = this.#node(path)
    if (node.type === 'file') throw errno('ENOTDIR', path)
    return node
  }

  #file(path: string): FileNode {
    const node = this.#node(path)
    if (node.type === 'dir') throw errno('EISDIR', path)
    return node
  }
}
