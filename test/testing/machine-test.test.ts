import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { createTestModel, getPathsFromEvents, getShortestPaths, getSimplePaths } from 'xstate/graph'
import { effect } from '../../src/machines/step.ts'
import { bareEvents, graphEvents, type TestEvent } from '../../src/testing/machine-paths.ts'
import { CheckFailed, type Row } from '../../src/testing/machine-system.ts'
import { type MachineTestOptions, testMachine } from '../../src/testing/machine-test.ts'

type Event = { type: 'coin'; value: number } | { type: 'push' }

/** Its events know nothing of timers; two timers, one of them by number; a nested state; an `always`. */
const turnstile = setup({
  types: { context: {} as { coins: number }, events: {} as Event, input: {} as { price: number } | undefined },
  actions: {
    count: assign({ coins: ({ context, event }) => context.coins + (event.type === 'coin' ? event.value : 0) }),
    empty: assign({ coins: 0 }),
    unlock: effect<{ coins: number }>(),
    warn: effect(),
  },
  guards: { isPaid: ({ context }) => context.coins >= 2 },
  delays: { patience: 100 },
}).createMachine({
  id: 'turnstile',
  context: { coins: 0 },
  initial: 'locked',
  states: {
    locked: {
      entry: 'empty',
      initial: 'waiting',
      states: { waiting: { after: { 500: 'warned' } }, warned: { entry: 'warn' } },
      always: { guard: 'isPaid', target: 'unlocked' },
      on: { coin: { actions: 'count' } },
    },
    unlocked: {
      entry: { type: 'unlock', params: ({ context }) => ({ coins: context.coins }) },
      after: { patience: 'locked' },
      on: { push: 'locked' },
    },
  },
})

const coin: Event = { type: 'coin', value: 1 }
const push: Event = { type: 'push' }
const fired = (name: string): TestEvent<typeof turnstile> => ({ type: 'timer.fired', name })
const alphabet = [coin, push, fired('500'), fired('patience')]
const rows: Row<TestEvent<typeof turnstile>>[] = [
  { given: 'paid', event: push, next: 'locked.waiting', effects: ['timer.clear', 'timer.set'] },
  { given: 'one coin', event: coin, next: 'unlocked', effects: ['timer.clear', 'unlock', 'timer.set'] },
]
const table = { givens: { paid: [coin, coin], 'one coin': [coin] }, rows }

const titles = (options: MachineTestOptions<typeof turnstile>) =>
  testMachine(turnstile, options).cases.map(({ title }) => title)

function failures(options: MachineTestOptions<typeof turnstile>): Record<string, string> {
  const failed: Record<string, string> = {}
  for (const { title, run } of testMachine(turnstile, options).cases) {
    try {
      run()
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CheckFailed)
      failed[title] = (thrown as Error).message
    }
  }
  return failed
}

describe('testMachine: a whole test', () => {
  const events = graphEvents(turnstile, alphabet)
  const { cases, coverage, walked } = testMachine(turnstile, {
    table,
    alphabet,
    paths: getShortestPaths(turnstile, { events }),
    invariants: [
      function unlockedOnlyWhenPaid({ after }) {
        return after.value === 'unlocked' && after.context.coins < 2 ? `for ${after.context.coins}` : undefined
      },
    ],
  })
  for (const { title, run } of cases) it(title, run)

  it('has the titles that a reader needs, and counts', () => {
    expect(cases.map(({ title }) => title)).toEqual([
      'paid × push → locked.waiting',
      'one coin × coin → unlocked',
      'path: the start',
      'path: coin',
      'path: timer 500',
      'path: coin, coin',
      'path: coin, timer 500',
      'walk: every state, every event',
      'walk: unlockedOnlyWhenPaid',
      'coverage: every edge of the chart',
    ])
    expect(coverage()).toEqual({ chart: 'turnstile', edges: 5, taken: 5, missing: [] })
    expect(walked()).toMatchObject({ states: 5, edges: 20 })
  })
})

describe('testMachine: what fails', () => {
  it('a row, and a broken invariant with its shortest path', () => {
    const failed = failures({
      table: { ...table, rows: [{ ...rows[0]!, next: 'unlocked' }] },
      alphabet,
      invariants: [
        function neverUnlocked({ after }) {
          return after.value === 'unlocked' ? 'it is' : undefined
        },
      ],
    })
    expect(Object.keys(failed)).toEqual(['paid × push → unlocked', 'walk: neverUnlocked'])
    expect(failed['walk: neverUnlocked']).toMatch(/^neverUnlocked: it is\nShortest path, 2 steps:/)
  })

  it('edges that nothing takes, by name', () => {
    expect(failures({ alphabet: [coin] })).toEqual({
      'coverage: every edge of the chart': [
        'The chart "turnstile": 2 of 5 edges are taken, 40 %, wanted 100 %. Nothing takes',
        '  locked.waiting × timer 500',
        '  unlocked × push',
        '  unlocked × timer patience',
        'Add a row, an event to the alphabet, or a reason under coverage.except.',
      ].join('\n'),
    })
    // What only a row or only a path takes counts as well.
    expect(failures({ alphabet: [coin, fired('500'), fired('patience')], table })).toEqual({})
    const [path] = getPathsFromEvents(turnstile, [coin, coin, push])
    expect(failures({ alphabet: [coin, fired('500'), fired('patience')], paths: [path!] })).toEqual({})
  })

  it('counts rows and paths in the coverage although no case has been run', () => {
    const some = [coin, fired('500'), fired('patience')]
    const [path] = getPathsFromEvents(turnstile, [coin, coin, push])
    expect(testMachine(turnstile, { alphabet: some }).coverage().missing).toEqual(['unlocked × push'])
    expect(testMachine(turnstile, { alphabet: some, table }).coverage().missing).toEqual([])
    expect(testMachine(turnstile, { alphabet: some, paths: [path!] }).coverage().missing).toEqual([])
  })

  it('less than the wanted coverage, with and without exceptions', () => {
    const few = [coin, push]
    expect(failures({ alphabet: few, coverage: { wanted: 0.6 } })).toEqual({})
    expect(Object.keys(failures({ alphabet: few, coverage: { wanted: 0.7 } }))).toHaveLength(1)
    const except = { 'locked.waiting × timer 500': 'a timer', 'unlocked × timer patience': 'a timer' }
    expect(failures({ alphabet: few, coverage: { except } })).toEqual({})
    expect(failures({ alphabet: [coin], coverage: { except, wanted: 0.7 } })).toEqual({
      'coverage: every edge of the chart': expect.stringContaining('2 of 3 edges are taken, 66 %, wanted 70 %'),
    })
  })

  it('a reason for an edge that is taken, or that is not there', () => {
    const except = { 'unlocked × push': 'never happens', 'unlocked × pull': 'a typo' }
    const { 'coverage: every edge of the chart': message } = failures({ alphabet, coverage: { except } })
    expect(message).toMatch(/A reason is given, but the edge is taken.*:\n {2}unlocked × push\n {2}unlocked × pull$/s)
  })

  it('a walk that does not end, and one that is bounded', () => {
    const endless = { alphabet: [coin, push, { type: 'coin', value: -1 } as const], coverage: { wanted: 0 } }
    expect(failures({ ...endless, limits: { maxStates: 50 } })).toMatchObject({
      'walk: every state, every event': 'More than 50 states: make the alphabet smaller.',
    })
    const within = ({ context }: { context: { coins: number } }) => context.coins > -3
    expect(failures({ ...endless, limits: { maxStates: 50, within } })).toEqual({})
  })

  it('a path whose state is not the one reached, or of another start', () => {
    const [path] = getPathsFromEvents(turnstile, [coin, coin, push])
    const steps = path!.steps.map((one, i) => (i === 2 ? { ...one, state: path!.steps[1]!.state } : one))
    const { 'path: coin, coin, push': message } = failures({ alphabet, paths: [{ steps }] })
    expect(message).toBe(
      [
        'The path says that step 2 (coin) leads to',
        '  {"value":{"locked":"waiting"},"context":{"coins":1}}',
        'It leads to',
        '  {"value":"unlocked","context":{"coins":2}}',
      ].join('\n'),
    )
    const [other] = getPathsFromEvents(turnstile, [push], { fromState: path!.steps[1]!.state })
    expect(failures({ alphabet, paths: [other!] })['path: push']).toMatch(/step 0 \(the start\) leads to/)
  })

  it('each case runs alone', () => {
    for (const title of titles({ table, alphabet })) {
      testMachine(turnstile, { table, alphabet })
        .cases.find((one) => one.title === title)!
        .run()
    }
  })
})

describe('bareEvents and graphEvents', () => {
  it('name every event, timer and a stranger', () => {
    const machine = setup({ delays: { soon: 1 } }).createMachine({
      initial: 'a',
      states: {
        a: { on: { go: 'b', 'mouse.*': 'b' }, after: { soon: 'b' }, always: { guard: () => false, target: 'b' } },
        b: {},
      },
      on: { '*': {} },
    })
    expect(bareEvents(machine)).toEqual([
      { type: 'unheard-of' },
      { type: 'go' },
      { type: 'mouse.unheard-of' },
      { type: 'timer.fired', name: 'soon' },
    ])
    for (const { run } of testMachine(machine, { coverage: { except: { 'a × always': 'never' } } }).cases) run()
  })

  it('all kinds of paths of xstate/graph can be repeated, timers included', () => {
    const events = graphEvents(turnstile, alphabet)
    const simple = getSimplePaths(turnstile, { events })
    expect(simple.length).toBeGreaterThan(5)
    expect(simple.flatMap(({ steps }) => steps.map(({ event }) => event.type))).toContain(
      'xstate.after.500.turnstile.locked.waiting',
    )
    expect(failures({ alphabet, paths: simple })).toEqual({})
    // `createTestModel` takes no chart with `after`.
    const plain = setup({ types: { events: {} as { type: 'on' | 'off' } } }).createMachine({
      initial: 'dark',
      states: { dark: { on: { on: 'light' } }, light: { on: { off: 'dark' } } },
    })
    const { cases } = testMachine(plain, { paths: createTestModel(plain).getShortestPaths() })
    expect(cases[0]!.title).toBe('path: on, off')
    for (const { run } of cases) run()
  })

  it('a timer that is not set is no event of xstate', () => {
    const [path] = getPathsFromEvents(turnstile, [coin, coin])
    const types = (i: number) => graphEvents(turnstile, alphabet)(path!.steps[i]!.state).map(({ type }) => type)
    expect(types(0)).toEqual(['coin', 'push', 'xstate.after.500.turnstile.locked.waiting'])
    expect(types(2)).toEqual(['coin', 'push', 'xstate.after.patience.turnstile.unlocked'])
  })
})

describe('the input of a chart', () => {
  it('is given, or missed by the compiler', () => {
    const machine = setup({ types: { context: {} as { n: number }, input: {} as { n: number } } }).createMachine({
      context: ({ input }) => ({ n: input?.n ?? -1 }),
    })
    expect(testMachine(machine, { input: { n: 3 } }).walked().states).toBe(1)
    // @ts-expect-error: the input is missing.
    expect(() => testMachine(machine)).not.toThrow()
    // @ts-expect-error: the input is missing.
    expect(() => testMachine(machine, {})).not.toThrow()
  })
})
