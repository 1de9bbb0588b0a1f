/** Systems whose answers are known. */
import { describe, expect, it } from 'vitest'
import { explore } from '../../../src/testing/explorer/explore.ts'
import { replay } from '../../../src/testing/explorer/replay.ts'
import type { Symmetry } from '../../../src/testing/explorer/system.ts'
import { exploreReference } from '../reference-explorer.ts'
import { bothCount, lostUpdate } from './lost-update.ts'
import { everyoneEats, philosophers } from './philosophers.ts'
import { agreement, managerSwaps, twoPhaseCommit } from './two-phase-commit.ts'

/**
 * Undecided: each manager works, or its yes is on its way or has come, or its no is on its way, but not all have come.
 * Committed: each manager has been told or not. Aborted: with the order on its way, a manager is in one of five
 * conditions, without it in one of three, and somewhere a no has come, which two of these eight allow.
 */
const statesOfTwoPhaseCommit = (n: number) => 4 ** n - 1 + 2 ** n + (8 ** n - 6 ** n)

describe('two-phase commit', () => {
  it.each([1, 2, 3, 4])('holds with %i resource managers, in as many states as there must be', (managers) => {
    const { depth, sometimes, states, terminals, verdict } = explore(twoPhaseCommit(managers), agreement(managers))
    expect({ depth, sometimes, states, terminals, verdict }).toEqual({
      verdict: 'holds',
      states: statesOfTwoPhaseCommit(managers),
      // Each decides, answers, and hears what is decided.
      depth: 3 * managers,
      terminals: 2,
      sometimes: { commits: 2 * managers + 1, aborts: 1 },
    })
  })

  it('does not hold when one prepared manager is enough', () => {
    const { verdict, violation } = explore(twoPhaseCommit(3, true), agreement(3))
    expect(verdict).toBe('violated')
    expect(violation).toMatchObject({ property: 'managers agree', message: 'does not hold' })
    // One says yes and is believed, another says no.
    expect(violation?.path).toHaveLength(4)
  })

  it('holds with symmetry, in fewer states', () => {
    const system = { ...twoPhaseCommit(4), symmetries: managerSwaps(4) }
    const report = explore(system, agreement(4))
    expect(report).toMatchObject({ verdict: 'holds', depth: 12, sometimes: { commits: 9, aborts: 1 } })
    expect(report.states).toBeLessThan(statesOfTwoPhaseCommit(4) / 8)
  })

  it('needs only the swaps of neighbours', () => {
    const states = (symmetries: readonly Symmetry[]) =>
      explore({ ...twoPhaseCommit(4), symmetries }, agreement(4)).states
    const isOfNeighbours = ({ actors }: Symmetry) => {
      const [one, other] = Object.keys(actors).map((name) => Number(name.slice(2)))
      return other! - one! === 1
    }
    expect(states(managerSwaps(4).filter(isOfNeighbours))).toBe(states(managerSwaps(4)))
  })

  it('does not hold with symmetry either, and the path is a real one', () => {
    const properties = agreement(3)
    const broken = { ...twoPhaseCommit(3, true), symmetries: managerSwaps(3) }
    const { violation } = explore(broken, properties)
    expect(violation).toMatchObject({ property: 'managers agree' })
    expect(violation?.path).toHaveLength(4)
    expect(replay(broken, properties, violation!.path).violation).toEqual(violation)
  })
})

describe('dining philosophers', () => {
  it.each([2, 3, 4])('%i of them starve when each has the fork on the left, which takes two steps each', (count) => {
    const { violation } = explore(philosophers(count), everyoneEats(count))
    expect(violation).toMatchObject({ property: 'everyone has eaten', message: 'does not hold at the end' })
    expect(violation?.path).toHaveLength(2 * count)
    expect(exploreReference(philosophers(count), everyoneEats(count)).problem?.path).toHaveLength(2 * count)
  })

  it.each([2, 3, 4])('%i of them eat when one is polite', (count) => {
    expect(explore(philosophers(count, true), everyoneEats(count), { livelocks: true })).toMatchObject({
      verdict: 'holds',
      terminals: 1,
    })
  })
})

describe('a lost update', () => {
  it('is found, with all ten steps of the two clients', () => {
    const { violation } = explore(lostUpdate(), bothCount)
    expect(violation).toMatchObject({ property: 'both have counted', message: 'it is 1' })
    expect(violation?.path).toHaveLength(10)
    expect(replay(lostUpdate(), bothCount, violation!.path).violation).toEqual(violation)
  })

  it('cannot happen when writes are compared', () => {
    expect(explore(lostUpdate(true), bothCount, { livelocks: true }).verdict).toBe('holds')
  })
})
