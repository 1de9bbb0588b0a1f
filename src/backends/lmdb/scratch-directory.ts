/**
 * Directories for files that are of no use once their process has ended: each named after its host, process and the
 * process's start, so that whoever comes later can tell which are left over.
 *
 * Only directories of this host are ever removed by others: whether a process of another one is alive cannot be seen from here. The
 * start of the process is known on Linux; elsewhere a left-over directory stays as long as another process has its id.
 * Tests: test/backends/lmdb/scratch-directory.test.ts.
 */
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { StreamError } from '../../core/errors.ts'
import { errnoOf, storageError } from '../storage-errors.ts'

const prefix = 'tidemark-scratch'
/** With less room than this the disk counts as full: to write into a mapped file on a full disk kills the process. */
const freeBytesMin = 64 * 1024 * 1024

/** Sees to it that directories can be made below `dir`, and removes those there whose processes are gone. */
export function prepareScratch(dir: string): void {
  try {
    makeDirectories(dir)
    accessSync(dir, constants.W_OK)
    removeLeftOver(dir)
  } catch (error) {
    throw storageError(error, 'use for state', dir)
  }
}

/** Node's own way to make those above it, too, never ends where none can be made. */
function makeDirectories(dir: string): void {
  try {
    mkdirSync(dir)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    if (errnoOf(error) !== 'ENOENT' || dirname(dir) === dir) throw error
    makeDirectories(dirname(dir))
    mkdirSync(dir)
  }
}

/** Makes an empty directory below `dir`. */
export function makeScratchDirectory(dir: string): string {
  try {
    return mkdtempSync(join(dir, `${prefix}.${hostname()}.${process.pid}.${startOf(process.pid)}.`))
  } catch (error) {
    throw storageError(error, 'make a directory for state in', dir)
  }
}

export function removeScratchDirectory(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Still mapped, on a system that then keeps files: the next process removes it.
  }
}

/** Fails with `STORAGE_FULL` when there is hardly any room left. */
export function checkRoom(path: string): void {
  const free = freeBytes(path)
  if (free >= freeBytesMin) return
  throw new StreamError(
    'STORAGE_FULL',
    `Cannot write state to ${path}: expected at least ${freeBytesMin} free bytes on its disk, got ${free}.`,
    { restartable: true, details: { path } },
  )
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch (error) {
    throw storageError(error, 'write state to', path)
  }
}

function removeLeftOver(dir: string): void {
  for (const name of readdirSync(dir)) {
    const owner = ownerOf(name)
    if (owner !== undefined && !isAlive(owner)) removeScratchDirectory(join(dir, name))
  }
}

interface Owner {
  readonly pid: number
  readonly start: string
}

/** Undefined when the directory is of another host, or no scratch directory at all. */
function ownerOf(name: string): Owner | undefined {
  const own = `${prefix}.${hostname()}.`
  if (!name.startsWith(own)) return undefined
  const [pid, start, ...rest] = name.slice(own.length).split('.')
  return rest.length === 1 && /^\d+$/.test(pid!) && /^\d+$/.test(start!)
    ? { pid: Number(pid), start: start! }
    : undefined
}

function isAlive({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false
  }
  return startOf(pid) === start
}

/** When the process started, in ticks of the kernel; 0 where that cannot be known. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}
