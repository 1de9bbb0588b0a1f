import { describe, expect, it } from 'vitest'
import { GatheredStateWriter } from '../../src/backends/gathered-state-writer.ts'
import { sharedFile } from '../../src/backends/manifest.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { CheckpointId, SubtaskId } from '../../src/core/ids.ts'
import { suiteSubtask } from '../../src/testing/checkpoint-storage-subject.ts'

const own = `${suiteSubtask.replace('/', '-')}.state`
const shared = sharedFile(`7-${own}`)

function scene(inlineBytes = 0, failing: Readonly<Record<string, Error>> = {}) {
  const files = new Map<string, string>()
  const writer = new GatheredStateWriter({
    checkpoint: 7 as CheckpointId,
    subtask: suiteSubtask as SubtaskId,
    inlineBytes,
    async store(file, bytes) {
      const error = failing[file]
      if (error !== undefined) throw error
      files.set(file, Buffer.from(bytes).toString())
    },
    async remove(file) {
      files.delete(file)
      throw new Error('whatever it says')
    },
  })
  const write = (text: string, scope?: 'exclusive' | 'shared') => {
    writer.beginSegment(scope)
    const piece = Buffer.from('?')
    for (const letter of text) {
      piece.write(letter)
      writer.append(piece)
    }
    return writer.endSegment()
  }
  return { files, writer, write }
}

describe('the state of a subtask that is gathered in memory', () => {
  it('is stored by scope when it is whole, whatever is done to the pieces', async () => {
    const { files, writer, write } = scene()
    expect([write('one'), write('three', 'shared'), write('two'), write('')]).toMatchObject([
      { file: own, offset: 0, length: 3 },
      { file: shared, offset: 0, length: 5 },
      { file: own, offset: 3, length: 3 },
      { file: own, offset: 6, length: 0 },
    ])
    expect(files.size).toBe(0)
    await writer.close()
    expect([...files]).toEqual([
      [own, 'onetwo'],
      [shared, 'three'],
    ])
    files.clear()
    await writer.close()
    expect(files.size).toBe(0)
  })

  it('makes no file without segments, and none of segments that are small', async () => {
    const { files, writer, write } = scene(3)
    expect(write('abc')).toMatchObject({ inline: Buffer.from('abc').toString('base64'), length: 3 })
    expect(write('')).toMatchObject({ inline: '', length: 0 })
    await writer.close()
    expect(files.size).toBe(0)
    expect(write('abcd')).toMatchObject({ file: own, offset: 0, length: 4 })
  })

  it('is removed when it is given up, before it is stored, meanwhile and after', async () => {
    const before = scene()
    before.write('x')
    await before.writer.abort()
    await before.writer.close()
    expect(before.files.size).toBe(0)

    const meanwhile = scene()
    meanwhile.write('x')
    meanwhile.write('y', 'shared')
    const closing = meanwhile.writer.close()
    const aborted = meanwhile.writer.abort()
    await expect(closing).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await aborted
    expect(meanwhile.files.size).toBe(0)

    const after = scene()
    after.write('x')
    await after.writer.close()
    await after.writer.abort()
    await after.writer.abort()
    expect(after.files.size).toBe(0)
  })

  it('is stored as a whole or not at all; what a storage throws keeps its code, or gets one', async () => {
    const full = new StreamError('STORAGE_FULL', 'full')
    for (const [error, expected] of [
      [full, full],
      [
        new Error('no bucket'),
        expect.objectContaining({
          code: 'STORAGE_FAILED',
          message: `Cannot store state file ${shared}: no bucket`,
          restartable: true,
        }),
      ],
    ] as const) {
      const { files, writer, write } = scene(0, { [shared]: error })
      write('x')
      write('y', 'shared')
      await expect(writer.close()).rejects.toEqual(expected)
      expect(files.size).toBe(0)
    }
  })
})
