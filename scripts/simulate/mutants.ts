/**
 * Deliberate bugs that the simulation must find: each is the true runtime with one part broken. `checker` says who
 * objects first in most runs; any objection counts.
 */
import type { JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import type { SimulationMutation } from '../../src/testing/simulation/simulation-exports.ts'

export interface SimulationMutant {
  readonly name: string
  readonly checker: string
  /** The program it is run with. */
  readonly program: string
  readonly mutation: SimulationMutation
  /** What must go wrong for the bug to show: how often each happens, at most. */
  readonly faults?: Readonly<Record<string, number>>
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

/** Loses what the first subtask of each operator stored of its keys. */
const losing = (inner: JobCheckpoints): JobCheckpoints =>
  withMethods(inner, {
    putManifest: (manifest) =>
      inner.putManifest({
        ...manifest,
        operators: manifest.operators.map((operator) => ({
          ...operator,
          subtasks: operator.subtasks.map((subtask) =>
            subtask.index === 0 ? { ...subtask, keyed: undefined } : subtask,
          ),
        })),
      }),
  })

export const mutants: readonly SimulationMutant[] = [
  {
    name: 'a store that says it has stored what it has not',
    checker: 'S8',
    program: 'keyed-count',
    mutation: { checkpoints: hasty },
  },
  {
    name: 'a store that loses the keys of a subtask',
    checker: 'output',
    program: 'keyed-count',
    mutation: { checkpoints: losing },
  },
  {
    name: 'alignment that lets records pass',
    checker: 'S1',
    program: 'counts-at-least-once',
    mutation: { claims: 'exactly-once' },
  },
]
