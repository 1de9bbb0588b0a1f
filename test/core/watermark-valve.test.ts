import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WatermarkValve } from '../../src/core/watermark-valve.ts'

function make(channels: number) {
  const told: (number | string)[] = []
  const valve = new WatermarkValve(channels, {
    watermark: (timestamp) => void told.push(timestamp),
    watermarkStatus: (idle) => void told.push(idle ? 'idle' : 'active'),
  })
  return { valve, told }
}

describe('the combined watermark', () => {
  it('is that of the slowest channel, and told only when it rises', () => {
    const { valve, told } = make(2)
    for (const [channel, timestamp] of [
      [0, 10],
      [1, 5],
      [0, 20],
      [1, 15],
      [1, 15],
      [1, 12],
      [1, 30],
    ] as const) {
      valve.watermark(channel, timestamp)
    }
    expect(told).toEqual([5, 15, 20])
    expect(valve.current).toBe(20)
  })

  it('is not held back by an idle channel', () => {
    const { valve, told } = make(2)
    valve.watermark(0, 10)
    valve.status(1, true)
    valve.watermark(0, 11)
    expect(told).toEqual([10, 11])
  })

  it('does not listen to a channel while it is idle', () => {
    const { valve, told } = make(2)
    valve.status(1, true)
    valve.watermark(1, 99)
    valve.watermark(0, 3)
    expect(told).toEqual([3])
  })

  it('takes nothing back for a channel that is active again, until that has caught up', () => {
    const { valve, told } = make(2)
    valve.watermark(1, 4)
    valve.status(1, true)
    valve.watermark(0, 10)
    valve.status(1, false)
    valve.watermark(1, 7)
    valve.watermark(0, 12)
    expect(told).toEqual([10, 12])
    valve.watermark(1, 13)
    valve.watermark(0, 20)
    expect(told).toEqual([10, 12, 13])
  })

  it('comes to the highest when the last channel goes idle that held it back, and says so behind', () => {
    const { valve, told } = make(2)
    valve.watermark(0, 10)
    valve.watermark(1, 3)
    valve.status(0, true)
    valve.status(1, true)
    expect(told).toEqual([3, 10, 'idle'])
    valve.status(1, false)
    valve.watermark(1, 11)
    expect(told).toEqual([3, 10, 'idle', 'active', 11])
  })

  it('says idle and active once', () => {
    const { valve, told } = make(1)
    valve.status(0, true)
    valve.status(0, true)
    valve.status(0, false)
    valve.status(0, false)
    expect(told).toEqual(['idle', 'active'])
  })

  it('without idle channels is the minimum over what each channel said last, and never falls', () => {
    const marks = fc.array(fc.record({ channel: fc.nat(2), timestamp: fc.integer({ min: -5, max: 20 }) }))
    fc.assert(
      fc.property(marks, (steps) => {
        const { valve, told } = make(3)
        const highest = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
        const expected: number[] = []
        for (const { channel, timestamp } of steps) {
          highest[channel] = Math.max(highest[channel]!, timestamp)
          const minimum = Math.min(...highest)
          if (minimum > (expected.at(-1) ?? Number.NEGATIVE_INFINITY)) expected.push(minimum)
          valve.watermark(channel, timestamp)
          expect(told).toEqual(expected)
        }
      }),
    )
  })

  it('agrees with a model that looks at all channels after every step', () => {
    const step = fc.record({
      channel: fc.nat(2),
      does: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom<'idle' | 'active'>('idle', 'active')),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { valve, told } = make(3)
        const channels = [0, 1, 2].map(() => ({ watermark: Number.NEGATIVE_INFINITY, idle: false, say: true }))
        const expected: (number | string)[] = []
        let given = Number.NEGATIVE_INFINITY
        const give = (timestamp: number) => {
          if (timestamp <= given || !Number.isFinite(timestamp)) return
          given = timestamp
          expected.push(timestamp)
        }
        for (const { channel, does } of steps) {
          const one = channels[channel]!
          const wasIdle = channels.every(({ idle }) => idle)
          if (does === 'idle' && !one.idle) {
            Object.assign(one, { idle: true, say: false })
            if (channels.every(({ idle }) => idle)) {
              if (one.watermark === given) give(Math.max(...channels.map(({ watermark }) => watermark)))
              expected.push('idle')
            }
          } else if (does === 'active' && one.idle) {
            Object.assign(one, { idle: false, say: one.watermark >= given })
            if (wasIdle) expected.push('active')
          } else if (typeof does === 'number' && !one.idle && does > one.watermark) {
            one.watermark = does
            one.say ||= does >= given
          }
          const saying = channels.filter(({ say }) => say)
          if (does !== 'active' && saying.length > 0) give(Math.min(...saying.map(({ watermark }) => watermark)))
          valve[typeof does === 'number' ? 'watermark' : 'status'](
            channel,
            (typeof does === 'number' ? does : does === 'idle') as never,
          )
          expect(told).toEqual(expected)
        }
      }),
    )
  })
})
