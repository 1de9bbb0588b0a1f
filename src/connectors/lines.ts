/**
 * Lines of text files, in parallel by file and by byte range.
 *
 * Owns the source, its reader and what a checkpoint holds of it: what is left of the subtask's own splits (path, size, time,
 * range), in any of which another subtask can go on. A restore goes on with those lists and never looks for files again. `file-splits.ts` finds and deals the files out, `split-queue.ts` reads,
 * `line-decoder.ts` decodes.
 */
import { resolve } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import type { DividedState } from '../core/operator-state.ts'
import type { Source, SourcePoll, SourceReader, SourceReaderContext } from '../operators/endpoints.ts'
import { checkArgument, checkInteger } from './argument.ts'
import {
  checkUnchanged,
  cutFiles,
  dealSplits,
  type FileSplit,
  findFiles,
  isInside,
  patternRoot,
  statFile,
} from './file-splits.ts'
import { LineDecoder } from './line-decoder.ts'
import { decodeLinesState, SplitList } from './lines-state.ts'
import { SplitQueue } from './split-queue.ts'

export interface LinesOptions {
  /** Bytes of the ranges that large files are cut into; 8 MiB by default, 4 at least. */
  readonly splitBytes?: number
  /** The directory that relative patterns start from; the one of the process by default. */
  readonly cwd?: string
}

/**
 * A bounded, replayable source of the lines of every file that matches, in as many subtasks as wanted.
 *
 * Text is UTF-8; `\n` and `\r\n` end a line and are not part of it. Files are found when the job first starts, and
 * must not change until it has finished. Lines of one range come in order; files and ranges are spread over subtasks.
 * Fails with `SOURCE_NO_FILES` when a pattern matches nothing, `SOURCE_FILE_MISSING` and `SOURCE_FILE_CHANGED` when a
 * file is no longer the one first seen, `SOURCE_FAILED` when it cannot be read (a directory, no permission, a line of
 * more than 64 MiB), `PATH_OUTSIDE_ROOT` when restored from a state that names files outside the patterns'
 * directories, and `ARGUMENT_INVALID` for options out of bounds.
 *
 * @example
 * env.fromSource(lines(['logs/*.txt', '!logs/old-*.txt'])).sinkTo(print())
 */
export function lines(patterns: string | readonly string[], options: LinesOptions = {}): Source<string> {
  const list = typeof patterns === 'string' ? [patterns] : patterns
  const splitBytes = options.splitBytes ?? limits.fileSplitBytes
  checkInteger('splitBytes of lines', splitBytes, splitBytesMin)
  const wanted = list.some((pattern) => pattern !== '' && !pattern.startsWith('!'))
  checkArgument(wanted, 'The pattern of lines', 'at least one glob or path', JSON.stringify(patterns))
  const dealt = new Map<string, readonly (readonly FileSplit[])[]>()
  return {
    kind: 'lines',
    bounded: true,
    replayable: true,
    createReader(context, restored) {
      const cwd = resolve(options.cwd ?? '.')
      const operator = context.operatorName
      const deal = () =>
        dealSplits(cutFiles(findFiles({ patterns: list, cwd, operator }), splitBytes), context.parallelism)
      if (restored === undefined) return new LinesReader(context, dealOnce(dealt, context, deal))
      const splits = decodeLinesState(context, restored)
      const roots = list.map((pattern) => patternRoot(pattern, cwd))
      checkRestored(context, splits, roots)
      return new LinesReader(context, splits)
    },
  }
}

/**
 * Every subtask of a job must see one and the same list, also when files appear while the job starts; so the first one
 * that asks looks, and a restart from the very beginning uses that list again.
 */
function dealOnce(
  dealt: Map<string, readonly (readonly FileSplit[])[]>,
  context: SourceReaderContext,
  deal: () => readonly (readonly FileSplit[])[],
): readonly FileSplit[] {
  const key = `${context.jobId}/${context.operatorId}/${context.parallelism}`
  const hands = dealt.get(key) ?? deal()
  dealt.set(key, hands)
  if (dealt.size > rememberedJobs) dealt.delete(dealt.keys().next().value!)
  return hands[context.subtaskIndex]!
}

/** A byte order mark and the line behind it are in one range, so that a position behind the mark is still inside it. */
const splitBytesMin = 4

/** Jobs made of one source value, of which the list of files is remembered. */
const rememberedJobs = 16

/** Fails with `PATH_OUTSIDE_ROOT`, `SOURCE_FILE_MISSING` or `SOURCE_FILE_CHANGED`. */
function checkRestored(context: SourceReaderContext, splits: readonly FileSplit[], roots: readonly string[]): void {
  const operator = context.operatorName
  let checked: string | undefined
  for (const split of splits) {
    if (split.path === checked) continue
    checked = split.path
    if (resolve(split.path) !== split.path || !roots.some((root) => isInside(split.path, root))) {
      const message = `The restored state of source "${operator}" names ${split.path}: expected a file below ${roots.join(' or ')}, where its patterns look.`
      throw new StreamError('PATH_OUTSIDE_ROOT', message, { details: { operator, path: split.path } })
    }
    checkUnchanged(split, statFile(split.path, operator), operator)
  }
}

class LinesReader implements SourceReader<string> {
  readonly #list: SplitList
  readonly #queue: SplitQueue
  readonly #decoder = new LineDecoder()
  #index = 0
  /** Has a line of the split `#index` been taken? A block may begin behind the start of its split, so its offset does not say. */
  #begun = false
  #lastLoaded = false

  constructor(context: SourceReaderContext, splits: readonly FileSplit[]) {
    this.#list = new SplitList(splits)
    this.#queue = new SplitQueue({ splits, operator: context.operatorName, wake: () => context.wake() })
  }

  poll(max: number): SourcePoll<string> {
    const values: string[] = []
    for (;;) {
      this.#take(values, max)
      if (this.#decoder.exhausted) this.#leaveBlock()
      if (values.length >= max) break
      // Lines already taken are handed out before an error that lies behind them.
      const found = values.length > 0 && !this.#queue.ready ? 'waiting' : this.#queue.next()
      if (typeof found !== 'string') {
        this.#decoder.load(found.block)
        this.#lastLoaded = found.block.last
        continue
      }
      if (values.length > 0) break
      return { type: found }
    }
    return { type: 'records', values }
  }

  /** Once a split's last line is read it is done, whatever comes next. */
  #leaveBlock(): void {
    if (!this.#lastLoaded) return
    this.#lastLoaded = false
    this.#index += 1
    this.#begun = false
    this.#decoder.unload()
  }

  #take(values: string[], max: number): void {
    const before = values.length
    this.#decoder.take(values, max)
    if (values.length > before) this.#begun = true
  }

  snapshot(): DividedState {
    return this.#list.snapshot(this.#index, this.#begun ? this.#decoder.offset : undefined)
  }

  close(): Promise<void> {
    return this.#queue.close()
  }
}
