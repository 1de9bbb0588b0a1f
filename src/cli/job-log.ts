/** Tells the log what goes wrong with a job and what is done about it. Progress is told elsewhere. */
import type { SessionJob } from '../job/session.ts'
import type { Log, LogLevel } from '../job/session-options.ts'
import type { JobEvent } from '../program/job-handle.ts'
import { formatMs, formatShare } from './progress.ts'

/**
 * Logs the failures, restarts and given-up checkpoints of a job until it ends. A failure is told once it is known
 * whether the job restarts; with `endTold`, somebody else tells the one that ends it.
 */
export function logJob(job: SessionJob, log: Log, { endTold = false }: { readonly endTold?: boolean } = {}): void {
  let failures: { readonly text: string; readonly message: string }[] = []
  let ending: string | undefined
  const tell = (text: string, level: LogLevel = 'warn') => log(level, `${job.name}: ${text}`)
  const tellFailures = (but?: string) => {
    for (const { text, message } of failures) if (message !== but) tell(text)
    failures = []
  }
  job.events.subscribe({
    next: (event) => {
      const text = describeEvent(event)
      if (event.type === 'status-changed') ending = event.error?.message
      if (event.type === 'restarting') tellFailures()
      if (text === undefined) return
      if (event.type === 'task-failed') failures.push({ text, message: event.error.message })
      else tell(text, event.type === 'checkpoint-aborted' || event.type === 'restore-progressed' ? 'info' : 'warn')
    },
    complete: () => tellFailures(endTold ? ending : undefined),
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
    case 'restore-progressed': {
      const { operatorName, subtaskIndex, bytes, totalBytes } = event
      return `'${operatorName}' restores its state in subtask ${subtaskIndex}: ${formatShare(bytes, totalBytes)}`
    }
    default:
      return undefined
  }
}
