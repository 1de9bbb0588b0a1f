/** Bugs in the kernel, the disk, the job and the savepoint store. */
import { trueParts } from '../../src/testing/checkpoint-model/protocol-parts.ts'
import { crashed, died, type ExploredMutant, one, withCharts, withRules } from './explored-mutant.ts'
import { candidatesOf, editChart, withoutAction } from './mutated-chart.ts'

const { job, savepoint } = trueParts.charts

export const kernelMutants: readonly ExploredMutant[] = [
  {
    name: 'elements are taken from a blocked input',
    checker: 'S3',
    parts: withRules({ mayTake: ({ consuming }) => consuming }),
    options: one,
  },
  {
    name: 'a snapshot is confirmed before it is durable',
    checker: 'S6',
    parts: withRules({ confirms: 'ordered' }),
    options: { ...one, slow: ['acknowledgements', 'triggers', 'completions', 'manifests', 'writes'] },
  },
  {
    name: 'a new process counts on from the newest checkpoint it can restore',
    checker: 'S7',
    parts: withRules({ lastId: (_, newest) => newest }),
    options: { ...died, periodic: 2, sources: 1 },
  },
  {
    name: 'a pinned checkpoint is deleted',
    checker: 'S8',
    parts: withRules({ mayDelete: () => true }),
    options: { ...one, requests: ['savepoint'] },
  },
  {
    name: 'one subtask restores an older checkpoint than the others',
    checker: 'S9',
    parts: withRules({ restores: (subtask, wanted, stored) => (subtask === 'task' ? (stored[0] ?? wanted) : wanted) }),
    options: { sources: 1, periodic: 2, crashes: 1, coordinator: { retained: 2 } },
  },
  {
    name: 'a source says in its snapshot that it is one record behind',
    checker: 'S10',
    parts: withRules({ positionIn: (now) => Math.max(0, now - 1) }),
    options: { ...crashed, periodic: 2, sources: 1 },
  },
  {
    name: 'a sink makes visible what a later checkpoint covers',
    checker: 'S11',
    parts: withRules({ commits: () => true }),
    options: { sources: 1, periodic: 2, coordinator: { maxConcurrent: 2 } },
  },
  {
    name: 'a restored sink forgets what it owes',
    checker: 'S11',
    parts: withRules({ commitsRestored: false }),
    options: { ...crashed, sources: 1, bounded: true },
  },
  {
    name: 'the disk takes writes of an owner that was superseded',
    checker: 'S16',
    parts: withRules({ accepts: () => true }),
    options: { ...died, lingering: true },
  },
  {
    name: 'the job does not deploy again after a failure',
    checker: 'L4',
    parts: withCharts({ job: withoutAction(job, 'deploy', 'restarting') }),
    options: crashed,
  },
  {
    name: 'nobody sweeps what a dead process left',
    checker: 'L7',
    parts: withRules({ sweeps: false }),
    options: { ...died, sources: 1, ends: 'cancel' },
  },
  {
    name: 'a savepoint is published before its checkpoint is pinned',
    checker: 'S8',
    parts: withCharts({
      savepoint: editChart(savepoint, (root) => {
        const [reserved] = candidatesOf(root, 'reserving', 'name.reserved')
        Object.assign(reserved!, {
          target: 'publishing',
          actions: [
            'notePath',
            {
              type: 'publishPointer',
              params: ({ context, event }: { context: object; event: object }) => ({ ...context, ...event }),
            },
          ],
        })
      }),
    }),
    options: { ...one, requests: ['savepoint'] },
  },
]
