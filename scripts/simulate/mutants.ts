/**
 * Deliberate bugs that the simulation must find: each is the true runtime with one part broken, the program in which it
 * can do harm, and the one checker that watches.
 */
import { assign } from 'xstate'
import type { OperatorRestore, SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import type { JobCheckpoints, StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import type { Manifest } from '../../src/backends/manifest.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { coordinatorOf } from '../../src/machines/checkpoint-coordinator/coordinator.ts'
import { coordinatorMachine } from '../../src/machines/checkpoint-coordinator/machine.ts'
import { pendingMachine } from '../../src/machines/checkpoint-coordinator/pending-machine.ts'
import { jobMachine } from '../../src/machines/job/machine.ts'
import { type FaultSettings, faultNames } from '../../src/testing/simulation/fault-kinds.ts'
import type { SimulationMutation } from '../../src/testing/simulation/simulation-options.ts'
import { withAction } from '../mutants/mutated-chart.ts'
import { hastyWith, LossyChannel } from './broken-channels.ts'

export interface SimulationMutant {
  readonly name: string
  readonly checker: string
  /** The program it is run with. */
  readonly program: string
  readonly mutation: SimulationMutation
  /** Faults that strike; all of them when absent. */
  readonly faults?: FaultSettings
  /** Do its processes run at a parallelism of their own? Default no. */
  readonly rescale?: boolean
  /** Default that of a simulation. */
  readonly maxSteps?: number
}

const withMethods = (inner: JobCheckpoints, methods: Partial<JobCheckpoints>): JobCheckpoints =>
  new Proxy(inner, {
    get(target, name) {
      if (name in methods) return Reflect.get(methods, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

/** Says that a checkpoint is stored, and stores it only when the next one comes. */
const hasty = (inner: JobCheckpoints): JobCheckpoints => {
  let later = (): Promise<unknown> => Promise.resolve()
  return withMethods(inner, {
    async putManifest(manifest) {
      await later()
      later = () => inner.putManifest(manifest)
      const path = `jobmanager://checkpoints/${manifest.job.id}/${manifest.checkpointId}`
      return { path, manifest, read: () => Promise.reject(new Error('not there yet')) }
    },
  })
}

type Subtask = Manifest['operators'][number]['subtasks'][number]

/** Stores or gives back another manifest than it should. */
const withSubtasks = (
  manifest: Manifest,
  change: (subtask: Subtask, all: readonly Subtask[]) => Subtask,
): Manifest => ({
  ...manifest,
  operators: manifest.operators.map((operator) => ({
    ...operator,
    subtasks: operator.subtasks.map((subtask) => change(subtask, operator.subtasks)),
  })),
})

/** Loses what the first subtask of each operator stored of its keys. */
const losing = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, {
    putManifest: (manifest) =>
      inner.putManifest(
        withSubtasks(manifest, (subtask) => (subtask.index === 0 ? { ...subtask, keyed: [] } : subtask)),
      ),
  })

/** Gives the keys of the last subtask to all of them. */
const sharing = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, {
    async load(id) {
      const snapshot = await inner.load(id)
      const manifest = withSubtasks(snapshot.manifest, (subtask, all) => ({ ...subtask, keyed: all.at(-1)!.keyed }))
      return { path: snapshot.path, manifest, read: (handle) => snapshot.read(handle) } satisfies StoredSnapshot
    },
  })

/** Gives back the checkpoint before the one it is asked for, if there is one. */
const lagging = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, {
    load: (id) => inner.load((id - 1) as CheckpointId).catch(() => inner.load(id)),
  })

/** Forgets what it was told to remove. */
const hoarding = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, { discard: () => Promise.resolve(true), sweep: () => Promise.resolve([]) })

/** Leaves the last segment of what has changed out of the manifest, and says so to nobody. */
const outdated = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, {
    putManifest: (manifest) =>
      inner.putManifest(
        withSubtasks(manifest, (subtask) =>
          subtask.keyed.length > 1 ? { ...subtask, keyed: subtask.keyed.slice(0, -1) } : subtask,
        ),
      ),
  })

/** Changes what each operator of each subtask restores. */
const restoring =
  (change: (restore: OperatorRestore) => OperatorRestore) =>
  (descriptors: readonly SubtaskDescriptor[]): readonly SubtaskDescriptor[] =>
    descriptors.map((descriptor) => {
      const { restore } = descriptor
      return restore === undefined
        ? descriptor
        : { ...descriptor, restore: { ...restore, operators: restore.operators.map(change) } }
    })

/** Of what several old subtasks wrote, leaves out what the last one wrote of keys. */
const withoutLastKeys = restoring((operator) => {
  const last = operator.keyed.findLastIndex(({ handle }) => handle.delta !== true)
  return last > 0 ? { ...operator, keyed: operator.keyed.slice(0, last) } : operator
})

/** The same for items that belong to no key. */
const withoutLastItems = restoring((operator) =>
  operator.operator.length > 1 ? { ...operator, operator: operator.operator.slice(0, -1) } : operator,
)

/** Operators with keys forget what they keep beside them: how far event time had come. */
const withoutWatermarks = restoring((operator) =>
  operator.keyed.length > 0 ? { ...operator, operator: [] } : operator,
)

/** The first subtask takes key groups of the second, too. */
const withKeysOfTheNext = (descriptors: readonly SubtaskDescriptor[]): readonly SubtaskDescriptor[] =>
  descriptors.map((descriptor) => {
    const { index, parallelism } = descriptor
    return index === 0 && parallelism > 1 ? { ...descriptor, parallelism: parallelism - 1 } : descriptor
  })

/** Keeps something in its context that cannot be written. */
const unwritable = withAction(jobMachine, 'noteStatus', assign({ latest: () => (() => 0) as never }))

/** These faults and no others. */
const only = (faults: FaultSettings): FaultSettings => ({
  ...Object.fromEntries(faultNames.map((name) => [name, false])),
  ...faults,
})

export const mutants: readonly SimulationMutant[] = [
  {
    name: 'a store says that it has stored what it has not',
    checker: 'S8',
    program: 'keyed-count',
    mutation: { checkpoints: hasty },
  },
  {
    name: 'a store loses the keys of a subtask',
    checker: 'output',
    program: 'keyed-count',
    mutation: { checkpoints: losing },
  },
  {
    name: 'alignment lets records pass',
    checker: 'S1',
    program: 'counts-at-least-once',
    mutation: { claims: 'exactly-once' },
  },
  {
    name: 'a channel gives a barrier before the batch in front of it',
    checker: 'S2',
    program: 'keyed-count',
    mutation: { channel: hastyWith('barrier') },
  },
  {
    name: 'an attempt is restored from the checkpoint before the newest',
    checker: 'S10',
    program: 'keyed-count',
    mutation: { checkpoints: lagging },
    faults: only({ 'function-throws': { rate: 0.01, most: 1 } }),
  },
  {
    name: 'every subtask restores the keys of the last one',
    checker: 'S12',
    program: 'keyed-count',
    mutation: { checkpoints: sharing },
  },
  {
    name: 'the timers of a subtask are lost at a restore',
    checker: 'S14',
    program: 'timers',
    mutation: { checkpoints: losing },
  },
  {
    name: 'a channel loses a batch now and then',
    checker: 'S17',
    program: 'keyed-count',
    mutation: { channel: LossyChannel },
  },
  {
    name: "the job's chart keeps a function in its context",
    checker: 'S18',
    program: 'keyed-count',
    mutation: { charts: { job: unwritable } },
  },
  {
    name: 'the coordinator takes an aborted checkpoint for one in flight',
    checker: 'L2',
    program: 'keyed-count',
    mutation: {
      charts: {
        coordinator: coordinatorOf({
          main: withAction(coordinatorMachine, 'noteAborted', assign({})),
          pending: pendingMachine,
        }),
      },
    },
    faults: only({ 'store-fails': { rate: 0.5, most: 1 } }),
    maxSteps: 20_000,
  },
  {
    name: 'a store forgets what it is told to remove',
    checker: 'L7',
    program: 'keyed-count',
    mutation: { checkpoints: hoarding },
    faults: only({ 'store-fails': { rate: 0.1, most: 2 } }),
  },
  {
    name: 'a store leaves out what has changed last',
    checker: 'output',
    program: 'incremental',
    mutation: { checkpoints: outdated },
  },
  {
    name: 'at another parallelism two subtasks restore one key group',
    checker: 'S12',
    program: 'keyed-count',
    mutation: { descriptors: withKeysOfTheNext },
    rescale: true,
  },
  {
    name: 'at another parallelism key groups are given to nobody',
    checker: 'S12',
    program: 'keyed-count',
    mutation: { descriptors: withoutLastKeys },
    rescale: true,
  },
  {
    name: 'at another parallelism the timers of a subtask are lost',
    checker: 'S14',
    program: 'timers',
    mutation: { descriptors: withoutLastKeys },
    rescale: true,
  },
  {
    name: 'with fewer subtasks items that belong to no key are lost',
    checker: 'output',
    program: 'keyed-count',
    mutation: { descriptors: withoutLastItems },
    rescale: true,
  },
  {
    name: 'a channel gives a watermark before the batch in front of it',
    checker: 'output',
    program: 'windows',
    mutation: { channel: hastyWith('watermark') },
  },
  {
    name: 'an operator forgets its watermark at a restore',
    checker: 'output',
    program: 'event-timers',
    mutation: { descriptors: withoutWatermarks },
  },
  {
    name: 'the event-time timers of a subtask are lost at a restore',
    checker: 'S14',
    program: 'event-timers',
    mutation: { checkpoints: losing },
  },
]
