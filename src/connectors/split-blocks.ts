/**
 * The bytes of one split as blocks of whole lines, read asynchronously.
 *
 * Owns the range rule: a split has the lines that start in it, so it skips the line that began before it and reads on
 * past its end to finish its last one. A line starts behind a newline, at the start of the file, and behind the byte order
 * mark there. Checks that the file is still the one first seen when it is opened and before
 * its last block is handed out. Does not decode text, except for dropping a byte order mark at the start of the file.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { inputFileError } from './file-errors.ts'
import { checkUnchanged, type FileSplit } from './file-splits.ts'

/** Whole lines, each ended by a newline except perhaps the last one of a file. */
export interface LineBlock {
  readonly bytes: Buffer
  /** Where in the file `bytes` begins. */
  readonly offset: number
  /** No block of this split follows. The last block may be empty. */
  readonly last: boolean
}

export interface BlockOptions {
  readonly operator: string
  readonly chunkBytes?: number
}

const newline = 10

/** Reads a split. Fails with `SOURCE_FILE_MISSING`, `SOURCE_FILE_CHANGED`, `SOURCE_FAILED`. */
export async function* readBlocks(split: FileSplit, options: BlockOptions): AsyncGenerator<LineBlock, void, undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(split.path, 'r')
    checkUnchanged(split, await handle.stat(), options.operator)
    for await (const block of cutBlocks(handle, split, options)) {
      if (block.last) checkUnchanged(split, await handle.stat(), options.operator)
      yield block.offset === 0 ? withoutMark(block) : block
    }
  } catch (thrown) {
    throw inputFileError(thrown, options.operator, split.path)
  } finally {
    await handle?.close()
  }
}

async function* cutBlocks(handle: FileHandle, split: FileSplit, options: BlockOptions): AsyncGenerator<LineBlock> {
  const chunkBytes = options.chunkBytes ?? limits.fileChunkBytes
  // The byte before the split is read too: when it ends a line, the split begins with a whole one.
  let skipping = split.start > 0 && !(await isBehindMark(handle, split))
  let offset = skipping ? split.start - 1 : split.start
  let carried = nothing
  for (;;) {
    let bytes = await readOn(handle, split, { carried, offset, chunkBytes, operator: options.operator })
    carried = nothing
    if (skipping) {
      const found = bytes.indexOf(newline)
      skipping = found < 0
      const used = skipping ? bytes.length : found + 1
      bytes = bytes.subarray(used)
      offset += used
    }
    if (offset >= split.end) {
      yield { bytes: nothing, offset, last: true }
      return
    }
    if (skipping) continue
    const { cut, last } = cutPoint(split, offset, bytes)
    if (last || cut > 0) yield { bytes: bytes.subarray(0, cut), offset, last }
    if (last) return
    carried = bytes.subarray(cut)
    offset += cut
    if (carried.length > limits.fileLineBytesMax) throw lineTooLong(split, offset, options.operator)
  }
}

/** Where the whole lines of this split end in `bytes`, and whether they end for good. */
function cutPoint(split: FileSplit, offset: number, bytes: Buffer): { readonly cut: number; readonly last: boolean } {
  const available = offset + bytes.length
  if (available >= split.end) {
    const end = bytes.indexOf(newline, Math.max(0, split.end - 1 - offset))
    if (end >= 0) return { cut: end + 1, last: true }
    if (available >= split.size) return { cut: bytes.length, last: true }
  }
  return { cut: bytes.lastIndexOf(newline) + 1, last: false }
}

interface Reading {
  /** What was read but not handed out yet: the beginning of a line, at `offset`. */
  readonly carried: Buffer
  readonly offset: number
  readonly chunkBytes: number
  readonly operator: string
}

/** The carried bytes and what follows them. Reads as much again as is carried, so that a long line costs linear time. */
async function readOn(handle: FileHandle, split: FileSplit, reading: Reading): Promise<Buffer> {
  const { carried, offset, chunkBytes } = reading
  const position = offset + carried.length
  const toEnd = position < split.end ? split.end - position + overshootBytes : chunkBytes
  const length = Math.min(Math.max(chunkBytes, carried.length), Math.max(toEnd, carried.length), split.size - position)
  const bytes = Buffer.allocUnsafeSlow(carried.length + length)
  carried.copy(bytes)
  const { bytesRead } = await handle.read(bytes, carried.length, length, position)
  // The file ends before its size: it got shorter while it was read.
  if (bytesRead === 0 && length > 0) checkUnchanged(split, { size: position, mtimeMs: split.mtimeMs }, reading.operator)
  return bytes.subarray(0, carried.length + bytesRead)
}

const nothing: Buffer = Buffer.alloc(0)

/** Read past the end of a range at once, since the last line usually ends within it. */
const overshootBytes = 4_096

const markBytes = 3

const hasMark = (bytes: Uint8Array): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

function withoutMark(block: LineBlock): LineBlock {
  const { bytes } = block
  return hasMark(bytes) ? { bytes: bytes.subarray(markBytes), offset: markBytes, last: block.last } : block
}

/** Only a position in old state can be there: ranges are longer than the mark. */
async function isBehindMark(handle: FileHandle, { start }: FileSplit): Promise<boolean> {
  if (start !== markBytes) return false
  const { buffer } = await handle.read(Buffer.alloc(markBytes), 0, markBytes, 0)
  return hasMark(buffer)
}

const lineTooLong = (split: FileSplit, offset: number, operator: string): StreamError =>
  new StreamError(
    'SOURCE_FAILED',
    `The input file ${split.path} of source "${operator}" has a line of more than ${limits.fileLineBytesMax} bytes at byte ${offset}: expected text with shorter lines.`,
    { details: { operator, path: split.path, offset } },
  )
