import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'
import { journal, monotonous, ownTime } from './stream-journal.ts'

describe('several splits', () => {
  it('have the lowest of their watermarks', () => {
    const { time, take } = journal(monotonous, ['a', 'b'])
    time.batch('a', [100], undefined)
    expect(take()).toEqual(['100'])
    time.batch('b', [50, 40], undefined)
    expect(take()).toEqual(['50,40', 'w49'])
    time.batch('b', [200], undefined)
    expect(take()).toEqual(['200', 'w99'])
  })

  it('wait for one that is new, and no longer for one that is over', () => {
    const { time, take } = journal(monotonous, ['a'])
    time.batch('a', [100], undefined)
    time.setSplits(['a', 'b'])
    time.batch('a', [200], undefined)
    expect(take()).toEqual(['100', 'w99', '200'])
    time.batch('b', [10], undefined)
    expect(take()).toEqual(['10'])
    time.setSplits(['a'])
    expect(take()).toEqual(['w199'])
    time.setSplits([])
    expect(take()).toEqual([])
    time.setSplits(['c'])
    time.batch('c', [300], undefined)
    expect(take()).toEqual(['300', 'w299'])
  })

  it('each have a generator of their own', () => {
    let made = 0
    const counted = WatermarkStrategy.forGenerator<number>(() => {
      made++
      return { onEvent: (_, timestamp, output) => output.emitWatermark(timestamp) }
    }).withTimestampAssigner(ownTime)
    const { time, take } = journal(counted, ['a'])
    time.batch('a', [1], undefined)
    time.batch('b', [2], undefined)
    expect([made, take()]).toEqual([3, ['1', 'w1', '2']])
  })
})

describe('any splits, in any order', () => {
  it.each([1, 2, 3, 4, 5])(
    'have the lowest watermark of those that are read, as far as it has ever been (seed %i)',
    (seed) => {
      const random = new Random(seed)
      const names = ['a', 'b', 'c', 'd']
      const some = () => names.filter(() => random.int(0, 1) === 0)
      let read: readonly string[] = names
      const { time, take } = journal(monotonous, read)
      const latest = new Map<string, number>()
      let [now, expected, told] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (let step = 0; step < 300; step++) {
        now += random.int(0, 5)
        if (random.int(0, 9) === 0) {
          read = some()
          for (const name of names) if (!read.includes(name)) latest.delete(name)
          time.setSplits(read)
        } else if (read.length > 0) {
          const name = read[random.int(0, read.length - 1)]!
          const values = Array.from({ length: random.int(1, 4) }, () => now - random.int(0, 20))
          latest.set(name, Math.max(latest.get(name) ?? Number.NEGATIVE_INFINITY, ...values))
          time.batch(name, values, undefined)
        }
        const all = read.map((name) => (latest.get(name) ?? Number.NEGATIVE_INFINITY) - 1)
        if (all.length > 0) expected = Math.max(expected, Math.min(...all))
        for (const seen of take()) if (seen.startsWith('w')) told = Number(seen.slice(1))
        expect(told).toBe(expected)
      }
      expect(told).toBeGreaterThan(100)
    },
  )
})
