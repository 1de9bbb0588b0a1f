import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { printing } from '../../src/cli/printing.ts'
import { turn } from './cli.ts'

/** A pipe whose reader is behind, or gone, when the test says so. */
class Pipe extends EventEmitter {
  readonly lines: string[] = []
  writableNeedDrain = false
  write(text: string): boolean {
    this.lines.push(text)
    return !this.writableNeedDrain
  }
  leave(code = 'EPIPE'): void {
    this.emit('error', Object.assign(new Error(`write ${code}`), { code }))
  }
}

describe('what is long', () => {
  it('is printed line by line', async () => {
    const pipe = new Pipe()
    const code = await printing(pipe, async (print) => {
      await print('a')
      await print()
      return 3
    })
    expect([code, ...pipe.lines]).toEqual([3, 'a\n', '\n'])
  })

  it('waits for a reader that is behind', async () => {
    const pipe = new Pipe()
    pipe.writableNeedDrain = true
    const done = printing(pipe, async (print) => {
      await print('a')
      await print('b')
      return 0
    })
    await turn()
    expect(pipe.lines).toEqual(['a\n'])
    pipe.writableNeedDrain = false
    pipe.emit('drain')
    expect(await done).toBe(0)
    expect(pipe.lines).toEqual(['a\n', 'b\n'])
  })

  it.each([false, true])('ends quietly when the reader has left (while it is waited for: %s)', async (waiting) => {
    const pipe = new Pipe()
    pipe.writableNeedDrain = waiting
    const done = printing(pipe, async (print) => {
      for (let line = 0; ; line++) {
        await print(`${line}`)
        await turn()
      }
    })
    await turn()
    pipe.leave()
    expect(await done).toBe(0)
    const printed = pipe.lines.length
    await turn()
    expect(pipe.lines.length).toBe(printed)
  })

  it('fails for any other reason', async () => {
    const pipe = new Pipe()
    await printing(pipe, async () => 0)
    expect(() => pipe.leave('EIO')).toThrow('write EIO')
    await expect(printing(pipe, async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})
