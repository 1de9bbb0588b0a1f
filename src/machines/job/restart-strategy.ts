/**
 * Whether and when a job that failed is started again: the four strategies as a pure function of what failed before.
 *
 * Owns the arithmetic only; the chart of the job owns what happens until the restart. Times are milliseconds.
 * INV-RS-1 a failure that a restart cannot help gives up, whatever the strategy. INV-RS-2 no delay is negative, and one of
 * exponential-delay lies between the initial and the largest backoff.
 * The edges are shown by `test/machines/job/restart-strategy.test.ts`.
 */
import type { Failure } from '../subtask/protocol.ts'
import type { RestartStrategy } from './protocol.ts'

export interface RestartHistory {
  /** Restarts granted; in exponential-delay since the backoff was last reset. */
  readonly restarts: number
  /** When the failures of the last interval happened, oldest first (failure-rate). */
  readonly failedAt: readonly number[]
  /** When the last granted restart is (or was) due. */
  readonly dueAt: number
}

export type RestartVerdict = { readonly type: 'restart'; readonly delayMs: number } | { readonly type: 'give-up' }

export interface RestartDecision {
  readonly verdict: RestartVerdict
  readonly history: RestartHistory
}

export const noFailures: RestartHistory = { restarts: 0, failedAt: [], dueAt: 0 }

/**
 * The verdict on one failure of a job, at `at`, with `random` in [0, 1) for the jitter.
 *
 * ```ts
 * const strategy = { strategy: 'fixed-delay', attempts: 1, delayMs: 1_000 } as const
 * const first = decideRestart(strategy, noFailures, failure, 0, 0) // restart in 1 s
 * decideRestart(strategy, first.history, failure, 5_000, 0) // give up
 * ```
 */
export function decideRestart(
  strategy: RestartStrategy,
  history: RestartHistory,
  failure: Failure,
  at: number,
  random: number,
): RestartDecision {
  if (!failure.restartable) return { verdict: { type: 'give-up' }, history }
  const grant = (delayMs: number, changed: Partial<RestartHistory> = {}): RestartDecision => ({
    verdict: { type: 'restart', delayMs },
    history: { ...history, restarts: history.restarts + 1, dueAt: at + delayMs, ...changed },
  })
  const giveUp: RestartDecision = { verdict: { type: 'give-up' }, history }
  switch (strategy.strategy) {
    case 'none':
      return giveUp
    case 'fixed-delay':
      return history.restarts < strategy.attempts ? grant(strategy.delayMs) : giveUp
    case 'exponential-delay': {
      const calm = at - history.dueAt >= strategy.resetBackoffThresholdMs
      const restarts = calm ? 0 : history.restarts
      if (strategy.attempts !== undefined && restarts >= strategy.attempts) return giveUp
      return grant(backoffMs(strategy, restarts, random), { restarts: restarts + 1 })
    }
    case 'failure-rate': {
      const recent = history.failedAt.filter((time) => at - time < strategy.failureRateIntervalMs)
      // "Per interval" is exceeded by one more failure than allowed, so a limit of 1 grants a restart.
      if (recent.length >= strategy.maxFailuresPerInterval) return giveUp
      return grant(strategy.delayMs, { failedAt: [...recent, at] })
    }
  }
}

type Exponential = Extract<RestartStrategy, { strategy: 'exponential-delay' }>

/** Doubles (or so) per restart; the jitter spreads jobs that wait for the same broken thing. */
function backoffMs(strategy: Exponential, restarts: number, random: number): number {
  const { initialBackoffMs, maxBackoffMs, backoffMultiplier, jitterFactor } = strategy
  const plain = Math.min(initialBackoffMs * backoffMultiplier ** restarts, maxBackoffMs)
  const jitter = plain * jitterFactor * (2 * random - 1)
  return Math.max(initialBackoffMs, Math.min(Math.round(plain + jitter), maxBackoffMs))
}
