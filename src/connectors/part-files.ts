/**
 * The part files of one writer on disk: names, pending and committed places, commit, and cleaning up.
 *
 * Owns the directory protocol that makes a file sink exactly-once. Does not know which checkpoint covers which part
 * (`to-file.ts` does). Explained by test/connectors/to-file-crash.test.ts.
 *
 *   <dir>/.pending/<job id>-<operator id>-<subtask>-<epoch>.<attempt>-<counter>  written, or waiting for its checkpoint
 *   <dir>/.pending/<job id>-<operator id>-<subtask>.committed-<counter>          empty: parts up to here are committed
 *   <dir>/.pending/<part>.kept                                                   empty: a savepoint lists this part
 *   <dir>/part-<6 of job id>-<6 of operator id>-<subtask>-<counter>              committed, never touched again
 *
 * INV-PF-1 A part is committed by one rename, after the checkpoint that covers it has completed.
 * INV-PF-2 The marker moves before the parts do. A part that is in neither place was therefore committed if the marker
 * covers it (somebody has taken the output away since), and is lost if not.
 * INV-PF-3 A committed name is never written twice: the counter is part of the state, and a taken name is passed over.
 * INV-PF-4 A writer deletes pending parts that it wrote itself, or that an older incarnation of one that it answers for wrote
 * and the restored state does not list, and no others: a superseded process touches nothing of its successor, and no subtask
 * what another one is to commit. Parts that a savepoint lists are no rubbish, whoever wrote them (`kept-parts.ts`).
 * INV-PF-5 A commit may meet the same commit by another process (of a superseded one that was under way, of the restore
 * by its successor): what the other one has done already counts as done.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { assert } from '../core/errors.ts'
import type { EndpointContext } from '../operators/endpoints.ts'
import { codeOf, lostPartError, outputDirectoryError, outputFileError, takenNameError } from './file-errors.ts'
import { isKept, keepPart, releasePart, releaseStrays } from './kept-parts.ts'
import {
  asideNameOf,
  committedNameOf,
  isHeirOf,
  isOfSink,
  isOlder,
  markerNameOf,
  ownerOf,
  type Part,
  type PartName,
  parseMarkerName,
  parsePartName,
  partNameOf,
} from './part-names.ts'
import { syncDirectoryNow, syncPath } from './sync-path.ts'

export class PartFiles {
  readonly dir: string
  /** Whose parts this writer writes. */
  readonly owner: string
  readonly #pendingDir: string
  readonly #context: EndpointContext
  readonly #operator: string
  /** The same, and in which incarnation. */
  readonly #self: Omit<PartName, 'counter'>
  /** The highest committed counter of each owner found in the directory. */
  readonly #markers = new Map<string, number>()
  /** Names beside their own, under which parts of a savepoint appeared: the job had committed others under theirs. */
  readonly aside: string[] = []

  /** Makes the directories. Fails with `DIRECTORY_NOT_WRITABLE` or `STORAGE_FULL`. */
  constructor(dir: string, context: EndpointContext) {
    this.dir = resolve(dir)
    this.#pendingDir = join(this.dir, '.pending')
    this.#context = context
    this.#operator = context.operatorName
    this.owner = ownerOf(context)
    this.#self = { owner: this.owner, epoch: context.epoch, attempt: context.attempt }
    const probe = join(this.#pendingDir, `${this.#self.owner}.probe-${context.epoch}.${context.attempt}`)
    try {
      mkdirSync(this.#pendingDir, { recursive: true })
      closeSync(openSync(probe, 'w'))
      rmSync(probe, { force: true })
      this.#readMarkers()
    } catch (thrown) {
      throw outputDirectoryError(thrown, this.#operator, this.dir)
    }
  }

  /** The highest counter of `owner` whose part has been committed here; undefined when none has. */
  committedUpTo(owner: string): number | undefined {
    return this.#markers.get(owner)
  }

  /** Begins a part at `counter` or at the first later one that was never committed and is not pending. */
  begin(counter: number): { readonly name: string; readonly counter: number; readonly fd: number } {
    const elsewhere = this.#countersElsewhere()
    for (let free = Math.max(counter, (this.#markers.get(this.owner) ?? -1) + 1); ; free++) {
      const part = { ...this.#self, counter: free }
      if (elsewhere.has(free) || existsSync(join(this.dir, committedNameOf(part)))) continue
      const name = partNameOf(part)
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

  /** Checks that parts which are to be relied on are there still. Fails with `SINK_FAILED`, naming the part. */
  check(parts: readonly Part[]): void {
    for (const part of parts) this.#mustCommit(part)
  }

  /** Keeps parts that a savepoint lists from being cleaned up when the job falls back to before it. */
  async keep(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return
    await this.#guard('', async () => {
      for (const { name } of parts) keepPart(this.#pendingDir, name)
      await syncPath(this.#pendingDir, 'r')
    })
  }

  /** No savepoint needs this part any more. */
  release(part: Part): void {
    releasePart(this.#pendingDir, part.name)
  }

  /** Makes commits survive a power failure. */
  async syncCommits(): Promise<void> {
    await this.#guard('', () => syncPath(this.dir, 'r'))
    await this.#guard('', () => syncPath(this.#pendingDir, 'r'))
  }

  syncCommitsNow(): void {
    for (const dir of [this.dir, this.#pendingDir]) {
      try {
        syncDirectoryNow(dir)
      } catch (thrown) {
        throw outputFileError(thrown, this.#operator, dir)
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
      const { owner, counter } = parsed(name)
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

  /** Removes what earlier incarnations left in `.pending` and no restored state lists; it is committed by now if one did. */
  removeOrphans(): void {
    const isOurs = (owner: string) => isOfSink(owner, this.#context) && isHeirOf(owner, this.#context)
    for (const name of readdirSync(this.#pendingDir)) {
      const part = parsePartName(name)
      if (part === undefined || !isOurs(part.owner) || !isOlder(part, this.#self)) continue
      if (!isKept(this.#pendingDir, name)) this.remove(name)
    }
    releaseStrays(this.#pendingDir, isOurs)
    // A commit by a superseded process may have come through until just now; from here on it finds nothing to rename.
    this.#readMarkers()
  }

  /** Removes a pending part that no checkpoint can cover. */
  remove(name: string): void {
    rmSync(this.#pendingPath(name), { force: true })
  }

  #pendingPath(name: string): string {
    return join(this.#pendingDir, name)
  }

  #committedPath(name: string): string {
    return join(this.dir, committedNameOf(parsed(name)))
  }

  /** Without checkpoints no lease keeps two incarnations from both committing, so they must not share a counter. */
  #countersElsewhere(): ReadonlySet<number> {
    if (this.#context.checkpointing) return new Set()
    const parts = readdirSync(this.#pendingDir).map(parsePartName)
    return new Set(parts.flatMap((part) => (part?.owner === this.owner ? [part.counter] : [])))
  }

  /** Whether it is pending; if not, it has been committed. */
  #mustCommit(part: Part): boolean {
    const path = this.#pendingPath(part.name)
    const bytes = statSync(path, { throwIfNoEntry: false })?.size
    if (bytes === part.bytes) return true
    if (bytes === undefined && this.#wasCommitted(part.name)) return false
    throw lostPartError(this.#operator, path, part.bytes, bytes)
  }

  #publish({ name }: Part): void {
    const path = this.#freePathOf(name)
    this.#rename(this.#pendingPath(name), path, () => this.#wasCommitted(name))
    releasePart(this.#pendingDir, name)
  }

  /** A part that a savepoint kept may meet what the job has committed since it fell back: it must not be lost for that. */
  #freePathOf(name: string): string {
    const path = this.#committedPath(name)
    if (!existsSync(path) || !existsSync(this.#pendingPath(name))) return path
    const aside = asideNameOf(parsed(name))
    if (isKept(this.#pendingDir, name) && !existsSync(join(this.dir, aside))) {
      this.aside.push(aside)
      return join(this.dir, aside)
    }
    throw takenNameError(this.#operator, path)
  }

  #moveMarker(owner: string, counter: number): void {
    const before = this.#markers.get(owner)
    if (before !== undefined && before >= counter) return
    const path = join(this.#pendingDir, markerNameOf(owner, counter))
    const moved = () => {
      this.#readMarkers()
      return (this.#markers.get(owner) ?? -1) >= counter
    }
    if (before === undefined) closeSync(openSync(path, 'w'))
    else this.#rename(join(this.#pendingDir, markerNameOf(owner, before)), path, moved)
    this.#markers.set(owner, Math.max(counter, this.#markers.get(owner) ?? -1))
  }

  /** `done` says, when there is nothing to rename, whether somebody else has done it. */
  #rename(from: string, to: string, done: () => boolean): void {
    try {
      renameSync(from, to)
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT' || !done()) throw outputFileError(thrown, this.#operator, from)
    }
  }

  #readMarkers(): void {
    for (const name of readdirSync(this.#pendingDir)) {
      const marker = parseMarkerName(name)
      if (marker === undefined) continue
      this.#markers.set(marker.owner, Math.max(this.#markers.get(marker.owner) ?? -1, marker.counter))
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

  /** The marker is read again, because another process may have moved it. */
  #wasCommitted(name: string): boolean {
    if (existsSync(this.#committedPath(name))) return true
    const { owner, counter } = parsed(name)
    if (counter > (this.#markers.get(owner) ?? -1)) this.#readMarkers()
    return counter <= (this.#markers.get(owner) ?? -1)
  }

  async #guard(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (thrown) {
      throw outputFileError(thrown, this.#operator, this.#pendingPath(name))
    }
  }
}

function parsed(name: string): PartName {
  const part = parsePartName(name)
  assert(part !== undefined, 'a part has the name of a part')
  return part
}
