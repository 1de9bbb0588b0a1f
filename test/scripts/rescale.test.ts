import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

it('keeps every kind of state through savepoints at another parallelism, killed in between (1 → 3 → 2, both backends, seed 1)', async () => {
  const script = ['bin/tidemark-source.js', 'scripts/rescale/main.ts']
  const size = ['--seed', '1', '--path', '1,3,2', '--records', '4000']
  const { stdout } = await run(process.execPath, [...script, ...size])
  const outcome = 'FINISHED after 3 kills and 2 savepoints; lines lost: 0, repeated: 0, never expected: 0'
  expect(stdout.split(outcome)).toHaveLength(3)
}, 120_000)
