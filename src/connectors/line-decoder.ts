/**
 * Blocks of whole lines to strings, a few lines at a time, with the byte offset of the next line.
 *
 * A block is decoded in pieces of about 2 KiB. Splitting one decoded string is twice as fast as decoding line by line,
 * but a line that the program keeps then keeps its whole piece alive, so the pieces are small (measured: 2 KiB is as
 * fast as 16 KiB, and 256 KiB is slower). Offsets are counted in bytes of the file, never derived from the decoded
 * text, because bytes that are not UTF-8 decode to something of another length.
 */
import type { LineBlock } from './split-blocks.ts'

const newline = 10
const pieceBytes = 2_048

export class LineDecoder {
  #bytes: Buffer = Buffer.alloc(0)
  #base = 0
  #pieceStart = 0
  #pieceEnd = 0
  #lines: string[] = []
  #line = 0

  #loaded = false

  /** Is there a block, exhausted or not? */
  get loaded(): boolean {
    return this.#loaded
  }

  unload(): void {
    this.load({ bytes: Buffer.alloc(0), offset: 0, last: false })
    this.#loaded = false
  }

  load(block: LineBlock): void {
    this.#loaded = true
    this.#bytes = block.bytes
    this.#base = block.offset
    this.#pieceStart = 0
    this.#pieceEnd = 0
    this.#lines = []
    this.#line = 0
  }

  /** Has every line of the block been taken? */
  get exhausted(): boolean {
    return this.#line === this.#lines.length && this.#pieceEnd === this.#bytes.length
  }

  /** Appends the next lines, without their ends, until `out` has `max` or the block is exhausted. */
  take(out: string[], max: number): void {
    while (out.length < max && !this.exhausted) {
      if (this.#line === this.#lines.length) this.#decodePiece()
      const until = Math.min(this.#lines.length, this.#line + max - out.length)
      for (let i = this.#line; i < until; i++) out.push(this.#lines[i]!)
      this.#line = until
    }
  }

  /** The byte offset in the file of the next line. */
  get offset(): number {
    if (this.#line === this.#lines.length) return this.#base + this.#pieceEnd
    let at = this.#pieceStart
    for (let i = 0; i < this.#line; i++) at = this.#bytes.indexOf(newline, at) + 1
    return this.#base + at
  }

  #decodePiece(): void {
    const bytes = this.#bytes
    const start = this.#pieceEnd
    const end = pieceEnd(bytes, start)
    const text = bytes.toString('utf8', start, end)
    const lines = text.split('\n')
    const open = bytes[end - 1] === newline ? '' : lines.at(-1)
    if (open === '') lines.pop()
    if (text.includes('\r')) {
      const ended = open === '' ? lines.length : lines.length - 1
      for (let i = 0; i < ended; i++) if (lines[i]!.endsWith('\r')) lines[i] = lines[i]!.slice(0, -1)
    }
    this.#pieceStart = start
    this.#pieceEnd = end
    this.#lines = lines
    this.#line = 0
  }
}

/** The end of the last line that ends within a piece, or of the first one when it is longer than that. */
function pieceEnd(bytes: Buffer, start: number): number {
  if (bytes.length - start <= pieceBytes) return bytes.length
  const within = bytes.lastIndexOf(newline, start + pieceBytes - 1)
  if (within >= start) return within + 1
  const beyond = bytes.indexOf(newline, start + pieceBytes)
  return beyond < 0 ? bytes.length : beyond + 1
}
