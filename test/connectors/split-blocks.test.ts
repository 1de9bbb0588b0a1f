import { appendFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutFiles, type FileSplit } from '../../src/connectors/file-splits.ts'
import { LineDecoder } from '../../src/connectors/line-decoder.ts'
import { type LineBlock, readBlocks } from '../../src/connectors/split-blocks.ts'
import { codeOf, temporaryDirectory } from './endpoint-harness.ts'

/** The lines of a whole file, the slow and obvious way. */
function linesOf(bytes: Buffer): string[] {
  const lines: string[] = []
  let at = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0
  while (at < bytes.length) {
    const found = bytes.indexOf(10, at)
    const line = bytes.toString('utf8', at, found < 0 ? bytes.length : found)
    lines.push(found >= 0 && line.endsWith('\r') ? line.slice(0, -1) : line)
    at = found < 0 ? bytes.length : found + 1
  }
  return lines
}

function splitsOf(bytes: Buffer, splitBytes: number): readonly FileSplit[] {
  const path = join(temporaryDirectory(), 'a.txt')
  writeFileSync(path, bytes)
  const { size, mtimeMs } = statSync(path)
  return cutFiles([{ path, size, mtimeMs }], splitBytes)
}

async function blocksOf(split: FileSplit, chunkBytes: number): Promise<LineBlock[]> {
  const blocks: LineBlock[] = []
  for await (const block of readBlocks(split, { operator: 'in', chunkBytes })) blocks.push(block)
  return blocks
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\n', '\r\n', 'a', 'bc', 'é', '€', '😀', '\r', '', '\uFEFF') },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
)
const text = fc.array(piece, { maxLength: 30, size: 'max' }).map((pieces) => Buffer.from(pieces.join('')))
/** Bytes that are mostly not UTF-8, with newlines among them. */
const rubbish = fc
  .array(fc.constantFrom(10, 13, 0x41, 0x80, 0xc3, 0xe2, 0xff), { maxLength: 30, size: 'max' })
  .map(Buffer.from)
const content = fc.oneof(text, rubbish)

describe('readBlocks', () => {
  it('gives every line to the range in which it starts, whatever the ranges and chunks', async () => {
    // From 4 on, as the source asks for: a range is longer than a byte order mark.
    const sizes = fc.record({ splitBytes: fc.integer({ min: 4, max: 20 }), chunkBytes: fc.integer({ min: 1, max: 9 }) })
    await fc.assert(
      fc.asyncProperty(content, sizes, async (bytes, { splitBytes, chunkBytes }) => {
        const lines: string[] = []
        for (const split of splitsOf(bytes, splitBytes)) {
          const blocks = await blocksOf(split, chunkBytes)
          expect(blocks.map((block) => block.last)).toEqual([...blocks.slice(1).map(() => false), true])
          for (const block of blocks.filter((each) => each.bytes.length > 0)) {
            expect(bytes.subarray(block.offset, block.offset + block.bytes.length)).toEqual(block.bytes)
            // A byte order mark is part of the first line, but not of its block.
            const lineStart = block.offset === 3 && split.start === 0 ? 0 : block.offset
            expect(lineStart >= split.start && lineStart < split.end).toBe(true)
            lines.push(...linesOf(Buffer.concat([Buffer.from('\n'), block.bytes])).slice(1))
          }
        }
        expect(lines).toEqual(linesOf(bytes))
      }),
      { numRuns: 150 },
    )
  })

  it('goes on at the offset of any line of the range', async () => {
    const bytes = Buffer.from('one\ntwo\nthree\nfour')
    const [split] = splitsOf(bytes, 10)
    const from = async (offset: number) =>
      Buffer.concat((await blocksOf({ ...split!, start: offset }, 3)).map((block) => block.bytes)).toString()
    expect(await from(0)).toBe('one\ntwo\nthree\n')
    expect(await from(3)).toBe('two\nthree\n')
    expect(await from(4)).toBe('two\nthree\n')
    expect(await from(8)).toBe('three\n')
    expect(await from(9)).toBe('')
  })

  it('takes what follows a byte order mark for the start of a line', async () => {
    const from = async (text: string) => {
      const [split] = splitsOf(Buffer.from(text), 100)
      return Buffer.concat((await blocksOf({ ...split!, start: 3 }, 2)).map((block) => block.bytes)).toString()
    }
    expect(await from('\uFEFFone\ntwo\n')).toBe('one\ntwo\n')
    expect(await from('ab\ntwo\n')).toBe('two\n')
    expect(await from('abcd\ntwo\n')).toBe('two\n')
  })

  it('drops a byte order mark at the start of the file and nowhere else', async () => {
    const bytes = Buffer.from('\uFEFFa\n\uFEFFb\n')
    const blocks = await blocksOf(splitsOf(bytes, 100)[0]!, 100)
    expect(blocks).toEqual([{ bytes: Buffer.from('a\n\uFEFFb\n'), offset: 3, last: true }])
    expect((await blocksOf(splitsOf(Buffer.from('\uFEFF'), 100)[0]!, 100))[0]!.bytes).toHaveLength(0)
  })

  it('fails when the file grew or shrank before it was opened, naming it', async () => {
    const [split] = splitsOf(Buffer.from('a\nb\n'), 100)
    appendFileSync(split!.path, 'c')
    const { code, message } = await codeOf(() => blocksOf(split!, 100))
    expect(code).toBe('SOURCE_FILE_CHANGED')
    expect(message).toContain(split!.path)
  })

  it.each([
    ['grew', (path: string) => appendFileSync(path, 'more\n')],
    ['shrank', (path: string) => truncateSync(path, 2)],
  ])('fails before the last block when the file %s while it was read', async (_, change) => {
    const [split] = splitsOf(Buffer.from('a\nb\nc\nd\n'), 100)
    const blocks = readBlocks(split!, { operator: 'in', chunkBytes: 3 })
    expect((await blocks.next()).value).toMatchObject({ last: false })
    change(split!.path)
    const rest = codeOf(async () => {
      for await (const block of blocks) expect(block.last).toBe(false)
    })
    expect((await rest).code).toBe('SOURCE_FILE_CHANGED')
  })

  it('fails when the file is gone', async () => {
    const [split] = splitsOf(Buffer.from('a\n'), 100)
    const gone = { ...split!, path: `${split!.path}.gone` }
    expect(await codeOf(() => blocksOf(gone, 100))).toMatchObject({
      code: 'SOURCE_FILE_MISSING',
      message: expect.stringContaining(gone.path),
    })
  })
})

describe('LineDecoder', () => {
  it('takes lines in any portions, and knows the byte offset of the next one', () => {
    const portions = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    const big = fc
      .tuple(content, fc.integer({ min: 1, max: 200 }))
      .map(([bytes, times]) =>
        Buffer.concat(Array.from({ length: times }, () => Buffer.concat([bytes, Buffer.from('\n')]))),
      )
    fc.assert(
      fc.property(big, portions, (bytes, sizes) => {
        const decoder = new LineDecoder()
        decoder.load({ bytes, offset: 100, last: true })
        const expected = linesOf(Buffer.concat([Buffer.from('\n'), bytes])).slice(1)
        let seen = 0
        for (let i = 0; !decoder.exhausted; i++) {
          const out: string[] = []
          decoder.take(out, sizes[i % sizes.length]!)
          expect(out).toEqual(expected.slice(seen, seen + out.length))
          seen += out.length
          const rest = Buffer.concat([Buffer.from('\n'), bytes.subarray(decoder.offset - 100)])
          if (i % 7 === 0) expect(linesOf(rest).slice(1)).toEqual(expected.slice(seen))
        }
        expect(seen).toBe(expected.length)
        expect(decoder.offset).toBe(100 + bytes.length)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps a carriage return that no newline follows', () => {
    const decoder = new LineDecoder()
    decoder.load({ bytes: Buffer.from('a\r\nb\rc\r\nd\r'), offset: 0, last: true })
    const out: string[] = []
    decoder.take(out, 10)
    expect(out).toEqual(['a', 'b\rc', 'd\r'])
  })

  it('is empty until a block is loaded and after it is unloaded', () => {
    const decoder = new LineDecoder()
    expect([decoder.loaded, decoder.exhausted]).toEqual([false, true])
    decoder.load({ bytes: Buffer.from('a\n'), offset: 0, last: true })
    expect([decoder.loaded, decoder.exhausted]).toEqual([true, false])
    decoder.unload()
    expect([decoder.loaded, decoder.exhausted]).toEqual([false, true])
  })
})
