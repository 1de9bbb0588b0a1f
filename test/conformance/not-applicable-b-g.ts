/** What of groups B to G cannot apply to tidemark, and what it does otherwise on purpose. */

const noHooks = 'because there are no hooks of the coordinator that would add a state of their own to a checkpoint.'
const noOperatorCoordinators =
  'because operators have no coordinators: sources are read by subtasks, whose snapshots hold all there is.'

/** Id → the reason. */
export const notApplicable: Readonly<Record<string, string>> = {
  C9: noHooks,
  D26: 'because nothing is read or written while a checkpoint begins: ids are counted in memory, and subtasks write the files.',
  D29: noOperatorCoordinators,
  D30: noHooks,
  D31: noOperatorCoordinators,
  D32: noOperatorCoordinators,
  D33: noOperatorCoordinators,
  E8: noHooks,
}

/** Id → what is different; the test of that id shows it. */
export const differs: Readonly<Record<string, string>> = {
  B8: 'of the interval one request waits at most, because a burst after a slow checkpoint helps nobody; a full queue of other requests refuses it too.',
  C2: 'the pause is one between restore points: a plain savepoint does not prolong it.',
  C5: 'to trigger is one step, so that no request ever meets another that is being triggered; what it waits for is room.',
  C8: 'what can fail at the beginning is a subtask, and at the end storage: in between nothing is set up that could.',
  D4: 'to trigger cannot fail by itself; it is the end of the subtask that aborts the checkpoint.',
  D15: 'the files of an aborted checkpoint go together, and never for one answer, because a repeated answer names those of the first; what is written later goes with the next sweep.',
  D24: 'only a draining stop fails the job: after a suspending one the sources go on, and it counts like any decline.',
  D35: 'nothing registers them: a shared file goes when no manifest of its job names it, and of another job a job deletes only what it has claimed.',
  D36: 'later checkpoints build on complete ones only, so that what an aborted or late one has written goes; what it only names stays.',
  D38: 'a savepoint points to a checkpoint, so that one on disk is refused where checkpoints are not on disk.',
  E1: 'nothing can ask a savepoint to give itself up, so that nothing is thrown either.',
  E10: 'the place follows from the id and is known from the start; what a subtask finishes after the abort it removes itself.',
  F3: 'the success of a savepoint does not, because most of its failures do not count.',
  G2: 'they are listed in the order of their ids, also where an older one completes late.',
}
