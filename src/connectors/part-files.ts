/**
 * The part files of one writer on disk: names, pending and committed places, commit, and cleaning up.
 *
 * Owns the directory protocol that makes a file sink exactly-once. Does not know which checkpoint covers which part
 * (`to-file.ts` does). Explained by test/connectors/to-file-crash.test.ts.
 *
 *   <dir>/.pending/<job id>-<operator id>-<subtask>-<counter>             written, or waiting for its checkpoint
 *   <dir>/.pending/<job id>-<operator id>-<subtask>.committed-<counter>   empty: parts up to here have been committed
 *   <dir>/part-<6 of job id>-<6 of operator id>-<subtask>-<counter>       committed, never touched again
 *
 * INV-PF-1 A part is committed by one rename, after the checkpoint that covers it has completed.
 * INV-PF-2 The marker moves before the parts do. A part that is in neither place was therefore committed if the marker
 * covers it (somebody has taken the output away since), and is lost if not.
 * INV-PF-3 A committed name is never written twice: the counter is part of the state, and a taken name is passed over.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { EndpointContext } from '../operators/endpoints.ts'
import { codeOf, outputDirectoryError, outputFileError } from './file-errors.ts'

/** A closed part: its name in `.pending`, and its size. */
export interface Part {
  readonly name: string
  readonly bytes: number
}

const partName = /^([0-9a-f]{32})-([0-9a-f]{32})-(\d+)-(\d+)$/
const markerName = /^([0-9a-f]{32}-[0-9a-f]{32}-\d+)\.committed-(\d+)$/
const padded = (counter: number): string => String(counter).padStart(8, '0')

export const isPartName = (name: string): boolean => partName.test(name)

export class PartFiles {
  readonly dir: string
  readonly #pendingDir: string
  readonly #operator: string
  /** What the names of this writer's own parts begin with. */
  readonly #owner: string
  /** The highest committed counter of each owner found in the directory. */
  readonly #markers = new Map<string, number>()

  /** Makes the directories. Fails with `DIRECTORY_NOT_WRITABLE` or `STORAGE_FULL`. */
  constructor(dir: string, context: EndpointContext) {
    this.dir = resolve(dir)
    this.#pendingDir = join(this.dir, '.pending')
    this.#operator = context.operatorName
    this.#owner = `${context.jobId}-${context.operatorId}-${context.subtaskIndex}`
    const probe = join(this.#pendingDir, `${this.#owner}.probe`)
    try {
      mkdirSync(this.#pendingDir, { recursive: true })
      closeSync(openSync(probe, 'w'))
      rmSync(probe)
      this.#readMarkers()
    } catch (thrown) {
      throw outputDirectoryError(thrown, this.#operator, this.dir)
    }
  }

  /** Begins a part at `counter` or at the first later one that was never committed and is not pending. */
  begin(counter: number): { readonly name: string; readonly counter: number; readonly fd: number } {
    for (let free = Math.max(counter, (this.#markers.get(this.#owner) ?? -1) + 1); ; free++) {
      const name = `${this.#owner}-${padded(free)}`
      if (existsSync(this.#committedPath(name))) continue
      try {
        return { name, counter: free, fd: openSync(this.#pendingPath(name), 'wx') }
      } catch (thrown) {
        if (codeOf(thrown) !== 'EEXIST') throw outputFileError(thrown, this.#operator, this.#pendingPath(name))
      }
    }
  }

  /** Appends to an open part. Fails with `STORAGE_FULL` or `SINK_FAILED`. */
  write(part: { readonly name: string; readonly fd: number }, bytes: Uint8Array): void {
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(part.fd, bytes, written)
    } catch (thrown) {
      throw outputFileError(thrown, this.#operator, this.#pendingPath(part.name))
    }
  }

  /** Makes pending parts survive a power failure: their bytes, and their names. */
  async sync(parts: readonly Part[]): Promise<void> {
    for (const part of parts) await this.#guard(part.name, () => this.#syncPart(part.name))
    if (parts.length > 0) await this.#guard('', () => syncPath(this.#pendingDir, 'r'))
  }

  /** Makes commits survive a power failure. */
  async syncCommits(): Promise<void> {
    await this.#guard('', () => syncPath(this.dir, 'r'))
    await this.#guard('', () => syncPath(this.#pendingDir, 'r'))
  }

  syncCommitsNow(): void {
    for (const dir of [this.dir, this.#pendingDir]) {
      try {
        const fd = openSync(dir, 'r')
        try {
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
      } catch (thrown) {
        if (!isUnsupported(thrown)) throw outputFileError(thrown, this.#operator, dir)
      }
    }
  }

  /** Commits the parts. Idempotent. Fails with `SINK_FAILED` or `STORAGE_FULL`, naming the part. */
  commit(parts: readonly Part[]): void {
    for (const step of this.commitSteps(parts)) step()
  }

  /** The same as single renames in order; a crash may fall between any two. */
  commitSteps(parts: readonly Part[]): readonly (() => void)[] {
    const upTo = new Map<string, number>()
    for (const { name } of parts) {
      const { owner, counter } = split(name)
      upTo.set(owner, Math.max(upTo.get(owner) ?? -1, counter))
    }
    const pending = parts.filter((part) => this.#mustCommit(part))
    return [
      ...[...upTo].map(
        ([owner, counter]) =>
          () =>
            this.#moveMarker(owner, counter),
      ),
      ...pending.map((part) => () => this.#publish(part)),
    ]
  }

  /** Removes what an earlier attempt of this writer left in `.pending` and no restored state lists. */
  removeOrphans(): void {
    for (const name of readdirSync(this.#pendingDir)) {
      if (partName.test(name) && split(name).owner === this.#owner) this.remove(name)
    }
  }

  /** Removes a pending part that no checkpoint can cover. */
  remove(name: string): void {
    rmSync(this.#pendingPath(name), { force: true })
  }

  #pendingPath(name: string): string {
    return join(this.#pendingDir, name)
  }

  #committedPath(name: string): string {
    const [, job = '', operator = '', subtask = '', counter = ''] = partName.exec(name) ?? []
    return join(this.dir, `part-${job.slice(0, 6)}-${operator.slice(0, 6)}-${subtask}-${counter}`)
  }

  #mustCommit(part: Part): boolean {
    const path = this.#pendingPath(part.name)
    const bytes = statSync(path, { throwIfNoEntry: false })?.size
    if (bytes === part.bytes) return true
    if (bytes === undefined && this.#wasCommitted(part.name)) return false
    const got = bytes === undefined ? 'no such file' : `${bytes} bytes`
    throw new StreamError(
      'SINK_FAILED',
      `A part that a completed checkpoint of sink "${this.#operator}" covers is damaged or lost: expected ${part.bytes} bytes in ${path}, got ${got}. To resume into another directory, copy .pending of the old one into it first.`,
      { details: { operator: this.#operator, path, expected: part.bytes, got } },
    )
  }

  #publish(part: Part): void {
    const path = this.#committedPath(part.name)
    if (existsSync(path)) {
      const message = `Sink "${this.#operator}" will not overwrite ${path}: expected that nobody else writes files of this name.`
      throw new StreamError('SINK_FAILED', message, { details: { operator: this.#operator, path } })
    }
    this.#rename(this.#pendingPath(part.name), path)
  }

  #moveMarker(owner: string, counter: number): void {
    const before = this.#markers.get(owner)
    if (before !== undefined && before >= counter) return
    const path = join(this.#pendingDir, `${owner}.committed-${padded(counter)}`)
    if (before === undefined) closeSync(openSync(path, 'w'))
    else this.#rename(join(this.#pendingDir, `${owner}.committed-${padded(before)}`), path)
    this.#markers.set(owner, counter)
  }

  #rename(from: string, to: string): void {
    try {
      renameSync(from, to)
    } catch (thrown) {
      throw outputFileError(thrown, this.#operator, from)
    }
  }

  #readMarkers(): void {
    for (const name of readdirSync(this.#pendingDir)) {
      const [, owner, counter] = markerName.exec(name) ?? []
      if (owner !== undefined) this.#markers.set(owner, Math.max(this.#markers.get(owner) ?? -1, Number(counter)))
    }
  }

  /** A part sealed for a savepoint may be committed by a later checkpoint, which has flushed it, at this very time. */
  async #syncPart(name: string): Promise<void> {
    try {
      await syncPath(this.#pendingPath(name), 'r+')
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT' || !this.#wasCommitted(name)) throw thrown
    }
  }

  #wasCommitted(name: string): boolean {
    const { owner, counter } = split(name)
    return existsSync(this.#committedPath(name)) || counter <= (this.#markers.get(owner) ?? -1)
  }

  async #guard(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (thrown) {
      throw outputFileError(thrown, this.#operator, this.#pendingPath(name))
    }
  }
}

const split = (name: string): { readonly owner: string; readonly counter: number } => {
  const dash = name.lastIndexOf('-')
  return { owner: name.slice(0, dash), counter: Number(name.slice(dash + 1)) }
}

/** Some systems cannot flush a directory; there is nothing more to be done then. */
const isUnsupported = (thrown: unknown): boolean => ['EISDIR', 'EPERM', 'EINVAL'].includes(codeOf(thrown) ?? '')

async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
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
