import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { effect } from '../../src/machines/step.ts'
import { chartActor, isIn } from '../../src/testing/explorer/chart-actor.ts'
import { ChartCoverage } from '../../src/testing/explorer/chart-coverage.ts'
import { clearTimer, fact, send, sendImmediately, setTimer } from '../../src/testing/explorer/outputs.ts'
import type { ActorModel, Message, Property, SystemModel } from '../../src/testing/explorer/system.ts'
import { exploreReference } from './reference-explorer.ts'

type Event = { type: 'ask' } | { type: 'answer'; ok: boolean } | { type: 'timer.fired'; name: 'patience' }

/** Asks, waits for an answer, asks again when its patience ends, at most twice. */
const asker = setup({
  types: { context: {} as { name: string; asked: number }, events: {} as Event, input: {} as { name: string } },
  actions: {
    count: assign({ asked: ({ context }) => context.asked + 1 }),
    question: effect<{ by: string; no: number }>(),
    report: effect<{ event: string }>(),
  },
  guards: { isOk: ({ event }) => event.type === 'answer' && event.ok, maySoon: ({ context }) => context.asked < 2 },
  delays: { patience: 1_000 },
}).createMachine({
  id: 'asker',
  context: ({ input }) => ({ name: input?.name ?? '', asked: 0 }),
  initial: 'asking',
  states: {
    asking: {
      entry: ['count', { type: 'question', params: ({ context }) => ({ by: context.name, no: context.asked }) }],
      after: { patience: [{ guard: 'maySoon', target: 'asking', reenter: true }, { target: 'over.lost' }] },
      on: { answer: [{ guard: 'isOk', target: 'over.answered' }, { target: 'over.refused' }] },
    },
    over: { initial: 'lost', states: { lost: {}, answered: {}, refused: {} } },
  },
  on: { '*': { actions: { type: 'report', params: ({ event }) => ({ event: event.type }) } } },
})

/** Says yes or no to each question: an actor by hand. */
const answerer: ActorModel<null, Message & { by: string }> = {
  start: { state: null, outputs: [] },
  receive: (state, message) =>
    [true, false].map((ok) => ({
      state,
      outputs: [send(message.by, { type: 'answer', ok })],
      label: ok ? 'yes' : 'no',
    })),
}

describe('chartActor', () => {
  it('starts, sends, sets timers, and keeps its state plain', () => {
    const actor = chartActor(asker, { input: { name: 'ada' }, routes: { question: 'oracle' } })
    expect(actor.start).toEqual({
      state: { value: 'asking', context: { name: 'ada', asked: 1 } },
      outputs: [
        { type: 'send', to: 'oracle', message: { type: 'question', by: 'ada', no: 1 } },
        { type: 'timer.set', name: 'patience' },
      ],
    })
    const again = actor.receive(actor.start.state, { type: 'timer.fired', name: 'patience' }, 'ada')
    expect(again).toEqual({
      state: { value: 'asking', context: { name: 'ada', asked: 2 } },
      outputs: [
        { type: 'send', to: 'oracle', message: { type: 'question', by: 'ada', no: 2 } },
        { type: 'timer.set', name: 'patience' },
      ],
    })
    const answered = actor.receive(actor.start.state, { type: 'answer', ok: true }, 'oracle')
    expect(answered).toEqual({
      state: { value: { over: 'answered' }, context: { name: 'ada', asked: 1 } },
      outputs: [{ type: 'timer.clear', name: 'patience' }],
    })
    // An unexpected event reaches `*`, whose report is ignored; a state may come as any equal object.
    const [late] = [actor.receive(structuredClone(actor.start.state), { type: 'ask' }, 'oracle')]
    expect(late).toEqual({ state: actor.start.state, outputs: [] })
  })

  it('a route by a function sees parameters and state, and may say several things or nothing', () => {
    const actor = chartActor(asker, {
      input: { name: 'ada' },
      routes: {
        question: ({ by, no }, { context }) => [
          send(`oracle ${no}`, { type: by }),
          fact({ type: `asked ${context.asked}` }),
        ],
        report: () => ({ type: 'fact', fact: { type: 'reported' } }),
      },
    })
    expect(actor.start.outputs.slice(0, 2)).toEqual([
      { type: 'send', to: 'oracle 1', message: { type: 'ada' } },
      { type: 'fact', fact: { type: 'asked 1' } },
    ])
    const reported = actor.receive(actor.start.state, { type: 'ask' }, 'x')
    expect(reported).toMatchObject({ outputs: [{ type: 'fact', fact: { type: 'reported' } }] })
    const silent = chartActor(asker, { input: { name: 'ada' }, routes: { question: () => [] } })
    expect(silent.start.outputs).toEqual([{ type: 'timer.set', name: 'patience' }])
  })

  it('takes part in a system: every interleaving of two askers and one oracle', () => {
    const coverage = new ChartCoverage()
    const one = (name: string) => chartActor(asker, { input: { name }, routes: { question: 'oracle' }, coverage })
    const model: SystemModel = {
      name: 'askers',
      actors: { ada: one('ada'), bob: one('bob'), oracle: answerer },
    }
    type State = (typeof model.actors)['ada']['start']['state'] & Parameters<typeof isIn>[0]
    const properties: Property[] = [
      {
        kind: 'eventually',
        name: 'it is over',
        of: ['ada', 'bob'],
        holds: (a: State, b: State) => isIn(a, 'over') && isIn(b, 'over'),
      },
      {
        kind: 'sometimes',
        name: 'one lost, one answered',
        of: ['ada', 'bob'],
        holds: (a: State, b: State) => isIn(a, 'over.lost') && isIn(b, 'over.answered'),
      },
    ]
    const report = exploreReference(model, properties)
    expect(report.problem).toBeUndefined()
    expect(report.sometimes).toEqual({ 'one lost, one answered': true })
    expect(report.states).toBeGreaterThan(100)
    expect(coverage.report()).toEqual([{ chart: 'asker', edges: 5, taken: 5, missing: [] }])
  })

  it('names the effect that has no route, and the route that has no effect', () => {
    expect(() => chartActor(asker, { input: { name: 'ada' }, routes: {} })).toThrow(
      /The chart "asker" has the effect "question", which has no route/,
    )
    // Also when it is issued late, or never in this system.
    const late = setup({ actions: { ring: effect() } }).createMachine({
      id: 'bell',
      initial: 'calm',
      states: { calm: { on: { push: { actions: 'ring' } } } },
    })
    expect(() => chartActor(late, { routes: {} })).toThrow(/The chart "bell" has the effect "ring"/)
    const typo = { question: 'oracle', questoin: 'oracle' }
    expect(() => chartActor(asker, { input: { name: 'ada' }, routes: typo })).toThrow(
      /The chart "asker" has no effect "questoin", which routes names; it has question, report/,
    )
  })

  it('refuses a chart whose value and context are not its whole state', () => {
    const machine = setup({}).createMachine({
      id: 'player',
      initial: 'on',
      states: { on: { initial: 'a', states: { a: {}, hist: { type: 'history' } } } },
    })
    expect(() => chartActor(machine, { routes: {} })).toThrow(/history state "on.hist"/)
  })

  it('routes are checked against the chart by the compiler', () => {
    // @ts-expect-error: `no` is a number.
    chartActor(asker, { input: { name: 'ada' }, routes: { question: ({ no }) => ({ type: 'timer.set', name: no }) } })
    // @ts-expect-error: the input is missing.
    expect(() => chartActor(asker, { routes: { question: 'oracle' } })).not.toThrow()
  })
})

describe('outputs by name', () => {
  it('are the outputs of the contract', () => {
    expect([
      send('a', { type: 'm', n: 1 }),
      fact({ type: 'f' }),
      setTimer('t'),
      clearTimer('t'),
      sendImmediately('a', { type: 'm' }),
    ]).toEqual([
      { type: 'send', to: 'a', message: { type: 'm', n: 1 } },
      { type: 'fact', fact: { type: 'f' } },
      { type: 'timer.set', name: 't' },
      { type: 'timer.clear', name: 't' },
      { type: 'send', to: 'a', message: { type: 'm' }, immediate: true },
    ])
  })
})

describe('isIn', () => {
  it('reads nested and parallel states', () => {
    const at = (value: Parameters<typeof isIn>[0]['value']) => ({ value, context: {} })
    expect(isIn(at('open'), 'open')).toBe(true)
    expect(isIn(at('open'), 'open.wide')).toBe(false)
    expect(isIn(at({ open: { wide: 'x' } }), 'open.wide')).toBe(true)
    expect(isIn(at({ open: { wide: 'x' } }), 'open.wide.x')).toBe(true)
    expect(isIn(at({ open: { wide: 'x' } }), 'closed')).toBe(false)
    expect(isIn(at({ a: 'on', b: 'off' }), 'b.off')).toBe(true)
  })
})
