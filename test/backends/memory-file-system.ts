/**
 * A disk that can fail or die at any call, and that knows what would survive a loss of power: file content that was
 * synced, and names whose directory was synced. Of everything else, any part may reach the disk.
 */
import { basename, dirname } from 'node:path'
import type { FileSystem, OpenFile } from '../../src/backends/file-system.ts'

interface FileNode {
  type: 'file'
  bytes: Buffer
  durable: Buffer
}

interface DirNode {
  type: 'dir'
  names: Map<string, Node>
  durable: Map<string, Node>
}

type Node = FileNode | DirNode

export const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`${code}: injected`), { code })

const emptyDir = (): DirNode => ({ type: 'dir', names: new Map(), durable: new Map() })

/** What happens at the call with number `at`, counted from 0: it fails once, or it and all that follow fail. */
export interface Fault {
  readonly at: number
  readonly kind: 'fails' | 'dies'
  readonly code?: string
  /** Does the call that fails take effect all the same? */
  readonly takesEffect?: boolean
}

/** Which changes that were not synced reached the disk: none, all, or, in an unlucky order, only some. */
export type Survivors = 'synced' | 'all' | 'manifests' | 'files'

export class MemoryFileSystem implements FileSystem {
  readonly #root: DirNode
  calls = 0
  fault: Fault | undefined
  #interposed: ((number: number) => Promise<void>) | undefined

  constructor(root: DirNode = emptyDir()) {
    this.#root = root
  }

  /** The disk after a restart of the machine. */
  survivors(what: Survivors): MemoryFileSystem {
    const kept = (name: string): boolean =>
      what === 'all' || (what === 'manifests' && name === '_metadata') || (what === 'files' && name !== '_metadata')
    const copy = (node: Node, name: string): Node => {
      if (node.type === 'file') {
        const bytes = kept(name) ? node.bytes : node.durable
        return { type: 'file', bytes, durable: bytes }
      }
      const names = new Map<string, Node>()
      for (const child of new Set([...node.names.keys(), ...node.durable.keys()])) {
        const survivor = (kept(child) ? node.names : node.durable).get(child)
        if (survivor !== undefined) names.set(child, copy(survivor, child))
      }
      return { type: 'dir', names, durable: new Map(names) }
    }
    return new MemoryFileSystem(copy(this.#root, '') as DirNode)
  }

  /** Runs `action` just before the call with this number; returns whether it has. */
  interpose(at: number, action: () => Promise<void>): () => boolean {
    let done = false
    this.#interposed = async (number) => {
      if (number !== at || done) return
      done = true
      this.#interposed = undefined
      await action()
    }
    return () => {
      this.#interposed = undefined
      return done
    }
  }

  makeDir(path: string): Promise<void> {
    return this.#call(() => {
      const parent = this.#dir(dirname(path))
      const there = parent.names.get(basename(path))
      if (there?.type === 'file') throw errno('EEXIST')
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
      if (parent.names.has(basename(path))) throw errno('EEXIST')
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
      if (this.#dir(path).names.size > 0) throw errno('ENOTEMPTY')
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
    const number = this.calls++
    const fault = this.fault
    // Something else always gets its turn during real input and output.
    await Promise.resolve()
    await this.#interposed?.(number)
    if (fault === undefined || number < fault.at || (number > fault.at && fault.kind === 'fails')) return action()
    if (number === fault.at && fault.takesEffect === true) action()
    throw errno(fault.code ?? 'EIO')
  }

  #node(path: string): Node {
    let node: Node = this.#root
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node.type === 'file') throw errno('ENOTDIR')
      const next: Node | undefined = node.names.get(name)
      if (next === undefined) throw errno('ENOENT')
      node = next
    }
    return node
  }

  #dir(path: string): DirNode {
    const node = this.#node(path)
    if (node.type === 'file') throw errno('ENOTDIR')
    return node
  }

  #file(path: string): FileNode {
    const node = this.#node(path)
    if (node.type === 'dir') throw errno('EISDIR')
    return node
  }
}
