/**
 * Jobs under faults with the real connectors `toFile` and `toArray` and the real file system, one run per seed; what jobs
 * promise with simulated ones is proven by `simulate.test.ts`. A failing seed is repeated alone with the command in its message; SIM_SEEDS=500
 * tries that many, SIM_FIRST_SEED starts somewhere else.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import { HastyStorages, LosingStorages, type WatchedStorages } from './changed-storages.ts'
import { atLeastOnceProblems, exactlyOnceProblems } from './run-problems.ts'
import { type Counted, type RunOptions, simulate } from './simulated-run.ts'

const firstSeed = Number(process.env.SIM_FIRST_SEED ?? 1)
const seeds = Array.from({ length: Number(process.env.SIM_SEEDS ?? 48) }, (_, i) => firstSeed + i)

/** Faults differ by seed, so that every mixture comes. */
const faultsOf = (seed: number) => ({
  throws: seed % 4,
  deaths: Math.floor(seed / 2) % 3,
  storeFailsOneIn: seed % 3 === 0 ? 8 : 0,
})

const repeat = (name: string, seed: number): string =>
  `repeat with: SIM_FIRST_SEED=${seed} SIM_SEEDS=1 npx vitest run test/sim -t '${name}'`

async function toMemory(options: Omit<RunOptions, 'sink'>) {
  const output: Counted[] = []
  const run = await simulate({ ...options, sink: toArray(output) })
  return { ...run, output }
}

describe('exactly once', () => {
  it.each(seeds.filter((seed) => seed % 12 === 0))('into an array (seed %i)', async (seed) => {
    const { problems, output } = await toMemory({ seed, ...faultsOf(seed) })
    expect([...problems, ...exactlyOnceProblems(output)], repeat('into an array', seed)).toEqual([])
  })

  it.each(seeds.filter((seed) => seed % 4 === 0))('into files, with checkpoints on disk (seed %i)', async (seed) => {
    const dir = mkdtempSync(join(tmpdir(), 'tidemark-sim-'))
    try {
      const out = join(dir, 'out')
      const storage = { kind: 'filesystem', dir: join(dir, 'checkpoints') } as const
      const run = await simulate({ seed, ...faultsOf(seed + 1), storage, sink: toFile(out) })
      const output = readdirSync(out, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .flatMap(({ name }) => readFileSync(join(out, name), 'utf8').split('\n'))
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Counted)
      expect([...run.problems, ...exactlyOnceProblems(output)], repeat('into files', seed)).toEqual([])
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

describe('at least once', () => {
  it.each(seeds.filter((seed) => seed % 4 === 1))(
    'no record is lost, none repeated without a restore (seed %i)',
    async (seed) => {
      const run = await toMemory({ seed, ...faultsOf(seed), mode: 'at-least-once' })
      const problems = [...run.problems, ...atLeastOnceProblems(run.output)]
      expect(problems, repeat('no record is lost', seed)).toEqual([])
      const calm = await toMemory({ seed, throws: 0, deaths: 0, mode: 'at-least-once' })
      expect([...calm.problems, ...exactlyOnceProblems(calm.output)], repeat('no record is lost', seed)).toEqual([])
    },
  )
})

describe('these checks can fail', () => {
  const broken: [string, () => WatchedStorages][] = [
    ['says that it has stored what it has not', () => new HastyStorages()],
    ['loses what a subtask stored', () => new LosingStorages()],
  ]

  it.each(broken)('for a store that %s', async (_, make) => {
    const found: string[] = []
    for (const seed of [1, 2, 3, 5, 7]) {
      const run = await toMemory({ seed, throws: 3, deaths: 2, storages: make() })
      found.push(...run.problems, ...exactlyOnceProblems(run.output))
    }
    expect(found).not.toEqual([])
  })

  it('for alignment that lets records pass', async () => {
    const found: string[] = []
    for (let seed = 1; seed <= 20; seed++) {
      const run = await toMemory({ seed, throws: 4, deaths: 2, mode: 'at-least-once' })
      found.push(...exactlyOnceProblems(run.output))
    }
    expect(found).not.toEqual([])
  })

  it('two seeds are two runs', async () => {
    const hashes = await Promise.all([1, 2].map(async (seed) => (await toMemory({ seed, ...faultsOf(1) })).tapHash))
    expect(new Set(hashes).size).toBe(2)
  })
})
