import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RestartStrategy } from '../../../src/machines/job/protocol.ts'
import {
  decideRestart,
  noFailures,
  type RestartHistory,
  type RestartVerdict,
} from '../../../src/machines/job/restart-strategy.ts'

const failure = { code: 'SINK_FAILED', message: 'the sink is away', restartable: true }
const middle = 0.5

/** The verdicts on failures at these times. */
function verdicts(
  strategy: RestartStrategy,
  times: readonly number[],
  random = middle,
): readonly (number | 'give-up')[] {
  let history: RestartHistory = noFailures
  return times.map((at) => {
    const decision = decideRestart(strategy, history, failure, at, random)
    history = decision.history
    return short(decision.verdict)
  })
}
const short = (verdict: RestartVerdict) => (verdict.type === 'restart' ? verdict.delayMs : 'give-up')

const exponential = {
  strategy: 'exponential-delay',
  initialBackoffMs: 1_000,
  maxBackoffMs: 60_000,
  backoffMultiplier: 2,
  resetBackoffThresholdMs: 100_000,
  jitterFactor: 0.1,
  attempts: undefined,
} as const

describe('none', () => {
  it('gives up at the first failure', () => {
    expect(verdicts({ strategy: 'none' }, [0])).toEqual(['give-up'])
  })
})

describe('fixed-delay', () => {
  it.each([
    [0, ['give-up']],
    [1, [500, 'give-up', 'give-up']],
    [2, [500, 500, 'give-up']],
  ] as const)('grants %i restarts in a life', (attempts, expected) => {
    const times = expected.map((_, index) => index * 1_000_000)
    expect(verdicts({ strategy: 'fixed-delay', attempts, delayMs: 500 }, times)).toEqual(expected)
  })
})

describe('exponential-delay', () => {
  it('multiplies the delay up to its maximum', () => {
    expect(verdicts(exponential, [0, 0, 0, 0, 0, 0, 0, 0])).toEqual([1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 60e3, 60e3])
  })

  it('starts again after a calm as long as the threshold, counted from the restart', () => {
    expect(verdicts(exponential, [0, 1_000 + 99_999])).toEqual([1_000, 2_000])
    expect(verdicts(exponential, [0, 1_000 + 100_000])).toEqual([1_000, 1_000])
  })

  it('counts attempts since the last calm', () => {
    const limited = { ...exponential, attempts: 2 }
    expect(verdicts(limited, [0, 0, 0])).toEqual([1_000, 2_000, 'give-up'])
    expect(verdicts(limited, [0, 0, 500_000, 500_000, 500_000])).toEqual([1_000, 2_000, 1_000, 2_000, 'give-up'])
  })

  it('spreads the delay by the jitter, never below the first nor above the last', () => {
    const late = [0, 0, 0]
    expect(verdicts(exponential, late, 0).at(-1)).toBe(3_600)
    expect(verdicts(exponential, late, 0.999_999).at(-1)).toBe(4_400)
    expect(verdicts(exponential, [0], 0)).toEqual([1_000])
    expect(verdicts({ ...exponential, initialBackoffMs: 60_000 }, [0], 0.999_999)).toEqual([60_000])
  })
})

describe('failure-rate', () => {
  const rate = {
    strategy: 'failure-rate',
    maxFailuresPerInterval: 2,
    failureRateIntervalMs: 1_000,
    delayMs: 10,
  } as const

  it('grants as many restarts per interval as failures are allowed', () => {
    expect(verdicts(rate, [0, 500, 999])).toEqual([10, 10, 'give-up'])
  })

  it('forgets failures that are an interval old', () => {
    expect(verdicts(rate, [0, 500, 1_000, 1_499])).toEqual([10, 10, 10, 'give-up'])
    expect(verdicts(rate, [0, 500, 1_000, 1_500])).toEqual([10, 10, 10, 10])
  })

  it('gives up at once when no failure is allowed', () => {
    expect(verdicts({ ...rate, maxFailuresPerInterval: 0 }, [0])).toEqual(['give-up'])
  })
})

describe('every strategy', () => {
  const time = fc.integer({ min: 0, max: 1_000_000 })
  const count = fc.integer({ min: 0, max: 5 })
  const strategies: fc.Arbitrary<RestartStrategy> = fc.oneof(
    fc.constant({ strategy: 'none' } as const),
    fc.record({ strategy: fc.constant('fixed-delay' as const), attempts: count, delayMs: time }),
    fc.record({
      strategy: fc.constant('exponential-delay' as const),
      initialBackoffMs: fc.integer({ min: 0, max: 1_000 }),
      maxBackoffMs: fc.integer({ min: 1_000, max: 100_000 }),
      backoffMultiplier: fc.double({ min: 1, max: 4, noNaN: true }),
      resetBackoffThresholdMs: time,
      jitterFactor: fc.double({ min: 0, max: 1, noNaN: true }),
      attempts: fc.option(count, { nil: undefined }),
    }),
    fc.record({
      strategy: fc.constant('failure-rate' as const),
      maxFailuresPerInterval: count,
      failureRateIntervalMs: time,
      delayMs: time,
    }),
  )
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('gives up on a failure that a restart cannot help, and remembers nothing of it', () => {
    fc.assert(
      fc.property(strategies, time, random, (strategy, at, draw) => {
        const decision = decideRestart(strategy, noFailures, { ...failure, restartable: false }, at, draw)
        expect(decision).toEqual({ verdict: { type: 'give-up' }, history: noFailures })
      }),
    )
  })

  it('keeps its delays within its bounds and its memory within its limit', () => {
    fc.assert(
      fc.property(strategies, fc.array(fc.tuple(time, random), { maxLength: 20 }), (strategy, failures) => {
        let history = noFailures
        for (const [at, draw] of failures.toSorted(([a], [b]) => a - b)) {
          const decision = decideRestart(strategy, history, failure, at, draw)
          history = decision.history
          if (strategy.strategy === 'failure-rate') {
            expect(history.failedAt.length).toBeLessThanOrEqual(strategy.maxFailuresPerInterval)
          }
          if (decision.verdict.type === 'give-up' || strategy.strategy === 'none') continue
          const exact = strategy.strategy === 'exponential-delay' ? undefined : strategy.delayMs
          if (exact !== undefined) expect(decision.verdict.delayMs).toBe(exact)
          if (strategy.strategy !== 'exponential-delay') continue
          expect(decision.verdict.delayMs).toBeGreaterThanOrEqual(strategy.initialBackoffMs)
          expect(decision.verdict.delayMs).toBeLessThanOrEqual(strategy.maxBackoffMs)
        }
      }),
    )
  })
})
