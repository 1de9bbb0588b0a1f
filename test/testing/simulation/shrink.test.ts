import { describe, expect, it } from 'vitest'
import { findMutant } from '../../../scripts/simulate/find-mutants.ts'
import { mutants } from '../../../scripts/simulate/mutants.ts'
import { programs } from '../../../scripts/simulate/programs.ts'
import { caseOf, parseCase, printCase } from '../../../src/testing/simulation/saved-case.ts'
import { shrink } from '../../../src/testing/simulation/shrink.ts'
import { simulate } from '../../../src/testing/simulation/simulate.ts'

describe('shrinking', () => {
  it('makes the run of a mutant small, and the small run fails alone', async () => {
    const losing = mutants.find(({ name }) => name.includes('loses'))!
    const { found, disk } = await findMutant(losing, 10, 60)
    expect(found!.choices.length).toBeLessThan(found!.choicesBefore / 4)
    expect(found!.replays).toBeLessThanOrEqual(60)
    const { seed, choices, records } = found!
    const options = { seed, choices, records, disk, rescale: false, twice: false }
    const again = await simulate(programs[losing.program]!, { ...options, mutation: losing.mutation, checkers: [] })
    expect(again.problems.map(({ checker }) => checker)).toContain(found!.checker)
    expect((await simulate(programs[losing.program]!, options)).problems).toEqual([])
    const saved = caseOf(found!, { program: losing.program, mutant: losing.name, disk, rescale: false })
    expect(parseCase(printCase(saved), 'x.json')).toEqual(saved)
  })

  it('has nothing to do for a run that does not fail', async () => {
    const job = programs['keyed-count']!
    const report = await simulate(job, { seed: 1, faults: false, records: 20, twice: false })
    expect(await shrink(job, { seed: 1 }, report)).toBeUndefined()
  })

  it('refuses a file that is no saved run', () => {
    expect(() => parseCase('{}', 'x.json')).toThrow(/x\.json is not a saved run/)
    expect(() => parseCase('no json', 'x.json')).toThrow(/x\.json is not a saved run/)
  })
})
