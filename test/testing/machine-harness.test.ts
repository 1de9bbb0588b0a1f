import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { effect } from '../../src/machines/step.ts'
import { canonical, matches } from '../../src/testing/canonical.ts'
import {
  CheckFailed,
  machineSystem,
  memoised,
  type Row,
  type System,
  stateName,
} from '../../src/testing/machine-system.ts'
import { tableTest } from '../../src/testing/machine-table.ts'
import { type Invariant, walk } from '../../src/testing/machine-walk.ts'

type Event = { type: 'coin' | 'push' | 'kick' } | { type: 'timer.fired'; name: string }
type Effect =
  | { type: 'open'; params: { coins: number } }
  | { type: 'report'; params: { event: string } }
  | { type: 'timer.set'; params: { name: string; delayMs: number } }
  | { type: 'timer.clear'; params: { name: string } }

const turnstile = setup({
  types: { context: {} as { coins: number }, events: {} as Event },
  actions: {
    count: assign({ coins: ({ context }) => context.coins + 1 }),
    open: effect<{ coins: number }>(),
    report: effect<{ event: string }>(),
  },
  guards: { isFull: ({ context }) => context.coins >= 2 },
  delays: { patience: 100 },
}).createMachine({
  id: 'turnstile',
  context: { coins: 0 },
  initial: 'locked',
  states: {
    locked: {
      on: {
        coin: [
          { guard: 'isFull', target: 'full' },
          {
            target: 'unlocked',
            actions: ['count', { type: 'open', params: ({ context }) => ({ coins: context.coins }) }],
          },
        ],
      },
    },
    unlocked: { after: { patience: 'locked' }, on: { push: 'locked' } },
    full: {},
  },
  on: { '*': { actions: { type: 'report', params: ({ event }) => ({ event: event.type }) } } },
})

const system = machineSystem<typeof turnstile, Effect>(turnstile)
const alphabet: Event[] = [
  { type: 'coin' },
  { type: 'push' },
  { type: 'kick' },
  { type: 'timer.fired', name: 'patience' },
]
const givens: Record<string, Event[]> = {
  locked: [],
  unlocked: [{ type: 'coin' }],
  lockedWithTwo: [{ type: 'coin' }, { type: 'push' }, { type: 'coin' }, { type: 'push' }],
}
const rows: Row<Event>[] = [
  {
    given: 'locked',
    event: { type: 'coin' },
    next: 'unlocked',
    effects: [{ type: 'open', params: { coins: 1 } }, 'timer.set'],
  },
  { given: 'lockedWithTwo', event: { type: 'coin' }, condition: 'full', next: 'full', effects: [] },
  { given: 'unlocked', event: { type: 'push' }, next: 'locked', effects: ['timer.clear'] },
  { given: 'unlocked', event: { type: 'timer.fired', name: 'patience' }, next: 'locked', effects: [] },
  { given: 'locked', event: { type: 'kick' }, next: 'locked', effects: ['report'] },
]

describe('tableTest', () => {
  const table = tableTest(system, givens, rows)
  for (const { title, run } of table.cases) it(title, run)

  it('covers the chart, and says which edges a shorter table leaves out', () => {
    expect(table.uncovered()).toEqual([])
    expect(tableTest(system, givens, rows.slice(1, 4)).uncovered()).toEqual(['any × *', 'locked × coin #2'])
  })

  it('titles name state, event, condition and next state', () => {
    expect(table.cases.map((one) => one.title)[1]).toBe('lockedWithTwo × coin (full) → full')
    expect(table.cases.map((one) => one.title)[3]).toBe('unlocked × timer patience → locked')
  })

  const failing: [string, Row<Event>][] = [
    ['another state', { ...rows[0]!, next: 'locked' }],
    ['an effect too few', { ...rows[0]!, effects: ['open'] }],
    ['another order', { ...rows[0]!, effects: ['timer.set', 'open'] }],
    ['other parameters', { ...rows[0]!, effects: [{ type: 'open', params: { coins: 2 } }, 'timer.set'] }],
  ]
  for (const [what, row] of failing) {
    it(`a row with ${what} fails and prints the row as it should be`, () => {
      const { cases } = tableTest(system, givens, [row])
      expect(cases[0]!.run).toThrow(CheckFailed)
      expect(cases[0]!.run).toThrow(
        "{ given: 'locked', event: { type: 'coin' }, next: 'unlocked', effects: [{ type: 'open', params: { coins: 1 } }, { type: 'timer.set', params: { name: 'patience', delayMs: 100 } }] },",
      )
    })
  }

  it('a row that starts from nowhere fails', () => {
    const [one] = tableTest(system, {}, rows).cases
    expect(one!.run).toThrow(/No such state in the table's givens: "locked"/)
  })
})

describe('walk', () => {
  it('reaches every state and pair, and says what it saw', () => {
    const report = walk(system, alphabet, [])
    expect(report.states).toBe(6)
    expect(report.edges).toBe(24)
    expect(report.depth).toBe(5)
    expect([...report.names].sort()).toEqual(['full', 'locked', 'unlocked'])
    expect(report.pairs.size).toBe(12)
    expect([...report.effects].sort()).toEqual(['open', 'report', 'timer.clear', 'timer.set'])
    expect(report.transitions).toContain('unlocked × timer patience → locked')
  })

  const neverTwice: Invariant<unknown, Event, Effect> = ({ effects }) => {
    const open = effects.find((one) => one.type === 'open')
    return open !== undefined && open.params.coins > 1 ? `opened with ${open.params.coins} coins` : undefined
  }

  it('prints the shortest path to a broken invariant as rows that hold', () => {
    expect(() => walk(system, alphabet, [neverTwice])).toThrow(
      [
        'neverTwice: opened with 2 coins',
        'Shortest path, 3 steps:',
        "  { given: 'locked', event: { type: 'coin' }, next: 'unlocked', effects: [{ type: 'open', params: { coins: 1 } }, { type: 'timer.set', params: { name: 'patience', delayMs: 100 } }] },",
        "  { given: 'unlocked', event: { type: 'push' }, next: 'locked', effects: [{ type: 'timer.clear', params: { name: 'patience' } }] },",
        "  { given: 'locked', event: { type: 'coin' }, next: 'unlocked', effects: [{ type: 'open', params: { coins: 2 } }, { type: 'timer.set', params: { name: 'patience', delayMs: 100 } }] },",
      ].join('\n'),
    )
  })

  it('works on any pair of an initial state and a step', () => {
    const counter: System<number, { type: 'add' }, { type: 'added' }> = {
      initial: { snapshot: 0, effects: [] },
      step: (state) => ({ snapshot: state + 1, effects: [{ type: 'added' }] }),
      key: String,
      name: (state) => (state % 2 === 0 ? 'even' : 'odd'),
    }
    expect(() => walk(counter, [{ type: 'add' }], [], { maxStates: 50 })).toThrow(/More than 50 states/)
    const report = walk(counter, [{ type: 'add' }], [], { within: (state) => state < 9 })
    expect(report.states).toBe(10)
    expect(walk(counter, (state) => (state < 3 ? [{ type: 'add' }] : []), []).states).toBe(4)
  })
})

describe('names and canonical texts', () => {
  it('a nested and a parallel state value', () => {
    expect(stateName({ active: { running: 'periodic' } })).toBe('active.running.periodic')
    expect(stateName({ a: 'x', b: { c: 'y' } })).toBe('a.x & b.c.y')
  })

  it('the order of fields does not matter, everything else does', () => {
    expect(canonical({ a: 1, b: [2, { c: 3, d: undefined }] })).toBe(canonical({ b: [2, { c: 3 }], a: 1 }))
    const values = [0, '0', null, [], {}, [0], [[0]], { a: 0 }, new Map([['a', 0]]), new Set(['a']), 0n, true, '[]']
    expect(new Set(values.map(canonical)).size).toBe(values.length)
    expect(canonical(new Set([1, 2]))).toBe(canonical(new Set([2, 1])))
  })

  it('a text is made once per object', () => {
    let made = 0
    const text = memoised((value: { n: number } | number) => `${typeof value === 'number' ? value : value.n} ${++made}`)
    const object = { n: 7 }
    expect([text(object), text(object), text({ n: 7 }), text(3), text(3)]).toEqual(['7 1', '7 1', '7 2', '3 3', '3 4'])
  })

  it('a wanted object may leave fields out, a wanted array may not', () => {
    expect(matches({ a: 1, b: { c: [1] } }, { b: { c: [1] } })).toBe(true)
    expect(matches({ a: [1, 2] }, { a: [1] })).toBe(false)
    expect(matches({ a: 1 }, { a: 1, b: 2 })).toBe(false)
    expect(matches(undefined, { a: 1 })).toBe(false)
  })
})
