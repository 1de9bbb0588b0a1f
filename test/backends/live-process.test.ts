import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isProcessAlive } from '../../src/backends/live-process.ts'

describe('a process', () => {
  it('is alive until it has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    expect([process.pid, process.ppid, pid].map(isProcessAlive)).toEqual([true, true, false])
  })
})
