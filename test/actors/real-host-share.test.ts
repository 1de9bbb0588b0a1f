import { describe, expect, it } from 'vitest'
import type { Actor, Kernel } from '../../src/actors/kernel.ts'
import { createRealKernel, nextSliceMs, type RuntimeOptions, sharing } from '../../src/actors/real-host.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import type { Address } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import { createSession } from '../../src/job/create-session.ts'

const unitMs = 0.125

/** A kernel with one actor that always has more to do, each unit of which takes 0.125 ms, on a loop that is turned here. */
function makeLoop(options: RuntimeOptions = {}) {
  const clock = new VirtualClock()
  const turns: (() => void)[] = []
  const kernel: Kernel = createRealKernel({
    ...options,
    clock,
    random: new Random(1),
    yieldToHost: (turn) => turns.push(turn),
    log: () => {},
    onCrash: (_address, error) => {
      throw error
    },
  })
  const busy: Actor = {
    receive() {},
    work() {
      clock.advance(unitMs)
      return true
    },
  }
  kernel.spawn('busy' as Address, () => busy)
  return {
    turns,
    clock,
    start: () => kernel.send('busy' as Address, 'go'),
    /** The host has the loop for `hostMs`, then the kernel has it; gives how long it kept it. */
    turn(hostMs = 0): number {
      expect(turns).toHaveLength(1)
      clock.advance(hostMs)
      const before = clock.now()
      turns.shift()?.()
      return clock.now() - before
    },
  }
}

describe('the division of the event loop', () => {
  it('gives the loop back after each slice', () => {
    const loop = makeLoop({ sliceMs: 4 })
    expect(loop.turns).toHaveLength(0)
    loop.start()
    expect([loop.turn(), loop.turn(), loop.turn()]).toEqual([4, 4, 4])
    expect(loop.turns).toHaveLength(1)
  })

  it('has slices of the default length while the host is idle', () => {
    const loop = makeLoop()
    loop.start()
    expect(loop.turn(sharing.idleMs / 2)).toBe(limits.sliceDefaultMs)
  })

  it.each([
    { hostShare: 0.5, hostMs: 1, jobMs: 1 },
    { hostShare: 0.25, hostMs: 1, jobMs: 3 },
    { hostShare: 0.75, hostMs: 3, jobMs: 1 },
    { hostShare: 0.9, hostMs: 9, jobMs: 1 },
  ])('leaves $hostShare of the loop to a host that works $hostMs ms at a time', ({ hostShare, hostMs, jobMs }) => {
    const loop = makeLoop({ sliceMs: 4, hostShare })
    loop.start()
    const slices = Array.from({ length: 10 }, () => loop.turn(hostMs))
    for (const slice of slices) expect(slice).toBeCloseTo(jobMs, 9)
    expect((10 * hostMs) / loop.clock.now()).toBeCloseTo(hostShare, 9)
  })

  it('never gives a job less than the shortest slice, nor more than a slice', () => {
    const loop = makeLoop({ sliceMs: 4, hostShare: 0.5 })
    loop.start()
    expect(loop.turn(0.125)).toBe(sharing.sliceMinMs)
    expect(loop.turn(50)).toBe(4)
  })

  it('takes the loop back slowly when the host has become idle', () => {
    const loop = makeLoop({ sliceMs: 4, hostShare: 0.5 })
    loop.start()
    loop.turn(0.125)
    const slices = Array.from({ length: 30 }, () => loop.turn())
    expect(slices[0]).toBeLessThanOrEqual(1)
    expect(slices).toEqual(slices.toSorted((a, b) => a - b))
    expect(slices.at(-1)).toBe(4)
  })

  it('leaves slices alone when the host has no share', () => {
    const loop = makeLoop({ sliceMs: 4, hostShare: 0 })
    loop.start()
    expect([loop.turn(0.125), loop.turn(1), loop.turn(50)]).toEqual([4, 4, 4])
  })

  it('does not take idle time for work of the host', () => {
    const loop = makeLoop({ sliceMs: 4, hostShare: 0.9 })
    loop.clock.advance(1)
    loop.start()
    expect(loop.turn()).toBe(4)
  })

  it('shortens no slice below one that was chosen shorter', () => {
    const division = { sliceMs: 0.25, hostShare: 0.5 }
    expect(nextSliceMs(0.25, 0.1, division)).toBe(0.25)
    expect(nextSliceMs(0.25, 0, division)).toBe(0.25)
  })

  it.each([{ sliceMs: 0 }, { sliceMs: 10.5 }, { sliceMs: Number.NaN }, { hostShare: -0.1 }, { hostShare: 0.95 }])(
    'refuses %o',
    (options) => {
      const [name, value] = Object.entries(options)[0]!
      expect(() => createSession({ runtime: options })).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          message: expect.stringContaining(`runtime.${name} is ${value}`),
        }),
      )
    },
  )
})
