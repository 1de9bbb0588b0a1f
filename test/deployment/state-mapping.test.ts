import { describe, expect, it } from 'vitest'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import {
  keyedStatesOf,
  listsOf,
  mappingName,
  mappingText,
  parseStateMapping,
  resolveMappings,
} from '../../src/deployment/state-mapping.ts'
import { hex, keyedOperator, operator } from './graphs.ts'
import { keyedHandle, listsStored, refusalOf, stored } from './snapshots.ts'

const count = stored(1, ['k'], { uid: 'count', name: 'counter' })
const odd = stored(2, ['k'], { uid: 'a/b=c%', name: 'odd' })
const program = [
  keyedOperator(5, ['sum'], { uid: 'sums', name: 'summer' }),
  keyedOperator(6, ['s'], { uid: 'x/y' }),
  operator(7, { uid: 'plain', operator: { ...operator(7).operator, keyed: false } as never }),
]
const resolve = (texts: readonly string[], operators: readonly ManifestOperator[] = [count, odd]) =>
  resolveMappings(texts.map(parseStateMapping), operators, program)
const problem = (...texts: readonly string[]) => {
  const { problems } = resolve(texts)
  expect(problems.map(({ code }) => code)).toEqual(['STATE_MAPPING_INVALID'])
  return problems[0]!.message
}

describe('the text of a state mapping', () => {
  it.each(['a=b', 'a/s=b/t', 'a%2Fb=c%3dd', `${hex(1)}=b`])('%s is read and written again', (text) => {
    expect(mappingText(parseStateMapping(text))).toBe(text)
  })

  it.each(['', 'a', '=', 'a=', '=b', 'a=b=c', 'a/s=b', 'a=b/t', 'a/=b/t', '/s=b/t', 'a/s/u=b/t', 'a//s=b/t'])(
    '%j is malformed',
    (text) => {
      const error = refusalOf(() => parseStateMapping(text))
      expect(error.code).toBe('STATE_MAPPING_INVALID')
      expect(error.message).toContain(`"${text}" is malformed`)
      expect(error.message).toContain('%2F')
    },
  )

  it('escapes what separates, and nothing else', () => {
    expect(mappingName('a/b=c%2F d')).toBe('a%2Fb%3Dc%252F d')
    const { moves } = resolve([`${mappingName('a/b=c%')}=x%2fy`])
    expect(moves).toMatchObject([{ type: 'operator', stored: { name: 'odd' }, target: { uid: 'x/y' } }])
  })
})

describe('what a state mapping names', () => {
  it('is found by uid, else by id, on both sides', () => {
    const { moves, problems } = resolve(['count=sums', `${hex(2)}/s=${hex(6)}/s`])
    expect(problems).toEqual([])
    expect(moves).toMatchObject([
      { type: 'operator', stored: { uid: 'count' }, target: { uid: 'sums' } },
      { type: 'state', stored: { name: 'odd' }, state: 's', target: { uid: 'x/y' }, name: 's' },
    ])
  })

  it('must be there: the savepoint and the program are told, with what was meant', () => {
    expect(problem('coun=sums')).toContain(
      'the savepoint has no operator "coun" (did you mean "count"?); it has "counter" (uid "count"), "odd"',
    )
    expect(problem('count=sum')).toContain('the program has no operator "sum" (did you mean "sums"?)')
    expect(problem('count/total=sums/sum')).toContain(
      'operator "counter" (uid "count") of the savepoint has no keyed state "total"; it has "s"',
    )
    expect(problem('count/s=sums/sun')).toContain(
      'operator "summer" (uid "sums") of the program has no keyed state "sun" (did you mean "sum"?); it has "sum"',
    )
  })

  it('is a state of an operator with keys', () => {
    expect(problem('count/s=plain/s')).toContain('"op7" (uid "plain") of the program has no keyed state')
  })

  it('is a list where the savepoint has one: of two of a name the one that the program declares', () => {
    const lists = (uid: string, operatorStates: object, states: object = {}) =>
      operator(8, { uid, operator: { ...operator(8).operator, states, operatorStates } as never })
    const [both] = [{ ...listsStored(1, [[{ name: 's', mode: 'split', items: 1 }]]), uid: 'count', name: 'counter' }]
    const keyed = { ...both, subtasks: both.subtasks.map((one) => ({ ...one, keyed: [keyedHandle('k')] })) }
    const found = (text: string, target: ReturnType<typeof lists>, from: ManifestOperator = both) => {
      const { moves, problems } = resolveMappings([parseStateMapping(text)], [from], [target])
      return problems[0]?.message ?? moves[0]!.type
    }
    expect(found('count/s=rules/s', lists('rules', { s: { mode: 'split' } }))).toBe('list')
    expect(found('count/s=rules/s', lists('rules', { s: { mode: 'split' } }), keyed)).toBe('list')
    expect(found('count/s=rules/s', lists('rules', {}, { s: {} }), keyed)).toBe('state')
    expect(found('count/s=rules/s', lists('rules', {}, { s: {} }))).toContain(
      '(uid "rules") of the program has no list',
    )
    expect(found('count/s=rules/t', lists('rules', { s: { mode: 'split' } }))).toContain(
      'has no list "t" (did you mean "s"?)',
    )
    expect(found('count/t=rules/s', lists('rules', {}))).toContain('of the savepoint has no state "t"')
  })

  it('may not be a state that no program declares: timers go with their operator', () => {
    const [subtask] = count.subtasks
    const timers = { ...keyedHandle('t'), states: [{ name: 'processing-time', kind: 'timers' as const }] }
    const { problems } = resolve(
      ['count/processing-time=sums/sum'],
      [{ ...count, subtasks: [{ ...subtask!, keyed: [timers] }] }],
    )
    expect(problems[0]?.message).toContain('has no keyed state "processing-time"; it has none')
  })

  it('goes to one place, and one place takes one state: each mistake is told', () => {
    expect(problem('count=sums', 'count=x%2Fy')).toContain('"count=sums" moves the same state')
    expect(problem('count/s=sums/sum', 'a%2Fb%3Dc%25/s=sums/sum')).toContain(
      '"count/s=sums/sum" gives its target the state of another',
    )
    const { moves, problems } = resolve(['none=sums', 'count=nowhere', 'count=sums'])
    expect([moves.length, problems.length]).toEqual([1, 2])
  })
})

it('lists are counted over all subtasks', () => {
  const list = (name: string, items: number) => ({ name, mode: 'split', items }) as const
  const lists = listsStored(1, [[list('files', 2), list('all', 1)], [list('files', 3)]])
  expect(listsOf(lists)).toEqual([list('files', 5), list('all', 1)])
  expect(listsOf(stored(1, ['o', 'k']))).toEqual([])
})

it('the states of an operator are those that any subtask has written, once each', () => {
  const [first, second] = stored(1, ['k', 'k']).subtasks
  const more = {
    ...keyedHandle('m'),
    states: [
      { name: 's', kind: 'value' as const },
      { name: 't', kind: 'list' as const },
    ],
  }
  const operators = { ...count, subtasks: [first!, { ...second!, keyed: [more, keyedHandle('n')] }] }
  expect(keyedStatesOf(operators).map(({ name, kind }) => `${name} ${kind}`)).toEqual(['s value', 't list'])
})
