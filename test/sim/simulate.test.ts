/**
 * The short form of `npm run simulate`: 48 seeds over all programs, every mutant, and every saved case, for ever. SIM_SEEDS=500
 * tries that many, SIM_FIRST_SEED starts somewhere else.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ArgumentError, readArguments } from '../../scripts/simulate/arguments.ts'
import { findMutant } from '../../scripts/simulate/find-mutants.ts'
import { mutants } from '../../scripts/simulate/mutants.ts'
import { programOf, programs } from '../../scripts/simulate/programs.ts'
import { addTally, countRun, newTally, tallyText } from '../../scripts/simulate/tally.ts'
import { parseCase, simulate } from '../../src/testing/simulation/simulation-exports.ts'

const firstSeed = Number(process.env.SIM_FIRST_SEED ?? 1)
const seeds = Array.from({ length: Number(process.env.SIM_SEEDS ?? 48) }, (_, i) => firstSeed + i)
const whole = newTally()

describe('jobs under faults', () => {
  it.each(seeds)('keep every promise, the same each time (seed %i)', async (seed) => {
    const program = programOf(seed)
    const report = await simulate(programs[program]!, { seed })
    const tally = newTally()
    countRun(tally, program, report)
    addTally(whole, tally)
    const repeat = `repeat with: npm run simulate -- --first ${seed} --seeds 1 --program ${program} --strategy ${report.strategy}`
    expect(report.problems, repeat).toEqual([])
  })

  it('are hit by every kind of fault and do all that they can', () => {
    expect(Object.keys(whole.faults).length).toBeGreaterThanOrEqual(14)
    expect(whole.numbers.restores).toBeGreaterThan(10)
    expect(whole.numbers.deaths).toBeGreaterThan(10)
    expect(whole.numbers.rescaled).toBeGreaterThan(5)
    expect(whole.numbers.savepoints).toBeGreaterThan(10)
    expect(tallyText(whole, 1)).toContain(`${seeds.length} seeds`)
  })
})

describe('a deliberate bug is found', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s', async (_, mutant) => {
    const { found } = await findMutant(mutant, 40, 12)
    expect(found, 'it survived').toBeDefined()
  })
})

const dir = new URL('./cases/', import.meta.url).pathname

describe('saved cases', () => {
  const cases = readdirSync(dir).filter((file) => file.endsWith('.json'))

  it.each(cases)('%s', async (file) => {
    const saved = parseCase(readFileSync(join(dir, file), 'utf8'), file)
    const { seed, choices, records, disk, rescale = false } = saved
    const options = { seed, choices, records, disk, rescale, twice: false }
    const mutant = mutants.find(({ name }) => name === saved.mutant)
    const job = programs[saved.program]!
    if (saved.mutant !== null) {
      expect(mutant, `there is no mutant "${saved.mutant}" any more`).toBeDefined()
      const { problems } = await simulate(job, { ...options, mutation: mutant!.mutation })
      expect(problems, 'the mutant is no longer found').not.toEqual([])
    }
    expect((await simulate(job, options)).problems).toEqual([])
  })
})

describe('the command line', () => {
  it('has defaults, and says in one sentence what is wrong', () => {
    expect(readArguments([], 2)).toMatchObject({
      seeds: 200,
      first: 1,
      strategy: 'portfolio',
      workers: 2,
      mutants: true,
    })
    for (const words of [['--seeds', 'many'], ['--strategy', 'luck'], ['--program', 'none'], ['--what']]) {
      expect(() => readArguments(words, 2)).toThrow(ArgumentError)
    }
  })
})
