import { describe, expect, it } from 'vitest'
import { SteadyTime } from '../../src/actors/steady-time.ts'
import { VirtualClock } from '../../src/core/clock.ts'

describe('the time that machines go by', () => {
  it('is the time of day while nobody sets the clock', () => {
    const clock = new VirtualClock(7_000)
    const time = new SteadyTime(clock)
    clock.advance(5)
    expect([time.now(), time.timeOfDay(7_001)]).toEqual([7_005, 7_001])
  })

  it.each([-3_600_000, 3_600_000])('goes on when the clock is set by %i ms, and knows the new time of day', (ms) => {
    const clock = new VirtualClock(7_000)
    const time = new SteadyTime(clock)
    clock.setForward(ms)
    clock.advance(5)
    expect([time.now(), time.timeOfDay(7_005), time.timeOfDay(7_001)]).toEqual([7_005, 7_005 + ms, 7_001 + ms])
  })

  it('is of whole milliseconds, and takes the rounding of two clocks for no change', () => {
    let [now, monotonic] = [7_000, 0.9]
    const time = new SteadyTime({ now: () => now, monotonicMs: () => monotonic })
    ;[now, monotonic] = [7_001, 1.7]
    expect([time.now(), time.timeOfDay(7_000)]).toEqual([7_000, 7_000])
  })
})
