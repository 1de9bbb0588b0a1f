/** The bugs that the explorer must find; those of the simulation are in `test/sim/simulate.test.ts`. */
import { describe, expect, it } from 'vitest'
import { exploredMutants, findExplored } from '../../scripts/mutants/find-explored.ts'
import { fateText, unprovoked } from '../../scripts/mutants/mutant-fate.ts'
import { addAction, editChart } from '../../scripts/mutants/mutated-chart.ts'
import { mutants } from '../../scripts/simulate/mutants.ts'
import { pendingMachine } from '../../src/machines/checkpoint-coordinator/pending-machine.ts'
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { trueParts } from '../../src/testing/checkpoint-model/protocol-parts.ts'

describe('a deliberate bug is found by its checker alone', () => {
  it.each(exploredMutants.map((mutant) => [mutant.checker, mutant.name, mutant] as const))(
    '%s: %s',
    (_, __, mutant) => {
      const fate = findExplored(mutant)
      expect(fate.steps, fate.message).toBeGreaterThan(0)
    },
  )
})

describe('the list of mutants', () => {
  it('has one for each checker, and no name twice', () => {
    const all = [...exploredMutants, ...mutants]
    const fates = all.map((mutant) => ({ ...mutant, by: 'explorer', steps: 1, effort: '', message: '' }) as const)
    expect(unprovoked(fates, checkers)).toEqual([])
    expect(unprovoked(fates.slice(1, 2), checkers)).toContain('S1')
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(25)
  })

  it('says of a true copy that it survives', () => {
    const fate = findExplored({ name: 'nothing is broken', checker: 'S3', parts: trueParts, options: { sources: 1 } })
    expect(fate.steps).toBeUndefined()
    expect(fateText(fate)).toMatch(/^SURVIVED {2}S3 {3}nothing is broken/)
    expect(fateText({ ...fate, steps: 3 })).toMatch(/^killed .* in 3 steps/)
  })

  it('refuses to break what is not there', () => {
    const breaking = () =>
      editChart(pendingMachine, (root) => addAction(root, 'storing', 'manifest.stored', 9, 'report'))
    expect(breaking).toThrow('no candidate 9')
  })
})
