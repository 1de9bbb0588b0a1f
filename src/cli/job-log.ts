/** Tells the log what goes wrong with a job and what is done about it. Progress is told elsewhere. */
import type { SessionJob } from '../job/session.ts'
import type { Log } from '../job/session-options.ts'
import type { JobEvent } from '../program/job-handle.ts'
import { formatMs } from './progress.ts'

/** Logs the failures, restarts and given-up checkpoints of a job until it ends. */
export function logJob(job: SessionJob, log: Log): void {
  job.events.subscribe((event) => {
    const text = describeEvent(event)
    if (text !== undefined) log(event.type === 'checkpoint-aborted' ? 'info' : 'warn', `${job.name}: ${text}`)
  })
}

/** What an operator of the system should know; undefined for what is in order. */
export function describeEvent(event: JobEvent): string | undefined {
  switch (event.type) {
    case 'task-failed': {
      const { operatorName, subtaskIndex, attempt, error } = event
      return `'${operatorName}' failed in subtask ${subtaskIndex}, attempt ${attempt}: [${error.code}] ${error.message}`
    }
    case 'restarting': {
      const from = event.fromCheckpoint === undefined ? 'from the beginning' : `from checkpoint ${event.fromCheckpoint}`
      return `restarts ${from} in ${formatMs(event.delayMs)}, attempt ${event.attempt}`
    }
    case 'checkpoint-aborted':
      return `${event.kind} ${event.checkpointId} was given up: ${event.reason}`
    default:
      return undefined
  }
}
