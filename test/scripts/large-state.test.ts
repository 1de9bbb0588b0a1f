import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { countOf, keyAt, type Load, numberOf, recordsOf } from '../../scripts/large-state/load.ts'

const run = promisify(execFile)

describe('state larger than memory', () => {
  it('is right after a kill, from checkpoints of what has changed (20,000 keys, 1 kill)', async () => {
    const words = ['--keys', '20000', '--kills', '1', '--interval', '50']
    const { stdout } = await run(process.execPath, ['bin/tidemark-source.js', 'scripts/large-state/main.ts', ...words])
    expect(stdout).toContain('SIGKILL at')
    expect(stdout).toContain('FINISHED after 1 kills')
    expect(stdout).toContain('keys: 20,000 of 20,000, wrong counts: 0, records: 24,000 of 24,000')
  })

  it('is compared with counts that a formula gives', () => {
    for (const load of [
      { keys: 1_000, more: 300 },
      { keys: 999, more: 0 },
      { keys: 50, more: 120 },
    ] satisfies Load[]) {
      const counts = new Map<number, number>()
      for (let record = 0; record < recordsOf(load); record++) {
        const number = numberOf(keyAt(load, record))
        counts.set(number, (counts.get(number) ?? 0) + 1)
      }
      expect(counts.size).toBe(load.keys)
      for (const [number, count] of counts) expect(countOf(load, number), `key ${number}`).toBe(count)
    }
  })
})
