import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compare } from '../../scripts/soak/corpus.ts'

const run = promisify(execFile)
const soak = ['bin/tidemark-source.js', 'scripts/soak/main.ts']

describe('soak', () => {
  it('loses and repeats nothing when the process is killed with SIGKILL (3 kills, seed 1)', async () => {
    const { stdout } = await run(process.execPath, [...soak, '--kills', '3', '--seed', '1', '--megabytes', '12'])
    expect(stdout).toContain('FINISHED after 3 kills')
    expect(stdout).toContain('records lost: 0, repeated: 0, never expected: 0')
  }, 120_000)

  it('tells what is lost, repeated and strange', () => {
    const expected = new Map([
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ])
    const found = new Map([
      ['a', 2],
      ['c', 1],
      ['d', 3],
    ])
    expect(compare(expected, found)).toEqual({ lost: 2, repeated: 1, strange: 3 })
    expect(compare(expected, expected)).toEqual({ lost: 0, repeated: 0, strange: 0 })
  })
})
