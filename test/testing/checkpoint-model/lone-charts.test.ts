import { describe, expect, it } from 'vitest'
import { addAction, editChart, withoutAction } from '../../../scripts/mutants/mutated-chart.ts'
import * as say from '../../../src/machines/checkpoint-coordinator/coordinator-effects.ts'
import * as orderOfJob from '../../../src/machines/job/orders.ts'
import { type LoneFact, loneSystem } from '../../../src/testing/checkpoint-model/lone-chart.ts'
import { loneCoordinatorSettings } from '../../../src/testing/checkpoint-model/lone-coordinator.ts'
import { loneJobSettings } from '../../../src/testing/checkpoint-model/lone-job.ts'
import { loneScenarioCalled, loneScenarios } from '../../../src/testing/checkpoint-model/lone-scenarios.ts'
import { loneSubtask, loneSubtaskSettings } from '../../../src/testing/checkpoint-model/lone-subtask.ts'
import {
  coordinatorWatchers,
  jobWatchers,
  subtaskWatchers,
} from '../../../src/testing/checkpoint-model/lone-watchers.ts'
import { type ProtocolCharts, trueParts } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { ChartCoverage } from '../../../src/testing/explorer/chart-coverage.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'

const { charts } = trueParts
const forward = { type: 'forwardBarrier', params: ({ event }: { event: object }) => event }

const broken: readonly (readonly [wrong: string, chart: string, charts: Partial<ProtocolCharts>, watcher: string])[] = [
  [
    'sends a barrier on that is old',
    'subtask alone',
    { subtask: editChart(charts.subtask, (root) => addAction(root, 'alive.running', 'barrier.received', 0, forward)) },
    'INV-ST-2',
  ],
  [
    'never writes what it acknowledges',
    'subtask alone',
    { subtask: withoutAction(charts.subtask, 'persistSnapshot') },
    'INV-ST-4',
  ],
  [
    'ends its data at the end of each input',
    'subtask alone',
    { subtask: editChart(charts.subtask, (root) => addAction(root, 'alive.running', 'input.ended', 1, 'endData')) },
    'INV-ST-8',
  ],
  [
    'refuses what it takes',
    'coordinator alone',
    {
      main: editChart(charts.main, (root) =>
        addAction(root, 'active.running', 'checkpoint.requested', 1, say.refuseThis(say.tooMany)),
      ),
    },
    'INV-CC-6',
  ],
  [
    'says with every word to stop that all has settled',
    'coordinator alone',
    { main: editChart(charts.main, (root) => addAction(root, 'active', 'job.stopping', 0, say.settled)) },
    'INV-CC-8',
  ],
  ['completes what it never releases', 'job alone', { job: withoutAction(charts.job, 'release') }, 'INV-JOB-2'],
  [
    'stops its checkpoints twice',
    'job alone',
    {
      job: editChart(charts.job, (root) =>
        addAction(root, 'alive', 'cancel.requested', 0, orderOfJob.stopCheckpoints('again')),
      ),
    },
    'INV-JOB-4',
  ],
]

describe('a chart alone that is broken is found out', () => {
  for (const [wrong, name, instead, watcher] of broken) {
    it(`${name}: it ${wrong}`, () => {
      const { violation } = explore(loneScenarioCalled(name)!.system({ ...charts, ...instead }), [])
      expect(violation?.property.split(':')[0]).toBe(watcher)
    })
  }
})

describe('the world of a chart alone', () => {
  const facts: LoneFact[] = []
  const echo = { name: 'echo', initial: 0, next: (memory: number, fact: LoneFact) => memory * facts.push(fact) }
  const system = loneSystem(
    'bell',
    [
      { name: 'indoors', input: 1, says: [{ type: 'ring' }], once: [{ type: 'knock' }] },
      { name: 'outdoors', input: 2, says: [] },
    ],
    {
      start: (input: number) => ({ state: { rung: input, knocked: false }, effects: [] }),
      step: (state, { type }: { readonly type: string }) =>
        type === 'knock'
          ? { state: { ...state, knocked: true }, effects: [{ type: 'open' }] }
          : state.rung === 3
            ? undefined
            : { state: { ...state, rung: state.rung + 1 }, effects: [] },
    },
    [echo as never],
  )

  it('says some things again and again, others once, as far as the chart goes', () => {
    const { states, verdict } = explore(system, [])
    // Before; outdoors; and indoors, knocked or not, rung up to twice.
    expect([states, verdict]).toEqual([1 + 1 + 6, 'holds'])
    expect(facts).toContainEqual({ type: 'ordered', effect: { type: 'open' }, on: 'knock' })
  })

  it('is there for each chart by name', () => {
    expect(loneScenarios.map(({ name }) => name)).toEqual(['subtask alone', 'coordinator alone', 'job alone'])
    expect(loneScenarioCalled('nonsense')).toBeUndefined()
  })

  it('has a name for each life of a chart, and for each thing that is watched', () => {
    for (const settings of [loneSubtaskSettings, loneCoordinatorSettings, loneJobSettings]) {
      expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length)
    }
    const watchers = [...subtaskWatchers, ...coordinatorWatchers, ...jobWatchers].map(({ name }) => name)
    expect(new Set(watchers).size).toBe(watchers.length)
  })

  it('may be given one life only', () => {
    const coverage = new ChartCoverage()
    const life = loneSubtaskSettings.filter(({ name }) => name === 'finished before')
    expect(explore(loneSubtask(charts, coverage, life), []).verdict).toBe('holds')
    const [report] = coverage.report()
    expect(report!.missing).toContain('created × subtask.deployed #3')
    expect(report!.missing).not.toContain('created × subtask.deployed')
  })
})
