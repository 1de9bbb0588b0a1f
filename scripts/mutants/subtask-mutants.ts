/** Bugs in the chart of a subtask. */
import { type BarrierOutcome, barrierOutcome } from '../../src/machines/subtask/barrier-alignment.ts'
import { forwardBarrier } from '../../src/machines/subtask/orders.ts'
import { channelIn, checkpointIn, type Situation } from '../../src/machines/subtask/situation.ts'
import { trueParts } from '../../src/testing/checkpoint-model/protocol-parts.ts'
import { type ExploredMutant, one, two, withCharts } from './explored-mutant.ts'
import { addAction, candidatesOf, editChart, withGuard, withoutAction } from './mutated-chart.ts'

const { subtask } = trueParts.charts

const barrierIs =
  (...outcomes: readonly BarrierOutcome[]) =>
  ({ context, event }: Situation): boolean =>
    outcomes.includes(barrierOutcome(context.barriers, channelIn(event), checkpointIn(event)))

const forwardOfEvent = { type: 'forwardBarrier', params: ({ event }: Situation) => event } as const

export const subtaskMutants: readonly ExploredMutant[] = [
  {
    name: 'takes its snapshot at the first barrier',
    checker: 'S1',
    parts: withCharts({ subtask: withGuard(subtask, 'barrierLast', barrierIs('first', 'last')) }),
    options: one,
  },
  {
    name: 'passes an old barrier on',
    checker: 'S2',
    parts: withCharts({
      subtask: editChart(subtask, (root) => addAction(root, 'alive.running', 'barrier.received', 0, forwardOfEvent)),
    }),
    options: two,
  },
  {
    name: 'does not block an input whose barrier has come',
    checker: 'S3',
    parts: withCharts({ subtask: withoutAction(subtask, 'blockInput') }),
    options: one,
  },
  {
    name: 'forwards the barrier before the snapshot',
    checker: 'S4',
    parts: withCharts({
      subtask: editChart(withoutAction(subtask, 'forwardBarrier', 'alive.running.snapshotting'), (root) => {
        addAction(root, 'alive.running.consuming', 'checkpoint.triggered', 2, forwardOfEvent)
      }),
    }),
    options: one,
  },
  {
    name: 'forwards the barrier twice',
    checker: 'S4',
    parts: withCharts({
      subtask: editChart(subtask, (root) => {
        for (const candidate of candidatesOf(root, 'alive.running.aligned', 'snapshot.taken')) {
          candidate.actions = [forwardBarrier, candidate.actions].flat()
        }
      }),
    }),
    options: one,
  },
  {
    name: 'commits what a checkpoint covers when it is aborted',
    checker: 'S11',
    parts: withCharts({
      subtask: editChart(subtask, (root) => {
        const commit = { type: 'commit', params: ({ event }: Situation) => ({ checkpointId: checkpointIn(event) }) }
        for (const index of [0, 1]) addAction(root, 'alive', 'checkpoint.aborted', index, commit)
      }),
    }),
    options: one,
  },
  {
    name: 'goes on after the barrier of a stop',
    checker: 'S15',
    parts: withCharts({ subtask: withoutAction(subtask, 'pauseConsuming', 'alive.running.snapshotting') }),
    options: { requests: ['stop-suspend'] },
  },
  {
    name: 'leaves its inputs blocked when the alignment ends',
    checker: 'L3',
    parts: withCharts({ subtask: withoutAction(subtask, 'unblockInputs', 'alive.running.aligned') }),
    options: one,
  },
  {
    name: 'does not commit at its end what the last checkpoint covers',
    checker: 'L5',
    parts: withCharts({ subtask: withoutAction(subtask, 'commit', 'alive.ended') }),
    options: { sources: 1, bounded: true },
  },
]
