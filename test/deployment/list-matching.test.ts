import { describe, expect, it } from 'vitest'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import type { OperatorStateMode } from '../../src/core/operator-state.ts'
import {
  isWhole,
  keepsUnkeyed,
  type UnkeyedSource,
  unclaimedLists,
  unkeyedSourcesOf,
} from '../../src/deployment/list-matching.ts'
import { parseStateMapping, resolveMappings } from '../../src/deployment/state-mapping.ts'
import type { JobOperator } from '../../src/graph/job-graph.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { endpoint, operator } from './graphs.ts'
import { listsStored, stored } from './snapshots.ts'

const withLists = (n: number, uid: string, names: readonly string[]): ManifestOperator => ({
  ...listsStored(n, [names.map((name) => ({ name, mode: 'split', items: 1 }))]),
  uid,
})
const declaring = (uid: string, names: readonly string[], more: Partial<OperatorFactory> = {}): JobOperator => {
  const operatorStates = Object.fromEntries(names.map((name) => [name, { mode: 'split' as OperatorStateMode }]))
  return operator(1, { uid, operator: { ...operator(1).operator, operatorStates, ...more } as never })
}

const takes = (target: JobOperator, own: ManifestOperator | undefined, ...texts: readonly string[]) => {
  const others = [withLists(2, 'other', ['x'])]
  const program = [target, { ...declaring('elsewhere', ['a', 'x']), id: others[0]!.id }]
  const { moves, problems: misnamed } = resolveMappings(
    texts.map(parseStateMapping),
    own === undefined ? others : [own, ...others],
    program,
  )
  expect(misnamed).toEqual([])
  const problems: Error[] = []
  const sources = unkeyedSourcesOf(target, own, moves, problems as never)
  return { sources, text: sources.map(textOf), problems: problems.map(({ message }) => message) }
}
const textOf = ({ stored: { uid }, lists }: UnkeyedSource): string =>
  `${uid} ${lists?.map(({ from, to }) => `${from}=${to}`).join(' ') ?? 'all'}`

const rules = withLists(1, 'rules', ['a', 'b'])

describe('without a mapping', () => {
  it('a process function takes the lists that it declares', () => {
    expect(takes(declaring('rules', ['a', 'b', 'new']), rules).text).toEqual(['rules all'])
    expect(takes(declaring('rules', ['b', 'new']), rules).text).toEqual(['rules b=b'])
    expect(takes(declaring('rules', ['constructor']), rules).text).toEqual([])
    expect(takes(declaring('rules', ['a']), undefined).text).toEqual([])
    expect(takes(declaring('rules', ['a']), stored(1, ['k'])).text).toEqual([])
  })

  it('a source or a sink takes all, and so does whoever stands where one value was', () => {
    expect(takes(endpoint(1, { uid: 'rules' }), rules).text).toEqual(['rules all'])
    const whole = stored(1, ['o'], { uid: 'rules' })
    expect([isWhole(whole), isWhole(rules)]).toEqual([true, false])
    expect(takes(endpoint(1, { uid: 'rules' }), whole).text).toEqual(['rules all'])
    expect(takes(declaring('rules', ['a']), whole).text).toEqual(['rules all'])
  })

  it('an operator without state, and one with keys that declares no lists, takes none', () => {
    const reduce = declaring('rules', [], { operatorStates: undefined } as never)
    const stateless = operator(1, { uid: 'rules', operator: mapOperator((x) => x) })
    expect([keepsUnkeyed(reduce), keepsUnkeyed(stateless), keepsUnkeyed(endpoint(1))]).toEqual([false, false, true])
    expect(takes(reduce, rules).sources).toEqual([])
    expect(takes(stateless, rules).sources).toEqual([])
  })
})

describe('with a mapping', () => {
  it('a list gets another name, two change names, and one comes from elsewhere', () => {
    expect(takes(declaring('rules', ['a', 'c']), rules, 'rules/b=rules/c').text).toEqual(['rules a=a b=c'])
    const swapped = takes(declaring('rules', ['a', 'b']), rules, 'rules/a=rules/b', 'rules/b=rules/a')
    expect([swapped.text, swapped.problems]).toEqual([['rules a=b b=a'], []])
    expect(takes(declaring('rules', ['a', 'b', 'x']), rules, 'other/x=rules/x').text).toEqual([
      'rules all',
      'other x=x',
    ])
  })

  it('a list that goes away is not taken, and a source has begun all the same', () => {
    expect(takes(declaring('rules', ['a', 'b']), rules, 'rules/a=elsewhere/a').text).toEqual(['rules b=b'])
    const source = endpoint(1, { uid: 'rules' })
    expect(takes(source, rules, 'rules/a=elsewhere/a', 'rules/b=elsewhere/x').text).toEqual(['rules '])
  })

  it('a list whose name is taken is refused', () => {
    const { text, problems } = takes(declaring('rules', ['a', 'b']), rules, 'other/x=rules/a')
    expect(text).toEqual(['rules all'])
    expect(problems[0]).toContain('operator "op1" (uid "rules") has list "a" of its own in the savepoint')
  })
})

it('what nobody takes is left', () => {
  const left = (...sources: readonly UnkeyedSource[]) => unclaimedLists(rules, sources).map(({ name }) => name)
  expect(left()).toEqual(['a', 'b'])
  expect(left({ stored: withLists(2, 'other', ['a']) })).toEqual(['a', 'b'])
  expect(left({ stored: rules, lists: [{ from: 'a', to: 'x' }] })).toEqual(['b'])
  expect(left({ stored: rules })).toEqual([])
})
