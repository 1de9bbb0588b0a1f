/** What was foretold and what was found, against what a restore must come to. */
import { expect } from 'vitest'
import type { RestorePlan } from '../../../src/deployment/restore-plan.ts'
import { comparable, isEven } from './expected-lists.ts'
import type { ExpectedOperator, ExpectedRestore } from './expected-restore.ts'
import type { KeptOperator } from './kept-state.ts'

export function comparePlan(plan: RestorePlan, expected: ExpectedRestore): void {
  if (expected.codes.includes('STATE_MAPPING_INVALID')) {
    // Nobody knows what was meant, so nothing else is held against it.
    expect(plan).toMatchObject({ verdict: 'impossible', starts: false })
    expect(plan.problems[0]?.code).toBe('STATE_MAPPING_INVALID')
    return
  }
  const codes = [...new Set(plan.problems.map(({ code }) => code))].toSorted()
  expect({ verdict: plan.verdict, starts: plan.starts, codes }).toEqual({
    verdict: expected.verdict,
    starts: expected.codes.length === 0,
    codes: expected.codes,
  })
  const stateNames = (states: RestorePlan['operators'][number]['states']) =>
    states.map(({ name, kind, outcome }) => `${name} ${kind} ${outcome}`).toSorted()
  expect(
    plan.operators.map(({ id, outcome, bytes, states }) => ({ id, outcome, bytes, states: stateNames(states) })),
  ).toEqual([
    ...expected.operators.map(({ operator: { id }, outcome, bytes, states }) => ({ id, outcome, bytes, states })),
    ...expected.dropped.map((dropped) => ({ ...dropped, outcome: 'dropped' })),
  ])
}

/** Before any record has come. */
export function compareKept(kept: readonly KeptOperator[], { operators }: ExpectedRestore): void {
  expect(kept.map(({ id }) => id).toSorted()).toEqual(operators.map(({ operator }) => operator.id as string).toSorted())
  for (const expected of operators) compareOperator(kept.find(({ id }) => id === expected.operator.id)!, expected)
}

function compareOperator(found: KeptOperator, expected: ExpectedOperator): void {
  const { operator, maxParallelism, dealt } = expected
  const lists = (of: Pick<KeptOperator, 'lists'>) =>
    [...of.lists]
      .filter(([, { parts }]) => parts.flat().length > 0)
      .map(([name, list]) => [name, comparable(list, dealt.has(name))])
  const filled = (states: KeptOperator['states']) => [...states].filter(([, { entries }]) => entries.size > 0)
  expect({
    parallelism: found.parallelism,
    keyed: new Map(filled(found.states)),
    timers: found.timers ?? new Map(),
    lists: new Map(lists(found) as never),
    whole: found.whole,
  }).toEqual({
    parallelism: operator.parallelism,
    keyed: new Map(filled(expected.keyed)),
    timers: expected.timers ?? new Map(),
    lists: new Map(lists(expected) as never),
    whole: expected.whole,
  })
  if (found.states.size > 0 || found.timers !== undefined) expect(found.maxParallelism).toBe(maxParallelism)
  for (const [name, list] of found.lists) {
    if (dealt.has(name) && list.mode === 'split') expect(isEven(list)).toBe(true)
  }
}
