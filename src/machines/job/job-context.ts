/** What the job's chart knows besides its state, the questions of its guards, and how the context changes. */
import type { CheckpointId } from '../../core/ids.ts'
import type { Failure, SubtaskStatus } from '../subtask/protocol.ts'
import type { JobEvent, JobMachineInput } from './protocol.ts'
import { decideRestart, noFailures, type RestartHistory, type RestartVerdict } from './restart-strategy.ts'

export interface JobContext {
  readonly input: JobMachineInput
  readonly attempt: number
  /** Of the current attempt, in the order of `input.subtasks`. */
  readonly statuses: readonly SubtaskStatus[]
  /** The newest completed checkpoint when the last attempt had settled. */
  readonly latest: CheckpointId | undefined
  /** The failure that ended the current attempt, and what the restart strategy says of it. */
  readonly failure: Failure | undefined
  readonly verdict: RestartVerdict
  readonly history: RestartHistory
}

export interface Situation {
  readonly context: JobContext
  readonly event: JobEvent
}

const created = (input: JobMachineInput): readonly SubtaskStatus[] => input.subtasks.map(() => 'created')

export const initialContext = (input: JobMachineInput): JobContext => ({
  input,
  attempt: input.firstAttempt,
  statuses: created(input),
  latest: undefined,
  failure: undefined,
  verdict: { type: 'give-up' },
  history: noFailures,
})

const up: readonly SubtaskStatus[] = ['running', 'ended', 'finished']
const terminal: readonly SubtaskStatus[] = ['finished', 'canceled', 'failed']
const all = (context: JobContext, statuses: readonly SubtaskStatus[]): boolean =>
  context.statuses.every((status) => statuses.includes(status))

/** A report of the current attempt by a subtask that is not over yet; nothing else is believed. */
const isNews = ({ context, event }: Situation): boolean => {
  if (event.type !== 'subtask.reported' || event.attempt !== context.attempt) return false
  const status = context.statuses[context.input.subtasks.indexOf(event.subtask)]
  return status !== undefined && !terminal.includes(status)
}
const reports =
  (status: SubtaskStatus) =>
  (situation: Situation): boolean =>
    isNews(situation) && situation.event.type === 'subtask.reported' && situation.event.status === status

export const failureIn = (event: JobEvent): Failure => {
  if ('failure' in event && event.failure !== undefined) return event.failure
  const who = event.type === 'subtask.reported' ? `Subtask ${event.subtask}` : 'The job'
  return { code: 'JOB_FAILED', message: `${who} ended and did not say why.`, restartable: true }
}

export const questions = {
  isNews,
  /** Nobody asks a subtask to cancel while the job is alive, so that one is lost like one that failed. */
  reportsLost: (s: Situation) => reports('failed')(s) || reports('canceled')(s),
  reportsEnded: reports('ended'),
  reportsFinished: reports('finished'),
  reportsFatal: (s: Situation) => reports('failed')(s) && !failureIn(s.event).restartable,
  isFatal: ({ event }: Situation) => event.type === 'job.crashed' && !event.failure.restartable,
  allUp: ({ context }: Situation) => all(context, up),
  allFinished: ({ context }: Situation) => all(context, ['finished']),
  allOver: ({ context }: Situation) => all(context, terminal),
  mayRestart: ({ context }: Situation) => all(context, terminal) && context.verdict.type === 'restart',
}

type Change = (situation: Situation) => Partial<JobContext>

export const changes = {
  noteStatus: ({ context, event }) =>
    event.type === 'subtask.reported'
      ? { statuses: context.statuses.with(context.input.subtasks.indexOf(event.subtask), event.status) }
      : {},
  /** The strategy is asked when the failure happens, so that its times are those of failures. */
  judgeFailure: ({ context, event }) => {
    const failure = failureIn(event)
    const random = 'random' in event ? event.random : 0
    const { input, history } = context
    return { failure, ...decideRestart(input.restart, history, failure, event.at, random) }
  },
  giveUp: ({ event }) => ({ failure: failureIn(event), verdict: { type: 'give-up' } }),
  noteLatest: ({ event }) => (event.type === 'checkpoints.settled' ? { latest: event.latest } : {}),
  nextAttempt: ({ context }) => ({
    attempt: context.attempt + 1,
    statuses: created(context.input),
    failure: undefined,
  }),
} satisfies Record<string, Change>

export const restartDelayMs = (context: JobContext): number =>
  context.verdict.type === 'restart' ? context.verdict.delayMs : 0
