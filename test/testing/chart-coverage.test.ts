import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { describeChart } from '../../src/machines/chart-edges.ts'
import { effect, start, step } from '../../src/machines/step.ts'
import { ChartCoverage } from '../../src/testing/explorer/chart-coverage.ts'

type Event = { type: 'open' | 'close' | 'lock' } | { type: 'timer.fired'; name: string }

const door = (entry: 'closed' | 'open') =>
  setup({
    types: { events: {} as Event },
    actions: { ring: effect() },
    guards: { always: () => true },
    delays: { patience: 100 },
  }).createMachine({
    initial: 'choosing',
    states: {
      choosing: { always: { target: entry } },
      closed: { on: { open: [{ guard: 'always', target: 'open' }, { target: 'locked' }], lock: 'locked' } },
      open: { after: { patience: { target: 'closed', actions: 'ring' } }, on: { close: 'closed' } },
      locked: {},
    },
  })

describe('ChartCoverage', () => {
  it('counts edges taken on entry, by events and by timers, and names the missing ones', () => {
    const machine = door('closed')
    const coverage = new ChartCoverage()
    coverage.declare('door', machine)
    const edges = describeChart(machine).edges.map(({ id }) => id)
    expect(coverage.report()).toEqual([{ chart: 'door', edges: 6, taken: 0, missing: edges }])
    const first = coverage.start('door', machine)
    const opened = coverage.step('door', machine, first.snapshot, { type: 'open' })
    expect(opened.effects).toEqual([{ type: 'timer.set', params: { name: 'patience', delayMs: 100 } }])
    coverage.step('door', machine, opened.snapshot, { type: 'timer.fired', name: 'patience' })
    coverage.step('door', machine, opened.snapshot, { type: 'lock' })
    expect(coverage.report()).toEqual([
      { chart: 'door', edges: 6, taken: 3, missing: ['closed × open #2', 'closed × lock', 'open × close'] },
    ])
  })

  it('steps as step does', () => {
    const machine = door('closed')
    const coverage = new ChartCoverage()
    const first = coverage.start('door', machine)
    expect(first.snapshot.value).toEqual(start(machine).snapshot.value)
    const event = { type: 'open' } as const
    expect(coverage.step('door', machine, first.snapshot, event).effects).toEqual(
      step(machine, first.snapshot, event).effects,
    )
  })

  it('machines that share the name of a chart share its list', () => {
    const coverage = new ChartCoverage()
    const machines = [door('closed'), door('open')]
    for (const machine of machines) coverage.declare('door', machine)
    const closed = coverage.start('door', machines[0]!).snapshot
    const open = coverage.start('door', machines[1]!).snapshot
    coverage.step('door', machines[0]!, closed, { type: 'lock' })
    coverage.step('door', machines[1]!, open, { type: 'close' })
    const [report, ...others] = coverage.report()
    expect(others).toEqual([])
    expect(report).toEqual({
      chart: 'door',
      edges: 6,
      taken: 3,
      missing: ['closed × open', 'closed × open #2', 'open × timer patience'],
    })
  })

  it('watches logic that steps its charts itself, and only charts that were declared', () => {
    const [known, stranger] = [door('closed'), door('closed')]
    const coverage = new ChartCoverage()
    coverage.declare('door', known)
    const result = coverage.watch(() =>
      [known, stranger].map((machine) => step(machine, start(machine).snapshot, { type: 'open' }).snapshot.value),
    )
    expect(result).toEqual(['open', 'open'])
    expect(coverage.report()).toMatchObject([{ chart: 'door', taken: 2 }])
  })
})
