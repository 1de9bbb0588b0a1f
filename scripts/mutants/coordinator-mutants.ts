/** Bugs in the charts of the coordinator. */
import type { CoordinatorContext } from '../../src/machines/checkpoint-coordinator/coordinator-context.ts'
import type { PendingEvent } from '../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { acknowledge, type PendingCheckpoint } from '../../src/machines/checkpoint-coordinator/pending-checkpoint.ts'
import * as say from '../../src/machines/checkpoint-coordinator/pending-effects.ts'
import { trueParts } from '../../src/testing/checkpoint-model/protocol-parts.ts'
import { crashed, type ExploredMutant, one, two, withCharts } from './explored-mutant.ts'
import { addAction, type ChartNode, editChart, nodeAt, withGuard, withoutAction } from './mutated-chart.ts'

const { main, pending } = trueParts.charts

interface Heard {
  readonly context: PendingCheckpoint
  readonly event: PendingEvent
}
const heard = ({ context, event }: Heard): string =>
  event.type === 'subtask.acknowledged' ? acknowledge(context, event).outcome : 'none'

/** The coordinator that believes in another configuration than it was given. */
const believing = (config: Partial<CoordinatorContext['config']>) =>
  editChart(main, (root) => {
    const begun = (root as ChartNode & { context: (args: unknown) => CoordinatorContext }).context
    const believes = (args: unknown): CoordinatorContext => {
      const context = begun(args)
      return { ...context, config: { ...context.config, ...config } }
    }
    Object.assign(root, { context: believes })
  })

export const coordinatorMutants: readonly ExploredMutant[] = [
  {
    name: 'completes a checkpoint at its first acknowledgement',
    checker: 'S5',
    parts: withCharts({
      pending: withGuard(
        withGuard(pending, 'isAnother', () => false),
        'isLast',
        (args: Heard) => ['success', 'last'].includes(heard(args)),
      ),
    }),
    options: one,
  },
  {
    name: 'completes a checkpoint twice',
    checker: 'S5',
    parts: withCharts({
      pending: editChart(pending, (root) => {
        nodeAt(root, 'completed').entry = [say.announceCompleted, say.announceCompleted, say.concludeCompleted]
      }),
    }),
    options: one,
  },
  {
    name: 'tells subtasks of a completion before the manifest is stored',
    checker: 'S6',
    parts: withCharts({
      pending: editChart(pending, (root) => {
        nodeAt(root, 'storing').entry = [say.putManifest, say.notifyComplete]
      }),
    }),
    options: one,
  },
  {
    name: 'retires the checkpoint that has just completed',
    checker: 'S8',
    parts: withCharts({
      main: editChart(main, (root) => {
        const retire = {
          type: 'retire',
          params: ({ event }: { event: { checkpointId: number } }) => ({ checkpointIds: [event.checkpointId] }),
        }
        addAction(root, 'active.running', 'checkpoint.completed', 1, retire)
      }),
    }),
    options: one,
  },
  {
    name: 'discards a checkpoint that is being stored',
    checker: 'S8',
    parts: withCharts({
      pending: editChart(pending, (root) => addAction(root, 'storing', 'job.stopping', 0, say.discard)),
    }),
    options: crashed,
  },
  {
    name: 'begins more checkpoints at once than it may',
    checker: 'S13',
    parts: withCharts({ main: believing({ maxConcurrent: 9 }) }),
    options: two,
  },
  {
    name: 'never lets a checkpoint expire',
    checker: 'L1',
    parts: withCharts({ pending: editChart(pending, (root) => void delete nodeAt(root, 'collecting').after) }),
    options: { ...one, lost: 1 },
  },
  {
    name: 'forgets who waits in the queue when the job stops running',
    checker: 'L6',
    parts: withCharts({ main: withoutAction(main, 'refuse') }),
    options: { requests: ['savepoint'], crashes: 1 },
  },
  {
    name: 'does not answer who asked for a savepoint that fails',
    checker: 'L6',
    parts: withCharts({
      pending: editChart(pending, (root) => {
        nodeAt(root, 'aborted').entry = [say.announceAborted, say.concludeAborted]
      }),
    }),
    options: { sources: 1, requests: ['savepoint'], expiries: 1 },
  },
]
