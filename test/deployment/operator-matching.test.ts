import { describe, expect, it } from 'vitest'
import type { ManifestOperator, StoredState } from '../../src/backends/manifest.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import type { OperatorStateMode } from '../../src/core/operator-state.ts'
import { droppedText, type Matching, matchOperators } from '../../src/deployment/operator-matching.ts'
import { parseStateMapping } from '../../src/deployment/state-mapping.ts'
import type { JobOperator } from '../../src/graph/job-graph.ts'
import { reduceOperator } from '../../src/operators/process.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { endpoint, graph, hex, keyedOperator, operator, vertex } from './graphs.ts'
import { handle, keyedHandle, listsStored, stored } from './snapshots.ts'

/** A stored operator with keyed states of these names; `timers` names its timers. */
const withStates = (n: number, uid: string, names: readonly string[], more: Partial<ManifestOperator> = {}) => {
  const states = names.map((name): StoredState => ({ name, kind: name === 'timers' ? 'timers' : 'value' }))
  const [subtask] = stored(n, ['k']).subtasks
  return stored(n, ['k'], {
    uid,
    name: uid,
    subtasks: [{ ...subtask!, keyed: [{ ...keyedHandle(`${uid}-k`), states }] }],
    ...more,
  })
}

const list = (name: string, mode: OperatorStateMode) => ({ name, mode, items: 1 })

const match = (operators: readonly JobOperator[], snapshot: readonly ManifestOperator[], ...texts: readonly string[]) =>
  matchOperators(
    graph(operators.map((one, n) => vertex(100 + n, 1, { operators: [one] }))),
    snapshot,
    texts.map(parseStateMapping),
  )

/** `count<count s=t` for each source of each operator. */
const taken = ({ keyed }: Matching): readonly string[] =>
  [...keyed].flatMap(([id, sources]) =>
    sources.map(
      ({ stored, states }) =>
        `${Number(`0x${id}`)}<${stored.uid} ${states?.map(({ from, to }) => `${from}=${to}`).join(' ') ?? 'all'}`,
    ),
  )
const lost = ({ unclaimed }: Matching): readonly string[] =>
  unclaimed.map(({ stored, states, lists, unkeyed }) =>
    [stored.uid, ...[...states, ...lists].map(({ name }) => name), ...(unkeyed ? ['rest'] : [])].join(' '),
  )

describe('without a mapping', () => {
  it('an operator takes all that is stored under its id', () => {
    const found = match([keyedOperator(1, ['a', 'b'])], [withStates(1, 'one', ['a', 'b', 'timers'])])
    expect([taken(found), lost(found), found.problems]).toEqual([['1<one all'], [], []])
  })

  it('the id of setUidHash wins where it is stored', () => {
    const repaired = keyedOperator(1, ['a'], { alternativeId: hex(7) as OperatorId })
    const found = match([repaired], [withStates(1, 'one', ['a']), withStates(7, 'seven', ['a'])])
    expect([taken(found), lost(found)]).toEqual([['1<seven all'], ['one a']])
  })

  it('what an operator does not declare any more is left, and a new state is no matter', () => {
    const found = match([keyedOperator(1, ['b', 'new'])], [withStates(1, 'one', ['a', 'b', 'timers'])])
    expect([taken(found), lost(found)]).toEqual([['1<one b=b timers=timers'], ['one a']])
    expect(droppedText(found.unclaimed[0]!)).toBe(
      `The state of operator "one" (uid "one") is dropped: operator "op1" (no uid, id ${hex(1)}) of the program does not keep it. ` +
        'It is "a" (value).',
    )
  })

  it('nor a list that it does not declare', () => {
    const lists = [list('a', 'union'), list('b', 'split')]
    const snapshot = [{ ...listsStored(1, [lists]), uid: 'one', name: 'one' }]
    const operatorStates = { b: { mode: 'split' } }
    const declaring = operator(1, { operator: { ...operator(1).operator, operatorStates } as never })
    const found = match([declaring], snapshot)
    expect([lost(found), found.unkeyed.get(declaring.id)]).toEqual([
      ['one a'],
      [{ stored: snapshot[0], lists: [{ from: 'b', to: 'b' }] }],
    ])
    expect(droppedText(found.unclaimed[0]!)).toContain('It is "a" (union list).')
    expect(lost(match([operator(2)], snapshot))).toEqual(['one a b'])
    expect(lost(match([endpoint(1)], snapshot))).toEqual([])
  })

  it('what an operator declares nothing about is taken as it is', () => {
    expect(taken(match([operator(1)], [withStates(1, 'one', ['a'])]))).toEqual(['1<one all'])
  })

  it('an operator without keys, or without state, leaves what it cannot keep', () => {
    const unkeyed = operator(1, { operator: { ...operator(1).operator, keyed: false } as never })
    const both = withStates(1, 'one', ['a'])
    const [subtask] = both.subtasks
    const snapshot = [{ ...both, subtasks: [{ ...subtask!, operator: handle('o') }] }]
    expect(lost(match([unkeyed], snapshot))).toEqual(['one a'])
    expect(lost(match([operator(1, { operator: mapOperator((x) => x) })], snapshot))).toEqual(['one a rest'])
    expect(lost(match([operator(2)], snapshot))).toEqual(['one a rest'])
    const reduce = operator(1, { operator: reduceOperator((a: number) => a) })
    expect(lost(match([reduce], snapshot))).toEqual(['one a rest'])
  })

  it('records on their way go with whoever stands in the place, state or not', () => {
    const [subtask] = stored(1, ['']).subtasks
    const inFlight = [{ ...handle('c'), gate: 0, input: 0 as const, from: 0 }]
    const snapshot = [stored(1, [''], { subtasks: [{ ...subtask!, inFlight }] })]
    expect(lost(match([operator(1, { operator: mapOperator((x) => x) })], snapshot))).toEqual([])
    expect(lost(match([operator(2)], snapshot))).toHaveLength(1)
  })
})

describe('with a mapping', () => {
  const count = withStates(1, 'count', ['a', 'b', 'timers'])
  const sums = withStates(2, 'sums', ['s'])

  it('all of an operator goes to another, with its place', () => {
    const found = match([keyedOperator(5, ['a', 'b'], { uid: 'new' })], [count], 'count=new')
    expect([taken(found), lost(found), found.matched.get(hex(5) as OperatorId)]).toEqual([['5<count all'], [], count])
  })

  it('and leaves an operator that has the old name with nothing', () => {
    const program = [keyedOperator(1, ['a'], { uid: 'count' }), keyedOperator(5, ['a', 'b'], { uid: 'new' })]
    const found = match(program, [count], 'count=new')
    expect([taken(found), lost(found), found.matched.size]).toEqual([['5<count all'], [], 1])
  })

  it('two operators change places', () => {
    const program = [keyedOperator(1, ['s'], { uid: 'count' }), keyedOperator(2, ['a', 'b'], { uid: 'sums' })]
    const found = match(program, [count, sums], 'count=sums', 'sums=count')
    expect([taken(found), lost(found), found.problems]).toEqual([['1<sums all', '2<count all'], [], []])
  })

  it('a state gets another name, and the others stay', () => {
    const found = match([keyedOperator(1, ['c', 'b'], { uid: 'count' })], [count], 'count/a=count/c')
    expect([taken(found), lost(found)]).toEqual([['1<count b=b timers=timers a=c'], []])
  })

  it('two states change names', () => {
    const found = match([keyedOperator(1, ['a', 'b'], { uid: 'count' })], [count], 'count/a=count/b', 'count/b=count/a')
    expect([taken(found), found.problems]).toEqual([['1<count timers=timers a=b b=a'], []])
  })

  it("a state goes to another operator beside that one's own", () => {
    const program = [keyedOperator(1, ['b'], { uid: 'count' }), keyedOperator(2, ['s', 't'], { uid: 'sums' })]
    const found = match(program, [count, sums], 'count/a=sums/t')
    expect([taken(found), lost(found)]).toEqual([['1<count b=b timers=timers', '2<sums all', '2<count a=t'], []])
  })

  it('a state is taken from an operator that is gone, and the rest of it is left', () => {
    const found = match([keyedOperator(2, ['s', 't'], { uid: 'sums' })], [count, sums], 'count/a=sums/t')
    expect([taken(found), lost(found)]).toEqual([['2<sums all', '2<count a=t'], ['count b timers']])
  })

  it.each([
    ['count=sums', 'operator "op2" (uid "sums") has state of its own in the savepoint'],
    ['count/a=sums/s', 'operator "op2" (uid "sums") has state "s" of its own in the savepoint'],
  ])('%s is refused, because the target has state of its own', (text, why) => {
    const { problems } = match([keyedOperator(2, ['s'], { uid: 'sums' })], [count, sums], text)
    expect(problems.map(({ code, message }) => [code, message.includes(why)])).toEqual([
      ['STATE_MAPPING_INVALID', true],
    ])
  })

  it('a target whose own place holds nothing is free', () => {
    const { problems } = match([keyedOperator(2, ['a', 'b'], { uid: 'sums' })], [count, stored(2, ['f'])], 'count=sums')
    expect(problems).toEqual([])
  })
})
