/** Flink's names. `FINISHED`, `CANCELED` and `FAILED` are the ends; `SUSPENDED` means that its process stopped. */
export type JobStatus =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'

/** The statuses after which nothing comes. */
export const endStatuses: readonly JobStatus[] = ['FINISHED', 'FAILED', 'CANCELED', 'SUSPENDED']
