import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  checkRoom,
  makeScratchDirectory,
  prepareScratch,
  removeScratchDirectory,
} from '../../../src/backends/lmdb/scratch-directory.ts'
import { temporaryDir } from '../temporary.ts'

const gonePid = (): number => spawnSync(process.execPath, ['--version']).pid

describe('a scratch directory', () => {
  it('is empty, of its own, and named after host and process', () => {
    const dir = join(temporaryDir(), 'not', 'yet')
    prepareScratch(dir)
    const made = [makeScratchDirectory(dir), makeScratchDirectory(dir)]
    expect(readdirSync(dir).length).toBe(2)
    for (const path of made) {
      expect(path).toContain(`tidemark-scratch.${hostname()}.${process.pid}.`)
      expect(readdirSync(path)).toEqual([])
      removeScratchDirectory(path)
    }
    expect(readdirSync(dir)).toEqual([])
  })

  it('is removed by the next process when its own is gone, and nothing else is', () => {
    const dir = temporaryDir()
    const mine = makeScratchDirectory(dir)
    const [pid, start] = mine.split('.').slice(-3)
    const names = {
      gone: `tidemark-scratch.${hostname()}.${gonePid()}.1.abc`,
      reused: `tidemark-scratch.${hostname()}.${pid}.${Number(start) + 1}.abc`,
      elsewhere: `tidemark-scratch.another-host.${gonePid()}.1.abc`,
      other: 'data',
      odd: `tidemark-scratch.${hostname()}.x.1.abc`,
    }
    for (const name of Object.values(names)) {
      mkdirSync(join(dir, name))
      writeFileSync(join(dir, name, 'file'), 'x')
    }
    prepareScratch(dir)
    const left = Object.keys(names).filter((name) => existsSync(join(dir, names[name as keyof typeof names])))
    // Only Linux says when a process has begun.
    const known = existsSync(`/proc/${process.pid}/stat`)
    expect(left).toEqual(known ? ['elsewhere', 'other', 'odd'] : ['reused', 'elsewhere', 'other', 'odd'])
    expect(existsSync(mine)).toBe(true)
  })

  it('cannot be made where a file is, and says so', () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, 'x')
    expect(() => prepareScratch(join(file, 'dir'))).toThrow(
      expect.objectContaining({ code: 'DIRECTORY_NOT_WRITABLE', message: expect.stringContaining(file) }),
    )
    expect(readFileSync(file, 'utf8')).toBe('x')
  })

  it('is made with those above it, and is not tried for ever where none can be made', () => {
    const dir = join(temporaryDir(), 'a', 'b', 'c')
    prepareScratch(dir)
    expect(existsSync(dir)).toBe(true)
    if (!existsSync('/proc/self')) return
    expect(() => prepareScratch('/proc/nope/state')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('/proc/nope/state') }),
    )
  })

  it('has room', () => {
    expect(() => checkRoom(temporaryDir())).not.toThrow()
  })
})
