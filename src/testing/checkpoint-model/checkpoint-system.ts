/**
 * The whole system: subtasks, coordinator, job, savepoint store, disk, client and world; what may go wrong with them; and
 * which messages the network of the model loses or repeats.
 */
import type { JobEffect } from '../../machines/job/protocol.ts'
import type { SavepointEffect } from '../../machines/savepoint-store/protocol.ts'
import type { SubtaskEffect } from '../../machines/subtask/protocol.ts'
import type { Checker } from '../checkers/checker.ts'
import { ChartCoverage } from '../explorer/chart-coverage.ts'
import type { ActorModel, Fault, Message, Observer, SystemModel } from '../explorer/system.ts'
import { clientModel, worldModel } from './client-model.ts'
import { coordinatorModel } from './coordinator-model.ts'
import { laneModel, lanes } from './disk-lanes.ts'
import { jobModel } from './job-model.ts'
import type { CheckpointModelOptions } from './model-options.ts'
import { type ProtocolParts, trueParts } from './protocol-parts.ts'
import { savepointsModel } from './savepoints-model.ts'
import { SteppedChart, SteppedCoordinator } from './stepped-chart.ts'
import { storageModel } from './storage-model.ts'
import { strayFaults } from './stray-messages.ts'
import { subtaskModel } from './subtask-model.ts'
import { inputsOf, outputOf, type Topology, topologyOf } from './topology.ts'

export interface SystemParts {
  /** The charts and rules; the true ones unless given. */
  readonly parts?: ProtocolParts
  readonly checkers?: readonly Checker[]
  /** Notes which edges of the charts are taken. */
  readonly coverage?: ChartCoverage
}

/**
 * The checkpoint protocol as a system that `explore` explores, on the very charts of the runtime.
 *
 * ```ts
 * const report = explore(checkpointSystem({ ...quiet, periodic: 1, expiries: 1 }), [])
 * ```
 */
export function checkpointSystem(options: CheckpointModelOptions, given: SystemParts = {}): SystemModel {
  const { parts = trueParts, checkers = [], coverage = new ChartCoverage() } = given
  const { charts, rules } = parts
  const topology = topologyOf(options.sources)
  const subtaskChart = new SteppedChart<ProtocolParts['charts']['subtask'], SubtaskEffect>(
    'subtask',
    charts.subtask,
    coverage,
  )
  const actors: Record<string, unknown> = {
    world: worldModel(options, topology),
    storage: storageModel({ options, rules }),
    ...Object.fromEntries(lanes.map((lane) => [lane, laneModel])),
    client: clientModel(options),
    savepoints: savepointsModel({
      options,
      chart: new SteppedChart<ProtocolParts['charts']['savepoint'], SavepointEffect>(
        'savepoint',
        charts.savepoint,
        coverage,
      ),
    }),
    coordinator: coordinatorModel({ options, rules, logic: new SteppedCoordinator(charts, coverage) }),
  }
  for (const name of topology.subtasks) {
    const [inputs, output] = [inputsOf(topology, name), outputOf(topology, name)]
    actors[name] = subtaskModel({ name, inputs, output, options, rules, chart: subtaskChart })
  }
  actors.job = jobModel({
    options,
    topology,
    chart: new SteppedChart<ProtocolParts['charts']['job'], JobEffect>('job', charts.job, coverage),
  })
  return {
    name: options.name,
    actors: actors as Record<string, ActorModel>,
    budgets: budgetsOf(options),
    faults: faultsOf(options, topology),
    ...network(options, topology),
    observers: checkers as readonly Observer[] as readonly Observer<never>[],
  } as SystemModel
}

const budgetsOf = (options: CheckpointModelOptions): Readonly<Record<string, number>> => ({
  periodic: options.periodic,
  crashes: options.crashes,
  ...(typeof options.deaths === 'number' && { deaths: options.deaths }),
  'store failures': options.storeFailures,
  'snapshot failures': options.snapshotFailures,
  expiries: options.expiries ?? 0,
  repeated: options.repeated,
  lost: options.lost,
  strays: options.strayMessages,
})

/**
 * Where an attempt ends within one step, what travels between its subtasks, and to them from the coordinator, goes with
 * it: they are over and would drop it.
 */
function faultsOf(options: CheckpointModelOptions, { subtasks, sources }: Topology): readonly Fault[] {
  const isSubtask = (name: string): boolean => subtasks.includes(name)
  const atOnce = !options.slow.includes('cancels')
  // Which of two equal sources it is makes no difference.
  const crashing = options.crashing.filter(
    (name) => isSubtask(name) && (name === sources[0] || !sources.includes(name)),
  )
  const crashes = crashing.map(
    (name): Fault => ({
      name: `crash of ${name}`,
      spends: 'crashes',
      loses: (from, to) => atOnce && isSubtask(to) && (isSubtask(from) || from === 'coordinator'),
      tells: [{ to: name, message: { type: 'subtask.crash' } }],
    }),
  )
  const death: Fault = {
    name: 'death of the process',
    spends: options.deaths === 'shared' ? 'crashes' : 'deaths',
    facts: [{ type: 'process.died' }],
    loses: (_, to) => !(options.lingering && (to === 'storage' || lanes.includes(to))),
    tells: [{ to: 'client', message: { type: 'process.died' } }],
    restarts: ['savepoints', 'coordinator', ...subtasks, 'job'],
  }
  return [...crashes, death, ...strayFaults(options)]
}

const acknowledging = ['subtask.acknowledged', 'subtask.declined']
const noticing = ['checkpoint.completed', 'checkpoint.aborted', 'checkpoint.triggered']

function network(options: CheckpointModelOptions, { subtasks }: Topology): Pick<SystemModel, 'loses' | 'repeats'> {
  const isControl = ({ type }: Message, to: string): boolean =>
    to === 'coordinator' ? acknowledging.includes(type) : subtasks.includes(to) && noticing.includes(type)
  return {
    ...(options.lost > 0 && { loses: (message, _, to) => (isControl(message, to) ? 'lost' : undefined) }),
    ...(options.repeated > 0 && { repeats: (message, _, to) => (isControl(message, to) ? 'repeated' : undefined) }),
  }
}
