import { describe, expect, it } from 'vitest'
import { AlignmentTimeout } from '../../src/actors/alignment-timeout.ts'
import type { Self } from '../../src/actors/kernel.ts'
import type { Alignment } from '../../src/core/elements.ts'
import { ck } from './probe.ts'

const barrier = (id: number, timestamp: number, alignment: Alignment) =>
  ({ checkpointId: ck(id), timestamp, kind: 'checkpoint', alignment }) as const
const timed = { type: 'aligned-with-timeout', timeoutMs: 50 } as const

function make(inputs = 2) {
  const timers: [string, number][] = []
  const self = { host: { now: () => 1_000 }, setTimer: (name: string, ms: number) => void timers.push([name, ms]) }
  return { timeout: new AlignmentTimeout(self as unknown as Self, inputs), timers }
}

describe('the time-out of an alignment', () => {
  it('counts from the trigger, and is over at once when that was long ago', () => {
    const { timeout, timers } = make()
    timeout.expect(barrier(1, 980, timed))
    timeout.expect(barrier(1, 100, timed))
    expect(timers).toEqual([
      ['alignment-timeout', 30],
      ['alignment-timeout', 0],
    ])
    expect(timeout.fired()).toEqual({ type: 'alignment.timed-out', checkpointId: 1 })
  })

  it('is that of the newest checkpoint', () => {
    const { timeout, timers } = make()
    timeout.expect(barrier(2, 1_000, timed))
    timeout.expect(barrier(1, 1_000, timed))
    expect([timers.length, timeout.fired()]).toEqual([1, { type: 'alignment.timed-out', checkpointId: 2 }])
  })

  it('is not set for other barriers, nor for a source', () => {
    const { timeout, timers } = make()
    timeout.expect(barrier(1, 1_000, { type: 'aligned' }))
    timeout.expect(barrier(2, 1_000, { type: 'unaligned' }))
    const source = make(0)
    source.timeout.expect(barrier(1, 1_000, timed))
    expect([timers, source.timers]).toEqual([[], []])
  })
})
