/**
 * Records to text files, exactly once.
 *
 * Owns which checkpoint covers which part, and the writing of the open part. A snapshot closes the open part; the state
 * lists every part that is not known to be committed; when a checkpoint completes, the parts it covers are committed.
 * `part-files.ts` has the places, names and crash rules on disk.
 *
 * INV-TF-1 A part becomes visible only after a checkpoint that covers it has completed, or when the state of a
 * completed one is restored. A savepoint the job goes on after commits nothing, because a failure falls back to the
 * checkpoint before it: its parts wait for the next checkpoint, and are kept for the savepoint if none comes.
 * INV-TF-2 A part stays in the state until its commit is durable.
 * INV-TF-3 What a writer has left is committed and cleaned up by one subtask, its heir: the one of its index, or, with fewer
 * subtasks now, another one. It commits first.
 */

import { closeSync } from 'node:fs'
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { EndpointContext, Sink, SinkSnapshot, SinkWriter } from '../operators/endpoints.ts'
import { checkArgument, checkInteger } from './argument.ts'
import { carriedOn, counterOf, decodeFileSinkState, encodeFileSinkState, type WriterState } from './file-sink-state.ts'
import { PartFiles } from './part-files.ts'
import { isHeirOf, ownerIndexOf, type Part } from './part-names.ts'
import { lineFormatter, type RecordFormat } from './record-format.ts'

export interface ToFileOptions<T> {
  /** `json-lines` by default. */
  readonly format?: RecordFormat<T>
  /** A part is closed at the end of the batch with which it reaches this size; 128 MiB by default. */
  readonly maxPartBytes?: number
}

/**
 * An exactly-once sink: files `part-…` in `dir`, each complete from the moment it appears.
 *
 * Records become visible when a checkpoint completes; without checkpoints, when the data ends. Until then they are in
 * `dir/.pending`. Fails with `DIRECTORY_NOT_WRITABLE`, `STORAGE_FULL`, `SINK_FAILED` (a record that is no JSON, a part
 * that is lost), `USER_FUNCTION_FAILED` (the format function), `RESTORE_STATE_INCOMPATIBLE`, `ARGUMENT_INVALID`.
 *
 * @example
 * env.fromSource(fromCollection([{ word: 'to', count: 2 }])).sinkTo(toFile('out')).uid('out')
 */
export function toFile<T>(dir: string, options: ToFileOptions<T> = {}): Sink<T> {
  const format = options.format ?? 'json-lines'
  const maxPartBytes = options.maxPartBytes ?? limits.filePartBytes
  checkArgument(dir !== '', 'dir of toFile', 'the path of a directory', JSON.stringify(dir))
  checkInteger('maxPartBytes of toFile', maxPartBytes, 1)
  const isFormat = typeof format === 'function' || format === 'json-lines' || format === 'text'
  checkArgument(isFormat, 'format of toFile', 'json-lines, text or a function', format)
  return {
    kind: 'file',
    stateful: true,
    createWriter: (context, restored) => new FileWriter(context, { dir, format, maxPartBytes }, restored),
  }
}

interface SealedPart extends Part {
  /** The first snapshot that lists it; undefined until there is one. */
  coveredBy: CheckpointId | undefined
  synced: boolean
  /** Savepoints that list it, which the job goes on after, and which were not aborted. */
  readonly keptFor: Set<CheckpointId>
}

class FileWriter<T> implements SinkWriter<T> {
  readonly #context: EndpointContext
  readonly #files: PartFiles
  readonly #format: (value: T) => string
  readonly #maxPartBytes: number
  /** Writers that are no more, whose counters are carried on. */
  readonly #carried: readonly WriterState[]
  #counter: number
  #open: { readonly name: string; readonly fd: number; bytes: number } | undefined
  #text = ''
  #sealed: SealedPart[] = []
  readonly #plainSavepoints = new Set<CheckpointId>()
  #committing: Promise<void> = Promise.resolve()

  constructor(
    context: EndpointContext,
    options: Required<ToFileOptions<T>> & { readonly dir: string },
    restored: unknown,
  ) {
    const writers = decodeFileSinkState(context, restored)
    const inherited = writers.filter(({ owner }) => isHeirOf(owner, context))
    this.#context = context
    this.#format = lineFormatter(options.format, context)
    this.#maxPartBytes = options.maxPartBytes
    this.#files = new PartFiles(options.dir, context)
    this.#counter = counterOf(writers, context)
    this.#carried = carriedOn(writers, context)
    this.#warnIfBehind(inherited)
    // The state is of a completed checkpoint, so its parts are due, whether or not the notification came through.
    const due = inherited.flatMap(({ parts }) => parts)
    this.#files.commit(due)
    if (due.length > 0) this.#files.syncCommitsNow()
    this.#warnOfAside()
    this.#files.removeOrphans()
    // Once for all subtasks.
    if (context.checkpointing || context.subtaskIndex > 0) return
    context.log('warn', `Sink ${operatorLabel(context)} runs without checkpoints: its files appear when the data ends.`)
  }

  write(values: readonly T[]): void {
    for (const value of values) {
      this.#text += `${this.#format(value)}\n`
      if (this.#text.length >= limits.filePartBufferChars) this.#flush()
    }
    if ((this.#open?.bytes ?? 0) + this.#text.length >= this.#maxPartBytes) this.#seal()
  }

  async endOfData(): Promise<void> {
    this.#flush()
    if (this.#context.checkpointing) return
    this.#seal()
    const parts = this.#sealed
    await this.#sync(parts)
    await this.#commit(parts)
  }

  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): SinkSnapshot {
    this.#seal()
    if (kind === 'savepoint') this.#plainSavepoints.add(checkpoint)
    for (const part of this.#sealed) part.coveredBy ??= checkpoint
    const parts = [...this.#sealed]
    const own: WriterState = {
      owner: this.#files.owner,
      counter: this.#counter,
      parts: parts.map(({ name, bytes }) => ({ name, bytes })),
    }
    const state = encodeFileSinkState([own, ...this.#carried])
    if (parts.length === 0) return { state }
    return { state, durable: () => (kind === 'savepoint' ? this.#keep(parts, checkpoint) : this.#secure(parts)) }
  }

  notifyCompleted(checkpoint: CheckpointId): Promise<void> {
    if (this.#plainSavepoints.delete(checkpoint)) return this.#committing
    // What an earlier savepoint lists is covered by this checkpoint too, so its own notification does not matter now.
    for (const savepoint of this.#plainSavepoints) if (savepoint < checkpoint) this.#plainSavepoints.delete(savepoint)
    const due = this.#sealed.filter((part) => part.coveredBy !== undefined && part.coveredBy <= checkpoint)
    if (due.length === 0) return this.#committing
    const committed = this.#committing.then(() => this.#commit(due))
    this.#committing = committed.catch(() => undefined)
    return committed
  }

  /** The parts stay: the next snapshot lists them again. */
  notifyAborted(checkpoint: CheckpointId): void {
    if (!this.#plainSavepoints.delete(checkpoint)) return
    for (const part of this.#sealed) {
      if (part.keptFor.delete(checkpoint) && part.keptFor.size === 0) this.#files.release(part)
    }
  }

  /** Leaves what a completed checkpoint may cover, and removes what none can. */
  async close(): Promise<void> {
    await this.#committing
    if (this.#open !== undefined) {
      closeSync(this.#open.fd)
      this.#files.remove(this.#open.name)
      this.#open = undefined
    }
    for (const part of this.#sealed) if (part.coveredBy === undefined) this.#files.remove(part.name)
  }

  /** What was flushed earlier is looked at again, so that no checkpoint completes over a part that is gone. */
  async #secure(parts: readonly SealedPart[]): Promise<void> {
    await this.#sync(parts)
    this.#files.check(parts)
  }

  async #keep(parts: readonly SealedPart[], savepoint: CheckpointId): Promise<void> {
    await this.#secure(parts)
    // One that a checkpoint commits at this very time needs no mark; if it gets one, the next start takes it away.
    const kept = parts.filter((part) => this.#plainSavepoints.has(savepoint) && this.#sealed.includes(part))
    for (const part of kept) part.keptFor.add(savepoint)
    await this.#files.keep(kept)
  }

  async #sync(parts: readonly SealedPart[]): Promise<void> {
    const unsynced = parts.filter((part) => !part.synced)
    await this.#files.sync(unsynced)
    for (const part of unsynced) part.synced = true
  }

  async #commit(parts: readonly SealedPart[]): Promise<void> {
    this.#files.commit(parts)
    await this.#files.syncCommits()
    const gone = new Set(parts)
    this.#sealed = this.#sealed.filter((part) => !gone.has(part))
  }

  /** Somebody has chosen an older checkpoint, or there is none: output after it stays, and comes again. */
  #warnIfBehind(inherited: readonly WriterState[]): void {
    const counters = new Map([[this.#files.owner, this.#counter]])
    for (const { owner, counter } of inherited) counters.set(owner, counter)
    for (const [owner, counter] of counters) {
      const committed = this.#files.committedUpTo(owner)
      if (committed === undefined || committed < counter) continue
      this.#context.log(
        'warn',
        `Sink ${operatorLabel(this.#context)}, subtask ${ownerIndexOf(owner)}, starts from part ${counter}, but parts up to ${committed} have been committed in ${this.#files.dir} already: the job was restored from an older checkpoint, or from none. What was written after it cannot be taken back, and will be written again.`,
      )
    }
  }

  #warnOfAside(): void {
    for (const name of this.#files.aside) {
      this.#context.log(
        'warn',
        `Sink ${operatorLabel(this.#context)}, subtask ${this.#context.subtaskIndex}, starts from a savepoint after which the job went back to an older checkpoint and committed other output in ${this.#files.dir}. What the savepoint covers appears beside it, as ${name}: records may be in both.`,
      )
    }
  }

  #flush(): void {
    if (this.#text === '') return
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    const part = this.#begun()
    this.#files.write(part, bytes)
    part.bytes += bytes.length
  }

  #begun(): { readonly name: string; readonly fd: number; bytes: number } {
    if (this.#open === undefined) {
      const { name, counter, fd } = this.#files.begin(this.#counter)
      this.#counter = counter + 1
      this.#open = { name, fd, bytes: 0 }
    }
    return this.#open
  }

  #seal(): void {
    this.#flush()
    if (this.#open === undefined) return
    const { name, fd, bytes } = this.#open
    this.#open = undefined
    closeSync(fd)
    this.#sealed.push({ name, bytes, coveredBy: undefined, synced: false, keptFor: new Set() })
  }
}
