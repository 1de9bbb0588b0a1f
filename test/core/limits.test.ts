import { describe, expect, it } from 'vitest'
import { limits } from '../../src/core/limits.ts'

describe('limits', () => {
  it('are positive integers', () => {
    expect(Object.entries(limits).filter(([, limit]) => !Number.isSafeInteger(limit) || limit < 1)).toEqual([])
  })

  it('say their unit last when they measure time', () => {
    const times = Object.keys(limits).filter((name) => /slice|timeout|pause|delay/i.test(name))
    expect(times.filter((name) => !name.endsWith('Ms'))).toEqual([])
    expect(times.length).toBeGreaterThan(0)
  })

  it('keep the relations that the runtime relies on', () => {
    expect(limits.snapshotSliceMs).toBeLessThan(limits.sliceMs)
    expect(limits.keyGroupsDefault).toBeLessThanOrEqual(limits.parallelismMax)
    // A job that is stopped at the end of a full channel still finds room for its barriers.
    expect(limits.channelCapacity).toBeGreaterThan(1)
    expect(limits.clientTimeoutMs).toBeLessThanOrEqual(limits.operationResultMs)
  })

  it('fit a timer of the host, but for the pause, which the clock cuts', () => {
    const timerMaxMs = 2 ** 31 - 1
    const long = Object.entries(limits).filter(([name, limit]) => name.endsWith('Ms') && limit > timerMaxMs)
    expect(long.map(([name]) => name)).toEqual(['minPauseMaxMs'])
  })

  it('have the defaults that people know', () => {
    expect(limits).toMatchObject({
      batchRecords: 1_024,
      autoWatermarkIntervalMs: 200,
      keyGroupsDefault: 128,
      parallelismMax: 32_768,
      checkpointTimeoutMs: 600_000,
      retainedCheckpoints: 1,
      requestQueueMax: 1_000,
      recentCheckpointsMax: 16,
    })
  })
})
