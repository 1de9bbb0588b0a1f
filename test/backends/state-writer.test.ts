import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../src/backends/checksum.ts'
import { ensureDir } from '../../src/backends/durable-files.ts'
import { GatheredStateWriter } from '../../src/backends/gathered-state-writer.ts'
import { sharedFile } from '../../src/backends/manifest.ts'
import { StateFile } from '../../src/backends/state-file.ts'
import { FileStateWriter } from '../../src/backends/state-writer.ts'
import { WriteChunks } from '../../src/backends/write-chunks.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { Random } from '../../src/core/random.ts'
import { suiteSubtask } from '../../src/testing/checkpoint-storage-subject.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

async function scene(inlineBytes = 0) {
  const fs = new MemoryFileSystem()
  await ensureDir(fs, '/job/chk-1')
  await ensureDir(fs, '/job/shared')
  const names = { exclusive: 'own.state', shared: sharedFile('1-own.state') }
  const place = { prepare: async () => {}, abandoned: async () => {}, inlineBytes, chunks: new WriteChunks() }
  const writer = new FileStateWriter((scope) => new StateFile(fs, '/job/chk-1', names[scope], place))
  const write = (text: string, scope?: 'exclusive' | 'shared') => {
    writer.beginSegment(scope)
    for (const letter of text) writer.append(Buffer.from(letter))
    return writer.endSegment()
  }
  return { fs, writer, write }
}

describe('the state of a subtask on its way to disk', () => {
  it('goes into the file of its scope', async () => {
    const { fs, writer, write } = await scene()
    const handles = [write('one'), write('three', 'shared'), write('two', 'exclusive')]
    await writer.close()
    expect(handles).toMatchObject([
      { file: 'own.state', offset: 0, length: 3 },
      { file: sharedFile('1-own.state'), offset: 0, length: 5 },
      { file: 'own.state', offset: 3, length: 3 },
    ])
    expect((await fs.read('/job/chk-1/own.state', 0, 6)).toString()).toBe('onetwo')
    expect((await fs.read('/job/shared/1-own.state', 0, 5)).toString()).toBe('three')
  })

  it('stays in the handle when it is small, and makes no file', async () => {
    const { fs, writer, write } = await scene(3)
    const [small, empty] = [write('abc'), write('')]
    await writer.close()
    expect([small, empty]).toMatchObject([
      { inline: 'YWJj', length: 3, checksum: '352441c2' },
      { inline: '', length: 0 },
    ])
    expect(await fs.list('/job/chk-1')).toEqual([])
    const large = write('abcd')
    expect(large).toMatchObject({ file: 'own.state', offset: 0, length: 4 })
    const next = write('efgh')
    await writer.close()
    expect(next).toMatchObject({ file: 'own.state', offset: 4, length: 4 })
    expect((await fs.read('/job/chk-1/own.state', 0, 8)).toString()).toBe('abcdefgh')
  })

  it('is gone as a whole when one of its files cannot be written', async () => {
    const { fs, writer, write } = await scene()
    write('one')
    write('two', 'shared')
    // The first thing that is done to the second file.
    const create = fs.create.bind(fs)
    fs.create = (path) =>
      path.includes('shared') ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : create(path)
    await expect(writer.close()).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    expect([await fs.list('/job/chk-1'), await fs.list('/job/shared')]).toEqual([[], []])
  })

  it('has segments one after the other', async () => {
    for (const writer of [
      (await scene()).writer,
      new GatheredStateWriter({
        checkpoint: 1 as CheckpointId,
        subtask: suiteSubtask,
        store: async () => {},
        remove: async () => {},
      }),
    ]) {
      expect(() => writer.endSegment()).toThrow('ended that was not begun')
      expect(() => writer.append(Buffer.alloc(1))).toThrow('outside a segment')
      writer.beginSegment()
      expect(() => writer.beginSegment('shared')).toThrow('begun within another')
    }
  })
})

describe('a large segment', () => {
  it('goes through chunks that are used again, and is whole whatever is done to the pieces', async () => {
    const fs = new MemoryFileSystem()
    await ensureDir(fs, '/job')
    const chunks = new WriteChunks()
    let taken = 0
    const take = chunks.take.bind(chunks)
    const used = new Set<Buffer>()
    chunks.take = () => {
      taken++
      const chunk = take()
      used.add(chunk)
      return chunk
    }
    const place = { prepare: async () => {}, abandoned: async () => {}, inlineBytes: 10, chunks }
    const file = new StateFile(fs, '/job', 'large.state', place)
    const random = new Random(1)
    const expected: Buffer[] = []
    const piece = Buffer.alloc(300_000)
    file.beginSegment()
    for (let i = 0; i < 20; i++) {
      const some = piece.subarray(0, random.int(1, piece.length))
      some.fill(i)
      expected.push(Buffer.from(some))
      file.append(some)
      // The writer of a snapshot lets the disk go on between two of its slices.
      for (let turn = 0; turn < 20; turn++) await undefined
    }
    const handle = file.endSegment()
    await file.close()
    const whole = Buffer.concat(expected)
    expect(handle).toMatchObject({ file: 'large.state', offset: 0, length: whole.length, checksum: checksumOf(whole) })
    expect((await fs.read('/job/large.state', 0, whole.length)).equals(whole)).toBe(true)
    expect([taken > 2, used.size <= 2]).toEqual([true, true])
  })
})
