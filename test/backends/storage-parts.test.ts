import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newerOf } from '../../src/backends/checkpoint-rules.ts'
import { writeWhole } from '../../src/backends/durable-files.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { KeyedLock } from '../../src/backends/keyed-lock.ts'
import { SegmentLog } from '../../src/backends/state-segments.ts'
import { temporaryDir } from './temporary.ts'

describe('parts of the storages', () => {
  it('the lock runs what belongs to one key in order, and goes on after a failure', async () => {
    const lock = new KeyedLock()
    const order: string[] = []
    const step = (name: string) => async () => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      if (name === 'a') throw new Error('a')
    }
    const first = lock.run('k', step('a'))
    const second = lock.run('k', step('b'))
    await expect(first).rejects.toThrow('a')
    await second
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('a whole file replaces another, or the other stays', async () => {
    const dir = temporaryDir()
    const path = join(dir, 'a')
    await writeWhole(nodeFileSystem, { path, text: 'one', writer: 1 })
    const refuse = async () => {
      throw new Error('no')
    }
    await expect(writeWhole(nodeFileSystem, { path, text: 'two', writer: 1, beforeRename: refuse })).rejects.toThrow(
      'no',
    )
    expect(readFileSync(path, 'utf8')).toBe('one')
    await writeWhole(nodeFileSystem, { path, text: 'two', writer: 1 })
    expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['two', ['a']])
  })

  it('segments are used in order', () => {
    const log = new SegmentLog('x')
    expect(() => log.append(Buffer.from('x'))).toThrow(/outside a segment/)
    expect(() => log.end()).toThrow(/not begun/)
    log.begin()
    expect(() => log.begin()).toThrow(/within another/)
  })

  it('the newer of two snapshots is that of the higher id, or the later job', () => {
    const of = (id: number, timestamp: number, job = 'a') =>
      ({ manifest: { checkpointId: id, timestamp, job: { id: job } } }) as unknown as Parameters<typeof newerOf>[1]
    expect(newerOf(of(1, 9), of(2, 5)).manifest.checkpointId).toBe(2)
    expect(newerOf(of(7, 9, 'b'), of(2, 5)).manifest.checkpointId).toBe(7)
    expect(newerOf(undefined, of(2, 5)).manifest.checkpointId).toBe(2)
  })
})
