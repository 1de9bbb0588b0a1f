/**
 * What a checkpoint holds of a subtask of a file source, and its compact form.
 *
 * A subtask may have tens of thousands of splits and a checkpoint may come five times a second, so the list is encoded
 * once, as one string that every snapshot shares, and again only when half of it is done; a snapshot then adds two
 * numbers.
 */
import type { EndpointContext } from '../operators/endpoints.ts'
import type { FileSplit } from './file-splits.ts'
import { incompatibleState } from './position.ts'

interface EncodedState {
  readonly format: 1
  /** JSON: an array of [path, size, mtimeMs, start, end]. */
  readonly splits: string
  /** The split being read; those before it are done. */
  readonly index: number
  /** The byte offset of its next unread line; null when it was not begun. */
  readonly offset: number | null
}

export interface LinesState {
  /** The splits that are not done. */
  readonly splits: readonly FileSplit[]
  readonly offset: number | undefined
}

export class SplitList {
  readonly #splits: readonly FileSplit[]
  /** The first split that `#encoded` holds. */
  #from = 0
  #encoded: string

  constructor(splits: readonly FileSplit[]) {
    this.#splits = splits
    this.#encoded = encodeSplits(splits)
  }

  encode(index: number, offset: number | undefined): EncodedState {
    if ((index - this.#from) * 2 > this.#splits.length - this.#from) {
      this.#from = index
      this.#encoded = encodeSplits(this.#splits.slice(index))
    }
    return { format: 1, splits: this.#encoded, index: index - this.#from, offset: offset ?? null }
  }
}

const encodeSplits = (splits: readonly FileSplit[]): string =>
  JSON.stringify(splits.map(({ path, size, mtimeMs, start, end }) => [path, size, mtimeMs, start, end]))

/** Fails with `RESTORE_STATE_INCOMPATIBLE` when the state is not one that `SplitList` encoded. */
export function decodeLinesState(context: EndpointContext, restored: unknown): LinesState {
  const { format, splits, index, offset } = (restored ?? {}) as Partial<EncodedState>
  const rows = format === 1 && typeof splits === 'string' ? parseRows(splits) : undefined
  const isOffset = offset === null || (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0)
  if (rows === undefined || typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || !isOffset) {
    throw incompatibleState(context, 'a lines source')
  }
  return { splits: rows.slice(index), offset: offset ?? undefined }
}

function parseRows(text: string): readonly FileSplit[] | undefined {
  try {
    const rows: unknown = JSON.parse(text)
    return Array.isArray(rows) && rows.every(isRow) ? rows.map(toSplit) : undefined
  } catch {
    return undefined
  }
}

type Row = readonly [path: string, size: number, mtimeMs: number, start: number, end: number]

const isRow = (row: unknown): row is Row =>
  Array.isArray(row) && typeof row[0] === 'string' && [1, 2, 3, 4].every((i) => typeof row[i] === 'number')

const toSplit = ([path, size, mtimeMs, start, end]: Row): FileSplit => ({ path, size, mtimeMs, start, end })
