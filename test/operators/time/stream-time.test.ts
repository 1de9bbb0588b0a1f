import { describe, expect, it } from 'vitest'
import { endOfTime } from '../../../src/core/elements.ts'
import { timestampsOperator } from '../../../src/operators/time/timestamps-operator.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { journal, monotonous, ownTime } from './stream-journal.ts'

describe('the interval of watermarks', () => {
  it('tells the last one of what has come, and only when there is a new one', () => {
    const harness = new OperatorHarness(timestampsOperator(monotonous), {
      autoWatermarkIntervalMs: 200,
      batchRecords: 1,
    })
    harness.elements([10, 30, 20])
    harness.advance(199)
    expect(harness.watermarks).toEqual([])
    harness.advance(1)
    expect(harness.watermarks).toEqual([29])
    harness.advance(1_000)
    harness.elements([25])
    harness.advance(1_000)
    expect(harness.watermarks).toEqual([29])
    harness.elements([31])
    harness.advance(200)
    expect(harness.watermarks).toEqual([29, 30])
  })

  it('asks a generator of the program every time, also without records', () => {
    let asked = 0
    const strategy = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent() {},
      onPeriodicEmit: (output) => output.emitWatermark(asked++),
    }))
    const harness = new OperatorHarness(timestampsOperator(strategy), { autoWatermarkIntervalMs: 50 })
    harness.advance(170)
    expect(harness.watermarks).toEqual([0, 1, 2])
  })

  it('asks it behind every batch when it is 0', () => {
    let seen = 0
    const strategy = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent(value) {
        seen = value
      },
      onPeriodicEmit: (output) => output.emitWatermark(seen),
    })).withTimestampAssigner(ownTime)
    const harness = new OperatorHarness(timestampsOperator(strategy), { batchRecords: 2 })
    harness.elements([1, 2, 3, 4, 5])
    expect(harness.watermarks).toEqual([2, 4, 5])
  })
})

/** A watermark behind every record that is even. */
const punctuated = WatermarkStrategy.forGenerator<number>(() => ({
  onEvent: (value, timestamp, output) => value % 2 === 0 && output.emitWatermark(timestamp),
})).withTimestampAssigner(ownTime)

describe('a generator that looks at every record', () => {
  it('has its watermark exactly behind the record that it is for', () => {
    const { time, take } = journal(punctuated)
    time.batch(undefined, [1, 2, 3, 5, 4, 8, 8, 7], undefined)
    expect(take()).toEqual(['1,2', 'w2', '3,5,4', 'w4', '8', 'w8', '8,7'])
    time.batch(undefined, [10], undefined)
    expect(take()).toEqual(['10', 'w10'])
  })

  it('gives the same for batches of any size', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i * 7) % 41)
    const whole = (size: number) => {
      const { time, take } = journal(punctuated)
      for (let i = 0; i < values.length; i += size) time.batch(undefined, values.slice(i, i + size), undefined)
      return take().flatMap((seen) => (seen.startsWith('w') ? [seen] : seen.split(',')))
    }
    for (const size of [2, 3, 7, 40]) expect(whole(size)).toEqual(whole(1))
  })

  it('may say that nobody should wait for it', () => {
    const { time, take } = journal(
      WatermarkStrategy.forGenerator<number>(() => ({
        onEvent: (value, _, output) =>
          value === 2 ? output.markIdle() : value === 4 ? output.markActive() : undefined,
      })).withTimestampAssigner(ownTime),
    )
    time.batch(undefined, [1, 2, 3, 4], undefined)
    expect(take()).toEqual(['1,2', 'idle', '3,4', 'active'])
    time.batch(undefined, [2], undefined)
    time.batch(undefined, [5], undefined)
    expect(take()).toEqual(['2', 'idle', 'active', '5'])
  })

  it('does not take back what it has said', () => {
    const { time, take } = journal(
      WatermarkStrategy.forGenerator<number>(() => ({
        onEvent(_value, _timestamp, output) {
          for (const said of [Number.NEGATIVE_INFINITY, 5.7, 5, 2, endOfTime]) output.emitWatermark(said)
        },
      })).withTimestampAssigner(ownTime),
    )
    time.batch(undefined, [1], undefined)
    expect(take()).toEqual(['1', 'w5', `w${endOfTime}`])
  })

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    ['7', '"7"'],
    [new Date(7), 'a Date'],
    [1e18, '1000000000000000000'],
    [-1e18, '-1000000000000000000'],
    [7n, '7n'],
  ])('may not say what is no time: %s', (said, shown) => {
    const wrong = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent(value, _timestamp, output) {
        if (value === 1) output.emitWatermark(said as never)
      },
      onPeriodicEmit: (output) => output.emitWatermark(said as never),
    })).withTimestampAssigner(ownTime)
    const refused = expect.objectContaining({
      code: 'WATERMARK_INVALID',
      message: expect.stringMatching(
        `operator "times" emitted the watermark ${shown}: expected milliseconds .* endOfTime`,
      ),
    })
    expect(() => journal(wrong).time.batch(undefined, [1], undefined)).toThrow(refused)
    expect(() => journal(wrong).time.batch(undefined, [2], undefined)).toThrow(refused)
  })
})

describe('idleness', () => {
  const idleAfter = (ms: number) => monotonous.withIdleness(ms)

  it('begins when there was no record for so long, and ends with the first one', () => {
    const { time, pass, take } = journal(idleAfter(100))
    time.batch(undefined, [5], undefined)
    pass(60)
    time.batch(undefined, [6], undefined)
    take()
    pass(99)
    pass(1)
    expect(take()).toEqual([])
    pass(1)
    expect(take()).toEqual(['idle'])
    pass(10_000)
    time.batch(undefined, [7], undefined)
    expect(take()).toEqual(['active', '7', 'w6'])
    pass(100)
    pass(1)
    expect(take()).toEqual(['idle'])
  })

  it('begins without any record at all', () => {
    const { pass, take } = journal(idleAfter(100))
    pass(100)
    pass(1)
    expect(take()).toEqual(['idle'])
  })

  it('does not count time in which nothing could be read', () => {
    const { pass, take } = journal(idleAfter(100))
    pass(99)
    pass(10_000, true)
    expect(take()).toEqual([])
    pass(10)
    expect(take()).toEqual(['idle'])
  })

  it('takes first what has come while the thread was busy elsewhere', () => {
    const { time, pass, take } = journal(idleAfter(100))
    pass(100)
    time.batch(undefined, [5], undefined)
    pass(1)
    expect(take()).toEqual(['5', 'w4'])
  })

  it('of one split leaves the watermark to the others', () => {
    const { time, pass, take } = journal(idleAfter(100), ['a', 'b'])
    time.batch('a', [50], undefined)
    pass(60)
    time.batch('b', [500], undefined)
    take()
    pass(40)
    pass(1)
    expect(take()).toEqual(['w499'])
    time.batch('a', [51], undefined)
    time.batch('b', [600], undefined)
    expect(take()).toEqual(['51', '600'])
    time.batch('a', [601], undefined)
    expect(take()).toEqual(['601', 'w599'])
  })

  it('of all splits gives way to what the furthest of them said', () => {
    const { time, pass, take } = journal(idleAfter(100), ['a', 'b'])
    time.batch('b', [500], undefined)
    pass(50)
    time.batch('a', [50], undefined)
    take()
    pass(50)
    pass(1)
    expect(take()).toEqual([])
    pass(49)
    pass(1)
    expect(take()).toEqual(['w499', 'idle'])
  })

  it('tells the watermark first that was to be told later', () => {
    const harness = new OperatorHarness(timestampsOperator(idleAfter(100)), { autoWatermarkIntervalMs: 200 })
    harness.element(5)
    harness.advance(1_000)
    expect([harness.watermarks, harness.statuses]).toEqual([[4], ['idle']])
  })

  it('ends with the stream', () => {
    const harness = new OperatorHarness(timestampsOperator(idleAfter(100)))
    harness.advance(101)
    harness.watermark(endOfTime)
    expect([harness.watermarks, harness.statuses]).toEqual([[endOfTime], ['idle', 'active']])
  })

  it('does not ask the generator of a silent stream', () => {
    const strategy = WatermarkStrategy.forGenerator<number>(() => {
      let time = 0
      return { onEvent() {}, onPeriodicEmit: (output) => output.emitWatermark(time++) }
    }).withIdleness(100)
    const harness = new OperatorHarness(timestampsOperator(strategy), { autoWatermarkIntervalMs: 60 })
    harness.advance(1_000)
    expect([harness.watermarks, harness.statuses]).toEqual([[0, 1], ['idle']])
  })

  it('is not looked for all the time while the clock stands still', () => {
    const { pass, take, looks } = journal(idleAfter(1_600))
    pass(1_599)
    const before = looks()
    pass(10_000, true)
    expect(looks() - before).toBeLessThanOrEqual(100)
    pass(101)
    pass(1)
    expect(take()).toEqual(['idle'])
  })
})
