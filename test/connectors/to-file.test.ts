import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PartFiles } from '../../src/connectors/part-files.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import { ck, codeOf, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { contents, opened, partsOf, pending, snapshotOf, visible, writersOf } from './file-sink-harness.ts'

describe('toFile', () => {
  it('shows records when the checkpoint that covers them completes, and not before', async () => {
    const { dir, writer } = opened()
    writer.write([{ a: 1 }, 'b'])
    expect(visible(dir)).toEqual([])
    await snapshotOf(writer, 1)
    writer.write(['later'])
    expect(visible(dir)).toEqual([])
    await writer.notifyCompleted(ck(1))
    expect(contents(dir)).toBe('{"a":1}\n"b"\n')
    expect(visible(dir)).toEqual(['part-aaaaaa-bbbbbb-0-00000000'])
  })

  it('commits what an earlier checkpoint covers when a later one completes', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    await snapshotOf(writer, 1)
    writer.notifyAborted?.(ck(1))
    writer.write([2])
    await snapshotOf(writer, 2)
    writer.write([3])
    await snapshotOf(writer, 3)
    await writer.notifyCompleted(ck(2))
    expect(contents(dir)).toBe('1\n2\n')
    await writer.notifyCompleted(ck(2))
    expect(contents(dir)).toBe('1\n2\n')
  })

  it('commits nothing for a savepoint that the job goes on after, but for one that stops it', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    await snapshotOf(writer, 1, 'savepoint')
    await writer.notifyCompleted(ck(1))
    expect(visible(dir)).toEqual([])
    writer.write([2])
    await snapshotOf(writer, 2, 'stop-suspend')
    await writer.notifyCompleted(ck(2))
    expect(contents(dir)).toBe('1\n2\n')
  })

  it('has nothing to make durable, and makes no file, when no record came', async () => {
    const { dir, writer } = opened()
    const { state, durable } = writer.snapshot(ck(1), 'checkpoint')
    expect([writersOf(state), durable]).toEqual([
      [{ owner: `${'a'.repeat(32)}-${'b'.repeat(32)}-0`, counter: 0, parts: [] }],
      undefined,
    ])
    await writer.notifyCompleted(ck(1))
    await writer.close()
    expect([visible(dir), pending(dir)]).toEqual([[], []])
  })

  it('keeps a part in the state until its commit is known', async () => {
    const { writer } = opened()
    writer.write([1])
    const parts = (state: unknown) => partsOf(state).map((part) => part.bytes)
    expect(parts(await snapshotOf(writer, 1))).toEqual([2])
    const committing = writer.notifyCompleted(ck(1))
    expect(parts(await snapshotOf(writer, 2))).toEqual([2])
    await committing
    expect(parts(await snapshotOf(writer, 3))).toEqual([])
  })

  it('starts another part when one is full', async () => {
    const { dir, writer } = opened({ format: 'text', maxPartBytes: 4 })
    for (const value of ['a', 'b', 'c', 'long enough', 'd']) writer.write([value])
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    expect(
      visible(dir)
        .sort()
        .map((name) => readFileSync(join(dir, name), 'utf8')),
    ).toEqual(['a\nb\n', 'c\nlong enough\n', 'd\n'])
  })

  it('writes large parts in several writes', async () => {
    const { dir, writer } = opened({ format: 'text' })
    const values = Array.from({ length: 500 }, (_, i) => `${i} ${'é'.repeat(1_000)}`)
    writer.write(values)
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    expect(contents(dir)).toBe(`${values.join('\n')}\n`)
  })

  it('commits at the end of the data without checkpoints, and says so in the log', async () => {
    const dir = temporaryDirectory()
    const context = testContext({ checkpointing: false, operatorName: 'out', uid: 'counts' })
    const writer = toFile(dir).createWriter(context, undefined)
    writer.write([1, 2])
    await writer.endOfData()
    await writer.close()
    expect(contents(dir)).toBe('1\n2\n')
    expect(pending(dir)).toEqual([])
    expect(context.logged).toEqual([
      expect.stringMatching(/^warn Sink "out" \(uid "counts"\) runs without checkpoints/),
    ])
  })

  it('leaves the end of the data to the final checkpoint otherwise', async () => {
    const { dir, context, writer } = opened()
    writer.write([1])
    await writer.endOfData()
    expect(visible(dir)).toEqual([])
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    expect(contents(dir)).toBe('1\n')
    expect(context.logged).toEqual([])
  })

  it('removes what no checkpoint can cover when it is closed, and leaves the rest', async () => {
    const { dir, writer } = opened({ maxPartBytes: 4 })
    writer.write([1])
    await snapshotOf(writer, 1)
    writer.write(['a full part'])
    writer.write([2])
    await writer.endOfData()
    expect(pending(dir)).toHaveLength(3)
    await writer.close()
    expect(pending(dir)).toHaveLength(1)
  })
})

describe('toFile, when it cannot write', () => {
  it('says that the directory cannot be used', async () => {
    const dir = temporaryDirectory()
    writeFileSync(join(dir, 'file'), '')
    for (const path of [join(dir, 'file'), join(dir, 'file', 'below')]) {
      const { code, message } = await codeOf(() => toFile(path).createWriter(testContext(), undefined))
      expect(code).toBe('DIRECTORY_NOT_WRITABLE')
      expect(message).toContain(path)
    }
  })

  // Skipped where there is no such device, because nothing else is full on demand.
  it.skipIf(!existsSync('/dev/full'))('says that the disk is full (skipped where there is no /dev/full)', async () => {
    const files = new PartFiles(temporaryDirectory(), testContext({ operatorName: 'out' }))
    const fd = openSync('/dev/full', 'w')
    const { code, message } = await codeOf(() => files.write({ name: 'x', fd }, Buffer.from('text')))
    closeSync(fd)
    expect(code).toBe('STORAGE_FULL')
    expect(message).toMatch(/of sink "out" cannot be written: the disk is full/)
  })

  it('will not overwrite a file that appeared where a part belongs', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    await snapshotOf(writer, 1)
    writeFileSync(join(dir, 'part-aaaaaa-bbbbbb-0-00000000'), 'theirs')
    const { code, message } = await codeOf(() => writer.notifyCompleted(ck(1)))
    expect([code, contents(dir)]).toEqual(['SINK_FAILED', 'theirs'])
    expect(message).toContain('will not overwrite')
  })

  it.each([
    ['', {}],
    ['out', { maxPartBytes: 0 }],
    ['out', { format: 'csv' as 'text' }],
  ])('refuses dir "%s" with %j', async (dir, options) => {
    expect((await codeOf(() => toFile(dir, options))).code).toBe('ARGUMENT_INVALID')
  })
})
