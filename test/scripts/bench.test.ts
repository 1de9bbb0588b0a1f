import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

it('the benchmarks run, check their results, and give a row and a ratio each (smoke size)', async () => {
  const args = ['--size', 'smoke', '--runs', '1', '--json', '--only']
  const measure = async (only: string) => {
    const { stdout } = await run(process.execPath, ['bin/tidemark-source.js', 'bench/main.ts', ...args, only])
    return JSON.parse(stdout)
  }
  const [counts, barriers] = await Promise.all([measure('tidemark'), measure('barriers-4')])
  expect(counts.rows.map(({ name }: { name: string }) => name)).toEqual([
    'tidemark',
    'tidemark+checkpoints',
    'tidemark-shuffled',
  ])
  for (const { median } of [...counts.rows, ...barriers.rows]) expect(median).toBeGreaterThan(0)
  expect(counts.ratios).toMatchObject([{ what: 'tidemark+checkpoints / tidemark' }])
  expect(barriers.rows).toMatchObject([{ name: 'barriers-4', unit: 'ms' }])
}, 120_000)
