/**
 * What must hold of the checkpoint system besides its checkers: what every end must look like, and what must be possible, so
 * that a model in which nothing happens does not pass.
 */
import type { Property } from '../explorer/system.ts'
import type { ClientState, WorldState } from './client-model.ts'
import type { CoordinatorModelState, Sight } from './coordinator-model.ts'
import type { JobModelState } from './job-model.ts'
import type { CheckpointModelOptions } from './model-options.ts'
import type { StorageState } from './storage-model.ts'
import type { SubtaskState } from './subtask-state.ts'
import { idOf, topologyOf } from './topology.ts'

const sometimes = <States extends readonly unknown[]>(
  name: string,
  of: readonly string[],
  holds: (...states: States) => boolean,
): Property => ({ kind: 'sometimes', name, of, holds: holds as never })

const eventually = <States extends readonly unknown[]>(
  name: string,
  of: readonly string[],
  holds: (...states: States) => boolean | string,
): Property => ({ kind: 'eventually', name, of, holds: holds as never })

/** What holds whenever nothing more can happen. */
export function endings(options: CheckpointModelOptions): readonly Property[] {
  const { sources, records, bounded, lost } = options
  const streams = topologyOf(sources).sources
  const over = ['finished', 'failed', 'canceled', 'suspended']
  return [
    eventually('the job runs or is over', ['job'], ({ chart }: JobModelState) => {
      // Its process has died after it was over, and the next one finds nothing to do.
      if (chart === undefined) return true
      const { value } = chart
      if (typeof value === 'string' ? over.includes(value) : 'alive' in value && value.alive === 'running') return true
      return `The job stays in ${JSON.stringify(value)}.`
    }),
    eventually(
      'every request is answered',
      ['client'],
      ({ waiting, disposing }: ClientState) => !waiting && !disposing,
    ),
    eventually(
      'no checkpoint is pending',
      ['coordinator'],
      ({ charts }: CoordinatorModelState) => lost > 0 || (charts?.pending ?? []).length === 0,
    ),
    eventually(
      'a finished job has committed every record once',
      ['job', 'world'],
      ({ chart }: JobModelState, world: WorldState) => {
        if (!bounded || chart?.value !== 'finished' || records === 0) return true
        const wanted = streams.map((stream) => ({ stream, first: 1, last: records }))
        const same = JSON.stringify(world.items) === JSON.stringify(wanted)
        return same || options.requests.includes('stop-suspend') || `Committed: ${JSON.stringify(world.items)}.`
      },
    ),
    eventually(
      'a job that is over leaves nothing that no manifest names',
      ['job', 'storage'],
      (job: JobModelState, disk: StorageState) =>
        !['finished', 'failed', 'canceled'].includes(job.chart?.value as string) ||
        Object.keys(disk.states).every((key) => disk.manifests[key.split('/')[0]!] !== undefined),
    ),
  ]
}

const sees = (name: string, sight: Sight): Property =>
  sometimes(name, ['coordinator'], (coordinator: CoordinatorModelState) => coordinator.sight === sight)

const pendingOf = ({ charts }: CoordinatorModelState) => charts?.pending ?? []

const runs = ({ chart }: JobModelState): boolean =>
  typeof chart?.value === 'object' && 'alive' in chart.value && chart.value.alive === 'running'

/** What is possible, by name; a scenario picks what it is about. */
export const possibilities = {
  'a completion': sometimes(
    'a completion',
    ['coordinator'],
    ({ charts }: CoordinatorModelState) => (charts?.main.context.completed.length ?? 0) > 0,
  ),
  'two completions that commit output': sometimes(
    'two completions that commit output',
    ['world'],
    ({ parts }: WorldState) => parts.length > 1,
  ),
  'an expiry': sees('an expiry', 'expired'),
  'a decline': sees('a decline', 'declined'),
  'a subsumption': sees('a subsumption', 'subsumed'),
  'an acknowledgement after the abort': sees('an acknowledgement after the abort', 'late acknowledgement'),
  'a manifest stored after the job began to fail': sees(
    'a manifest stored after the job began to fail',
    'stored while failing',
  ),
  'a crash between the durable state and its acknowledgement': sometimes(
    'a crash between the durable state and its acknowledgement',
    ['storage'],
    ({ sight }: StorageState) => sight === 'durable and unheard',
  ),
  'a crash between the manifest and the notification': sometimes(
    'a crash between the manifest and the notification',
    ['coordinator', 'sink'],
    ({ sight, charts }: CoordinatorModelState, { unnotified }: SubtaskState) =>
      sight === 'stopped by a failure' && unnotified.some((id) => charts!.main.context.completed.includes(idOf(id))),
  ),
  'each input blocked, first one': sometimes('each input blocked, first one', ['task'], ({ blocked }: SubtaskState) =>
    blocked.includes(0),
  ),
  'each input blocked, other one': sometimes('each input blocked, other one', ['task'], ({ blocked }: SubtaskState) =>
    blocked.includes(1),
  ),
  'a savepoint during a checkpoint': sometimes(
    'a savepoint during a checkpoint',
    ['coordinator'],
    (coordinator: CoordinatorModelState) =>
      pendingOf(coordinator).some(({ context }) => context.kind !== 'checkpoint') &&
      pendingOf(coordinator).some(({ context }) => context.kind === 'checkpoint'),
  ),
  'a savepoint is published': sometimes(
    'a savepoint is published',
    ['storage'],
    ({ pointers }: StorageState) => Object.keys(pointers).length > 0,
  ),
  'a withdrawal': sometimes('a withdrawal', ['coordinator'], (coordinator: CoordinatorModelState) =>
    pendingOf(coordinator).some(({ value }) => value === 'withdrawing'),
  ),
  'a pin that keeps a savepoint from being withdrawn': sometimes(
    'a pin that keeps a savepoint from being withdrawn',
    ['job', 'storage'],
    ({ chart }: JobModelState, { letGo }: StorageState) => chart?.value === 'failed' && letGo.length > 0,
  ),
  'a copy is sealed': sometimes('a copy is sealed', ['storage'], ({ copies }: StorageState) =>
    Object.values(copies).includes('sealed'),
  ),
  'a restart from a checkpoint': sometimes(
    'a restart from a checkpoint',
    ['job', 'task'],
    (job: JobModelState, task: SubtaskState) => runs(job) && job.epoch === 1 && task.restored !== undefined,
  ),
  'a new process goes on from a checkpoint': sometimes(
    'a new process goes on from a checkpoint',
    ['job', 'task'],
    (job: JobModelState, task: SubtaskState) => runs(job) && job.epoch > 1 && task.restored !== undefined,
  ),
  'a restore of records that were on their way': sometimes(
    'a restore of records that were on their way',
    ['task'],
    ({ restored, base }: SubtaskState) =>
      restored !== undefined && base!.inFlight.some((records) => records.length > 0),
  ),
  'two checkpoints pending': sometimes(
    'two checkpoints pending',
    ['coordinator'],
    (coordinator: CoordinatorModelState) =>
      pendingOf(coordinator).filter(({ context }) => context.kind === 'checkpoint').length > 1,
  ),
  'the job finishes': ends('the job finishes', 'finished'),
  'the job fails': ends('the job fails', 'failed'),
  'the job is canceled': ends('the job is canceled', 'canceled'),
  'the job is suspended': ends('the job is suspended', 'suspended'),
  'a subtask restored at its end': sometimes(
    'a subtask restored at its end',
    ['job', 'source-0'],
    (job: JobModelState, source: SubtaskState) =>
      job.chart?.context.attempt === 1 &&
      source.chart?.value === 'finished' &&
      !['finished'].includes(job.chart.value as string),
  ),
  'a savepoint is disposed of': sometimes(
    'a savepoint is disposed of',
    ['client', 'storage'],
    (client: ClientState, disk: StorageState) =>
      client.asked > 0 &&
      !client.waiting &&
      disk.highest > 0 &&
      Object.keys(disk.pointers).length === 0 &&
      !client.disposing,
  ),
} as const satisfies Readonly<Record<string, Property>>

function ends(name: string, value: string): Property {
  return sometimes(name, ['job'], ({ chart }: JobModelState) => chart?.value === value)
}

export type Possibility = keyof typeof possibilities
