/**
 * Edges that no scenario takes in its short size, each with the reason. One that is taken after all must go from here.
 */
export type Uncovered = Readonly<Record<string, Readonly<Record<string, string>>>>

const because = (reason: string, edges: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(edges.map((edge) => [edge, reason]))

const runs =
  'the coordinator and the channels speak only to subtasks that run: it hears of an attempt when all of them do'
const walk = 'no scenario drives it here; the tables and walks of test/machines take it'
const atomic = 'the model answers takeSnapshot within the step that orders it, so nothing else is heard in between'
const clean =
  'files that stay change nothing but a word to the log, and no scenario lets a deletion take its time and fail'
const settled = 'the job says that it has ended only after the coordinator has settled, so nothing is pending then'
const begin = 'the process begins and submits its job within one step'
const over = 'the client of the model ends a job once, and the job is released within one step'

export const uncovered: Uncovered = {
  subtask: {
    ...because(runs, [
      'created × checkpoint.triggered',
      'created × checkpoint.aborted',
      'endingAgain × checkpoint.triggered',
    ]),
    ...because(walk, [
      'alive.running.consuming × checkpoint.triggered #2',
      'alive.running.consuming × checkpoint.triggered #3',
      'alive.running.consuming × checkpoint.triggered #4',
      'alive.running.consuming × always',
      'alive.running.consuming × always #2',
      'alive.running.aligning × barrier.received',
      'alive.running.aligning × barrier.received #2',
      'alive.running.aligning × barrier.received #4',
      'alive.running.aligning × barrier.received #5',
      'alive.running.aligning × barrier.received #6',
      'alive.running.aligning × cancel.received',
      'alive.running.aligning × cancel.received #2',
      'alive.running.aligning × checkpoint.triggered',
      'alive.running.aligning × input.closed',
      'alive.running.aligning × input.closed #2',
      'alive.running.aligned × snapshot.taken',
      'alive.running.aligned × snapshot.failed',
      'alive.running.recording × barrier.received #2',
      'alive.running.recording × barrier.received #3',
      'alive.running.recording × barrier.received #4',
      'alive.running.recording × barrier.received #5',
      'alive.running.recording × cancel.received',
      'alive.running.recording × checkpoint.triggered',
      'alive.running.recording × input.ended',
      'alive.running.recording × input.ended #2',
      'alive.running.recording × input.ended #3',
      'alive.running.recording × input.closed',
      'alive.ending × data.ended #3',
      'alive.ending × data.ended #4',
      'alive.ending × checkpoint.triggered',
      'alive.ending × checkpoint.aborted',
      'alive.ending × alignment.timed-out',
      'alive.draining × checkpoint.triggered',
      'alive.ended × barrier.received #2',
      'alive.ended.waiting × barrier.received #3',
      'alive.ended.waiting × barrier.received #4',
      'alive.ended.waiting × always',
      'alive.ended.waiting × always #2',
      'alive.ended.aligning × barrier.received',
      'alive.ended.aligning × barrier.received #2',
      'alive.ended.aligning × barrier.received #3',
      'alive.ended.aligning × barrier.received #4',
      'alive.ended.aligning × barrier.received #5',
      'alive.ended.aligning × barrier.received #6',
      'alive.ended.aligning × cancel.received',
      'alive.ended.aligning × cancel.received #2',
      'alive.ended.aligning × checkpoint.aborted',
      'alive.ended.aligning × alignment.timed-out',
      'alive.ended.aligning × checkpoint.triggered',
      'alive.ended.aligning × input.closed',
      'alive.ended.aligning × input.closed #2',
      'alive.ended.aligned × snapshot.taken',
      'alive.ended.aligned × snapshot.failed',
      'alive.ended.snapshotting × snapshot.failed',
      'alive.suspended × snapshot.failed',
      'alive.suspended × checkpoint.aborted',
      'alive.suspended × checkpoint.triggered',
      'alive.committing × checkpoint.triggered',
      'alive.committing × always',
      'alive.closing × checkpoint.triggered',
    ]),
    ...because(atomic, [
      'alive.running.aligned × subtask.crashed',
      'alive.running.aligned × subtask.canceled',
      'alive.running.aligned × *',
      'alive.running.snapshotting × subtask.crashed',
      'alive.running.snapshotting × subtask.canceled',
      'alive.running.snapshotting × *',
      'alive.ended.aligned × subtask.crashed',
      'alive.ended.aligned × subtask.canceled',
      'alive.ended.aligned × *',
      'alive.ended.snapshotting × subtask.crashed',
      'alive.ended.snapshotting × subtask.canceled',
      'alive.ended.snapshotting × *',
    ]),
  },
  coordinator: {
    ...because(clean, ['any × storage.cleaned #2']),
    ...because(walk, [
      'any × timer.fired',
      'active.running × checkpoint.requested',
      'active.running × subtask.finished',
      'active.running × always #3',
      'active.running × always #4',
      'active.stopping × checkpoint.requested',
      'active.halting × checkpoint.requested',
      'active.halting × checkpoint.completed',
    ]),
    ...because(settled, [
      'active × job.ended',
      'settling × job.ended',
      'settlingToEnd × checkpoint.completed',
      'settlingToEnd × checkpoint.aborted',
      'settlingToEnd × always',
      'ending × checkpoint.completed',
      'ending × checkpoint.aborted',
      'ending × always',
    ]),
  },
  pending: {
    ...because(walk, [
      'any × *',
      'collecting × checkpoint.subsumed',
      'storing × subtask.finished',
      'publishing × subtask.finished',
      'storingWhileSubsumed × manifest.failed',
      'storingWhileSubsumed × subtask.acknowledged',
      'storingWhileSubsumed × subtask.declined',
    ]),
    ...because(settled, [
      'collecting × job.ended',
      'storing × job.ended',
      'publishing × job.ended',
      'storingWhileSubsumed × job.ended',
    ]),
  },
  job: {
    ...because(begin, [
      'initializing × job.crashed',
      'initializing × cancel.requested',
      'initializing × suspend.requested',
    ]),
    ...because(walk, ['restarting × job.crashed']),
    ...because(over, [
      'suspending × suspend.requested',
      'suspending × job.crashed',
      'releasing × cancel.requested',
      'releasing × suspend.requested',
      'suspended × suspend.requested',
    ]),
  },
}
