import { expect, it } from 'vitest'
import { isOwnState, otherContents } from '../../src/deployment/own-states.ts'
import { unmatched } from '../../src/deployment/state-assignment.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { graph, keyedOperator, operator } from './graphs.ts'
import { stored } from './snapshots.ts'

const describeState = (name: string) => (name.startsWith('own-') ? `what is ${name.slice(4)}` : undefined)
const plain = keyedOperator(1, ['own-new', 'count'])
const heir = operator(1, { operator: { ...(plain.operator as OperatorFactory), describeState } as OperatorFactory })
const named = (...names: readonly string[]) => names.map((name) => ({ name, kind: 'map' as const }))

it('says what is stored and what the program keeps, of states that an operator keeps for itself', () => {
  expect(otherContents(heir, named('own-old', 'total'))).toBe('stored are what is old; the program keeps what is new')
  expect(otherContents(heir, named('total'))).toBeUndefined()
  expect(otherContents(plain, named('own-old'))).toBeUndefined()
  expect([isOwnState(heir, { name: 'own-old' }), isOwnState(heir, { name: 'total' })]).toEqual([true, false])
})

it('is part of the refusal, which names mappings for other states only', () => {
  const refusal = (...names: readonly string[]) => {
    const unclaimed = { stored: stored(1, ['k']), heir, states: named(...names), lists: [], unkeyed: false }
    return unmatched(unclaimed, graph([]), '/sp').message
  }
  expect(refusal('own-old')).toMatch(
    /keep: stored are what is old; the program keeps what is new\. Either let it compute what it computed before, or begin anew/,
  )
  expect(refusal('own-old', 'total')).toMatch(
    /"own-old", "total" .* keep: stored are what is old; .* Either declare it there, move it with --map-state, or drop/,
  )
  expect(refusal('total')).toMatch(/does not keep\. Either declare it there/)
})
