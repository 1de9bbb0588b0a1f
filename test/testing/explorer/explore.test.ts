/** The search against the obvious one, on random systems. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { explore } from '../../../src/testing/explorer/explore.ts'
import { replay } from '../../../src/testing/explorer/replay.ts'
import { exploreReference } from '../reference-explorer.ts'
import { randomSystem } from './random-systems.ts'

describe('explore', () => {
  it('finds what the obvious explorer finds', () => {
    const seen = { holds: 0, violated: 0, vacuous: 0, large: 0 }
    fc.assert(
      fc.property(randomSystem, ({ model, properties }) => {
        const expected = exploreReference(model, properties, 500)
        fc.pre(expected.states <= 500)
        const report = explore(model, properties)
        seen[report.verdict as 'holds']++
        if (report.states > 50) seen.large++
        expect(report.verdict === 'violated').toBe(expected.problem !== undefined)
        if (expected.problem !== undefined) {
          const { property, path } = report.violation!
          const steps = path.filter((choice) => !choice.startsWith('start'))
          if (property === expected.problem.name) expect(steps.length).toBe(expected.problem.path.length)
          expect(replay(model, properties, path).violation).toEqual(report.violation)
          return
        }
        const { states, transitions, terminals, depth, sometimes } = report
        expect({ states, transitions, terminals, depth }).toEqual({
          states: expected.states,
          transitions: expected.transitions,
          terminals: expected.terminals,
          depth: expected.depth,
        })
        const reached = Object.entries(sometimes).map(([name, length]) => [name, length !== undefined])
        expect(Object.fromEntries(reached)).toEqual(expected.sometimes)
        expect(report.verdict).toBe(Object.values(expected.sometimes).includes(false) ? 'vacuous' : 'holds')
      }),
      { numRuns: 500, seed: 7 },
    )
    expect(Math.min(seen.holds, seen.violated, seen.vacuous, seen.large)).toBeGreaterThan(10)
  })
})
