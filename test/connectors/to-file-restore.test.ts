import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toFile } from '../../src/connectors/to-file.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { ck, codeOf, jobOf, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { contents, opened, pending, snapshotOf, stateOf, visible, writersOf } from './file-sink-harness.ts'

const owner = `${'a'.repeat(32)}-${'b'.repeat(32)}-0`

describe('toFile, restored', () => {
  it('goes on under another job id, and never writes a name twice', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    const state = await snapshotOf(writer, 1, 'savepoint')
    const resumed = toFile(dir).createWriter(testContext({ jobId: jobOf('c') }), state)
    expect(contents(dir)).toBe('1\n')
    resumed.write([2])
    await snapshotOf(resumed, 2)
    await resumed.notifyCompleted(ck(2))
    expect(visible(dir).sort()).toEqual(['part-aaaaaa-bbbbbb-0-00000000', 'part-cccccc-bbbbbb-0-00000001'])
  })

  it('passes over a name that is taken', async () => {
    const dir = temporaryDirectory()
    const { writer } = opened({}, dir)
    writeFileSync(join(dir, 'part-aaaaaa-bbbbbb-0-00000000'), 'older\n')
    writer.write([1])
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    expect(contents(dir)).toBe('older\n1\n')
  })

  it('leaves the pending parts of other writers alone', async () => {
    const dir = temporaryDirectory()
    const others = [
      testContext({ jobId: jobOf('c') }),
      testContext({ operatorId: 'd'.repeat(32) as OperatorId }),
      testContext({ subtaskIndex: 1, parallelism: 11 }),
      testContext({ subtaskIndex: 10, parallelism: 11 }),
    ].map((context) => toFile<string>(dir).createWriter(context, undefined))
    for (const other of others) {
      other.write(['theirs'])
      await snapshotOf(other, 1)
    }
    const mine = toFile<string>(dir).createWriter(testContext({ parallelism: 11 }), undefined)
    mine.write(['mine'])
    await snapshotOf(mine, 1)
    expect(pending(dir)).toHaveLength(5)
    toFile(dir).createWriter(testContext({ parallelism: 11, attempt: 1 }), undefined)
    expect(pending(dir)).toHaveLength(4)
    for (const other of others) await other.notifyCompleted(ck(1))
    expect(contents(dir)).toBe('"theirs"\n'.repeat(4))
  })

  it('does not mind that somebody has taken committed files away', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    const state = await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    for (const name of visible(dir)) rmSync(join(dir, name))
    const resumed = toFile(dir).createWriter(testContext(), state)
    resumed.write([2])
    await snapshotOf(resumed, 2)
    await resumed.notifyCompleted(ck(2))
    expect(contents(dir)).toBe('2\n')
  })

  it('does not give a name again after its file was taken away', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    const [first] = visible(dir)
    rmSync(join(dir, first!))
    const again = toFile(dir).createWriter(testContext(), undefined)
    again.write([1])
    await snapshotOf(again, 1)
    await again.notifyCompleted(ck(1))
    expect(visible(dir)).not.toContain(first)
  })

  it('fails when a part it must commit is gone or of another size, naming it', async () => {
    for (const damage of [rmSync, (path: string) => truncateSync(path, 1)]) {
      const { dir, writer } = opened()
      writer.write(['abc'])
      const state = await snapshotOf(writer, 1)
      const path = join(dir, '.pending', pending(dir)[0]!)
      damage(path)
      const { code, message } = await codeOf(() => toFile(dir).createWriter(testContext(), state))
      expect(code).toBe('SINK_FAILED')
      expect(message).toContain(path)
      expect(message).toMatch(/expected 6 bytes.*got (no such file|1 bytes)/)
      expect((await codeOf(() => writer.notifyCompleted(ck(1)))).code).toBe('SINK_FAILED')
    }
  })

  it('goes on in another directory when .pending is copied into it', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    await snapshotOf(writer, 1)
    await writer.notifyCompleted(ck(1))
    writer.write([2])
    const state = await snapshotOf(writer, 2)
    const elsewhere = temporaryDirectory()
    expect((await codeOf(() => toFile(elsewhere).createWriter(testContext(), state))).code).toBe('SINK_FAILED')
    rmSync(join(elsewhere, '.pending'), { recursive: true })
    renameSync(join(dir, '.pending'), join(elsewhere, '.pending'))
    toFile(elsewhere).createWriter(testContext(), state)
    expect(contents(elsewhere)).toBe('2\n')
  })

  it.each([
    [null],
    [{ format: 2, owner, counter: 0, parts: [] }],
    [{ format: 1, counter: 0, parts: [] }],
    [{ format: 1, owner: '../..', counter: 0, parts: [] }],
    [{ format: 1, owner, counter: 0, parts: [{ name: '../../etc/passwd', bytes: 1 }] }],
    [{ format: 1, owner, counter: 0, parts: [null] }],
    [[null]],
    [[{ owner, counter: -1, parts: [] }]],
    [[{ owner, counter: 0, parts: [{ name: `${owner.slice(0, -1)}1-1.0-00000000`, bytes: 1 }] }]],
  ])('refuses the state %j', async (state) => {
    const restored = Array.isArray(state) ? stateOf(...state) : state
    const open = () => toFile(temporaryDirectory()).createWriter(testContext(), restored)
    expect((await codeOf(open)).code).toBe('RESTORE_STATE_INCOMPATIBLE')
  })

  it('goes on from state that was written before it could be divided', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    const state = await snapshotOf(writer, 1)
    const resumed = toFile(dir).createWriter(testContext({ attempt: 1 }), { format: 1, ...writersOf(state)[0] })
    expect(contents(dir)).toBe('1\n')
    resumed.write([2])
    expect(writersOf(await snapshotOf(resumed, 2))).toMatchObject([{ owner, counter: 2 }])
  })

  it('makes a savepoint durable also when a later checkpoint has committed its parts meanwhile', async () => {
    const { dir, writer } = opened()
    writer.write([1])
    const { durable } = writer.snapshot(ck(1), 'savepoint')
    await snapshotOf(writer, 2)
    const other = toFile(dir).createWriter(testContext({ subtaskIndex: 1, parallelism: 2 }), undefined)
    await writer.notifyCompleted(ck(2))
    await durable?.()
    await other.close()
    expect(contents(dir)).toBe('1\n')
  })
})
