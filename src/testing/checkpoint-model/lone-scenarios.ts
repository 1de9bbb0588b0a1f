/** The charts that are explored alone: each in a world that may say anything (see `lone-chart.ts`). */
import { ChartCoverage } from '../explorer/chart-coverage.ts'
import type { SystemModel } from '../explorer/system.ts'
import { loneCoordinator } from './lone-coordinator.ts'
import { loneJob } from './lone-job.ts'
import { loneSubtask } from './lone-subtask.ts'
import type { ProtocolCharts } from './protocol-parts.ts'

export interface LoneScenario {
  readonly name: string
  readonly about: string
  system(charts: ProtocolCharts, coverage?: ChartCoverage): SystemModel
}

const scenario = (
  name: string,
  about: string,
  make: (charts: ProtocolCharts, coverage: ChartCoverage) => SystemModel,
): LoneScenario => ({ name, about, system: (charts, coverage = new ChartCoverage()) => make(charts, coverage) })

export const loneScenarios: readonly LoneScenario[] = [
  scenario('subtask alone', 'the chart of a subtask, told anything in any order, in each of its lives', loneSubtask),
  scenario('coordinator alone', 'both charts of the coordinator, told anything in any order', loneCoordinator),
  scenario('job alone', 'the chart of a job, told anything in any order', loneJob),
]

export const loneScenarioCalled = (name: string): LoneScenario | undefined =>
  loneScenarios.find((one) => one.name === name)
