import { describe, expect, it } from 'vitest'
import { checkedBudget } from '../../../src/testing/explorer/checked-arguments.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'
import type { ExploreLimits, Property, SystemModel } from '../../../src/testing/explorer/system.ts'

interface Count {
  readonly n: number
}

/** Counts to three; each step takes one from `steps` when that is asked for. */
const counter = (more: Partial<SystemModel> = {}, spends?: string): SystemModel => ({
  name: 'counter',
  actors: {
    a: {
      start: { state: { n: 0 }, outputs: [{ type: 'timer.set', name: 't' }] },
      receive: (state) => {
        const { n } = state as Count
        if (n === 3) return { state, outputs: [] }
        const turn = { state: { n: n + 1 }, outputs: [{ type: 'timer.set', name: 't' }] as const }
        return spends === undefined ? turn : { ...turn, spends }
      },
    },
  },
  ...more,
})
const property = (more: object): Property => ({ kind: 'always', name: 'p', of: ['a'], holds: () => true, ...more })
const refusal = (system: SystemModel, properties: readonly Property[], limits: ExploreLimits = {}) => {
  try {
    return explore(system, properties, limits).verdict
  } catch (thrown) {
    return `${(thrown as { code?: string }).code}: ${(thrown as Error).message}`
  }
}

describe('a search that would look at less than its author believes is refused', () => {
  it.each([
    [
      'a kind that is misspelt',
      counter(),
      [property({ kind: 'allways' })],
      {},
      'the kind "allways": expected one of always',
    ],
    ['two properties of one name', counter(), [property({}), property({})], {}, 'Two properties are called "p"'],
    [
      'an answer that is none',
      counter(),
      [property({ holds: () => undefined })],
      {},
      'answered undefined: expected true',
    ],
    [
      'a budget that is no number',
      counter({ budgets: { b: Number.NaN } }),
      [],
      {},
      '"b" of the system "counter" must be',
    ],
    ['a negative budget', counter({ budgets: { b: -1 } }), [], {}, 'whole number from 0, got -1'],
    ['half a budget', counter({ budgets: { b: 1.5 } }), [], {}, 'got 1.5'],
    [
      'an outcome without budget',
      counter({ budgets: { b: 1 } }, 'c'),
      [],
      {},
      'spends "c", which is no budget; there are b',
    ],
    ['a fault without budget', counter({ faults: [{ name: 'f', spends: 'c' }] }), [], {}, 'The fault "f" spends "c"'],
    [
      'a limit that is no number',
      counter(),
      [],
      { maxStates: Number.NaN },
      'maxStates must be a number from 0, got NaN',
    ],
    [
      'a symmetry that is half a swap',
      counter({ symmetries: [{ actors: { a: 'b' }, state: (_, state) => state, message: (message) => message }] }),
      [],
      {},
      'A symmetry puts "b" in the place of "a", but not',
    ],
    ['a negative limit', counter(), [], { maxSeconds: -1 }, 'maxSeconds must be a number from 0, got -1'],
  ] as const)('%s', (_, system, properties, limits, message) => {
    expect(refusal(system, properties, limits)).toContain(message)
    expect(refusal(system, properties, limits)).toMatch(/^ARGUMENT_INVALID/)
  })

  it('and what is right is not', () => {
    expect(checkedBudget(1, 'c', ['b', 'c'])).toBe(1)
    expect(refusal(counter({ budgets: { c: 2 } }, 'c'), [property({})], { maxStates: 9 })).toBe('holds')
  })
})
