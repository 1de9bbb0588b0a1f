/**
 * What a checkpoint holds of a subtask of a file source: the splits that are not read, as items that can go to other
 * subtasks, in a compact form.
 *
 * A subtask may have tens of thousands of splits and a checkpoint may come five times a second. So splits are put into about
 * a thousand blocks at most, each a string that is made once and shared by all snapshots, and only the block that is being
 * read is made anew. Few splits are one block each. When half of them are done, the blocks are made smaller.
 *
 * A split that is partly read is a split that begins with its next line.
 */
import { DividedState } from '../core/operator-state.ts'
import type { EndpointContext } from '../operators/endpoints.ts'
import type { FileSplit } from './file-splits.ts'
import { incompatibleState } from './position.ts'

/** Of the state, and what it is called in a manifest. */
const listName = 'splits'

const blocksMax = 1_024

export class SplitList {
  readonly #splits: readonly FileSplit[]
  /** The first split that `#blocks` hold. */
  #from = 0
  #blockSplits = 1
  #blocks: readonly string[] = []

  constructor(splits: readonly FileSplit[]) {
    this.#splits = splits
    this.#makeBlocks(0)
  }

  /** `index`: the split being read; those before it are done. `offset`: of its next line, undefined when it was not begun. */
  snapshot(index: number, offset: number | undefined): DividedState {
    return new DividedState({ [listName]: { mode: 'split', items: this.#items(index, offset) } })
  }

  #items(index: number, offset: number | undefined): readonly string[] {
    const splits = this.#splits
    if (this.#blockSplits > 1 && (index - this.#from) * 2 > splits.length - this.#from) this.#makeBlocks(index)
    const block = Math.floor((index - this.#from) / this.#blockSplits)
    const blockStart = this.#from + block * this.#blockSplits
    if (index === blockStart && offset === undefined) return this.#blocks.slice(block)
    const rest = splits.slice(index, blockStart + this.#blockSplits)
    if (offset !== undefined) rest[0] = { ...rest[0]!, start: offset }
    return [encodeSplits(rest), ...this.#blocks.slice(block + 1)]
  }

  #makeBlocks(from: number): void {
    const splits = this.#splits
    this.#from = from
    this.#blockSplits = Math.max(1, Math.ceil((splits.length - from) / blocksMax))
    const blocks: string[] = []
    for (let at = from; at < splits.length; at += this.#blockSplits) {
      blocks.push(encodeSplits(splits.slice(at, at + this.#blockSplits)))
    }
    this.#blocks = blocks
  }
}

/** The splits that are not read. Fails with `RESTORE_STATE_INCOMPATIBLE` when the state is not one of a lines source. */
export function decodeLinesState(context: EndpointContext, restored: unknown): readonly FileSplit[] {
  const splits = restored instanceof DividedState ? splitsOf(restored.items(listName)) : decodeWhole(restored)
  if (splits === undefined) throw incompatibleState(context, 'a lines source')
  return splits
}

function splitsOf(items: readonly unknown[]): readonly FileSplit[] | undefined {
  const blocks = items.map((item) => (typeof item === 'string' ? parseRows(item) : undefined))
  return blocks.every((block) => block !== undefined) ? blocks.flat() : undefined
}

/** State as it was written before it could be divided. */
interface WholeState {
  readonly format: 1
  readonly splits: string
  readonly index: number
  readonly offset: number | null
}

function decodeWhole(restored: unknown): readonly FileSplit[] | undefined {
  const { format, splits, index, offset } = (restored ?? {}) as Partial<WholeState>
  const rows = format === 1 && typeof splits === 'string' ? parseRows(splits) : undefined
  if (rows === undefined || !isBytes(index) || (offset !== null && !isBytes(offset))) return undefined
  const [first, ...rest] = rows.slice(index)
  if (first === undefined || offset === null) return rows.slice(index)
  return offset < first.end ? [{ ...first, start: offset }, ...rest] : rest
}

const encodeSplits = (splits: readonly FileSplit[]): string =>
  JSON.stringify(splits.map(({ path, size, mtimeMs, start, end }) => [path, size, mtimeMs, start, end]))

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
  Array.isArray(row) &&
  typeof row[0] === 'string' &&
  typeof row[2] === 'number' &&
  [1, 3, 4].every((i) => isBytes(row[i])) &&
  row[3] <= row[4] &&
  row[4] <= row[1]

const isBytes = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const toSplit = ([path, size, mtimeMs, start, end]: Row): FileSplit => ({ path, size, mtimeMs, start, end })
