import { describe, expect, it } from 'vitest'
import { realClock, VirtualClock } from '../../src/core/clock.ts'

describe('the virtual clock', () => {
  it('stands still until it is advanced', () => {
    const clock = new VirtualClock(100)
    let fired = 0
    clock.setTimer(10, () => fired++)
    expect([clock.now(), clock.monotonicMs(), fired, clock.nextDueMs()]).toEqual([100, 100, 0, 110])
    clock.advance(9)
    expect([clock.now(), fired]).toEqual([109, 0])
    clock.advance(1)
    expect([clock.now(), fired, clock.nextDueMs()]).toEqual([110, 1, undefined])
  })

  it('fires in due order, ties as they were set, each at its own time', () => {
    const clock = new VirtualClock()
    const fired: unknown[] = []
    for (const [name, delay] of [
      ['b', 20],
      ['a', 10],
      ['c', 20],
    ] as const) {
      clock.setTimer(delay, () => fired.push([name, clock.now()]))
    }
    clock.advance(100)
    expect(fired).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 20],
    ])
    expect(clock.now()).toBe(100)
  })

  it('fires timers set by timers when they fall due within the same step', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const again = () => {
      fired.push(clock.now())
      if (fired.length < 4) clock.setTimer(10, again)
    }
    clock.setTimer(10, again)
    clock.advance(35)
    expect(fired).toEqual([10, 20, 30])
    clock.advance(5)
    expect(fired).toEqual([10, 20, 30, 40])
  })

  it('does not fire what was cleared, before or during the step', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    clock.setTimer(5, () => fired.push('cleared')).clear()
    const second = clock.setTimer(20, () => fired.push('second'))
    clock.setTimer(10, () => second.clear())
    clock.advance(50)
    expect(fired).toEqual([])
  })

  it('never goes back, and takes a negative delay for none', () => {
    const clock = new VirtualClock(50)
    clock.advanceTo(20)
    expect(clock.now()).toBe(50)
    let fired = false
    clock.setTimer(-5, () => {
      fired = true
    })
    clock.advance(0)
    expect(fired).toBe(true)
  })
})

describe('the real clock', () => {
  it('rises, and fires a timer unless it is cleared', async () => {
    const before = [realClock.now(), realClock.monotonicMs()] as const
    const cleared = realClock.setTimer(0, () => expect.unreachable())
    cleared.clear()
    // A delay beyond the 32 bits of the host's timers would fire at once if it were not cut.
    const far = realClock.setTimer(2 ** 40, () => expect.unreachable())
    await new Promise<void>((resolve) => void realClock.setTimer(1, resolve))
    far.clear()
    expect(realClock.now()).toBeGreaterThanOrEqual(before[0])
    expect(realClock.monotonicMs()).toBeGreaterThan(before[1])
  })
})
