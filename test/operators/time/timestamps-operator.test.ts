import { expect, it } from 'vitest'
import { maxWatermark } from '../../../src/core/elements.ts'
import { requireTimestamps } from '../../../src/operators/require-timestamps.ts'
import { timestampsOperator } from '../../../src/operators/time/timestamps-operator.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'

const failingWith = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

const ownTime = (value: number): number => value
const bounded = (ms: number) => WatermarkStrategy.forBoundedOutOfOrderness<number>(ms).withTimestampAssigner(ownTime)

it('gives records their timestamps and stays behind the latest', () => {
  const harness = new OperatorHarness(timestampsOperator(bounded(5)), { batchRecords: 2 })
  harness.elements([10, 30, 20, 28, 31])
  expect(harness.records).toEqual([10, 30, 20, 28, 31].map((value) => ({ value, timestamp: value })))
  expect(harness.watermarks).toEqual([24, 25])
})

it('takes the place of timestamps and watermarks from upstream, but for the end', () => {
  const harness = new OperatorHarness(timestampsOperator(bounded(0)))
  harness.watermark(5)
  harness.watermarkStatus('idle')
  harness.watermarkStatus('active')
  harness.element(100, 3)
  harness.watermark(200)
  expect(harness.records).toEqual([{ value: 100, timestamp: 100 }])
  harness.watermark(maxWatermark.timestamp)
  expect(harness.watermarks).toEqual([99, maxWatermark.timestamp])
  expect(harness.statuses).toEqual([])
})

it('makes no watermarks when told so', () => {
  const strategy = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner((value, before) => value + before!)
  const harness = new OperatorHarness(timestampsOperator(strategy))
  harness.element(1.5, 10)
  expect(harness.records).toEqual([{ value: 1.5, timestamp: 11 }])
  expect(harness.watermarks).toEqual([])
})

it('needs no timestamps where there are no watermarks, and nobody to give them', () => {
  const none = WatermarkStrategy.noWatermarks()
  const harness = new OperatorHarness(timestampsOperator(none))
  harness.elements(['a', 'b'])
  harness.element('c', 7)
  expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([undefined, undefined, 7])
  harness.watermark(maxWatermark.timestamp)
  expect(harness.watermarks).toEqual([maxWatermark.timestamp])
  const nobody = none.withTimestampAssigner(() => undefined as never)
  for (const strategy of [nobody, WatermarkStrategy.forBoundedOutOfOrderness(1e9)]) {
    expect(() => new OperatorHarness(timestampsOperator(strategy)).element('a')).toThrow(
      failingWith('TIMESTAMP_MISSING'),
    )
  }
})

it('knows idle streams without timestamps', () => {
  const idle = WatermarkStrategy.noWatermarks().withIdleness(100)
  const harness = new OperatorHarness(timestampsOperator(idle))
  harness.element('a')
  harness.advance(150)
  expect(harness.statuses).toEqual(['idle'])
  harness.element('b')
  expect([harness.statuses, harness.records.length]).toEqual([['idle', 'active'], 2])
})

it('keeps the timestamps of the source without an assigner', () => {
  const harness = new OperatorHarness(timestampsOperator(WatermarkStrategy.forMonotonousTimestamps()))
  harness.element('a', 7)
  expect(harness.records).toEqual([{ value: 'a', timestamp: 7 }])
  expect(harness.watermarks).toEqual([6])
  expect(() => harness.element('b')).toThrow(failingWith('TIMESTAMP_MISSING', /withTimestampAssigner/))
})

it.each([
  ['undefined', { at: undefined }],
  ['NaN', { at: Number.NaN }],
  ['1690000000000000000', { at: 1_690_000_000_000_000_000 }],
  ['2020-01-01', { at: '2020-01-01' }],
])('names the record whose timestamp is %s', (shown, record) => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(
    (one: typeof record) => one.at as number,
  )
  const harness = new OperatorHarness(timestampsOperator(strategy), { name: 'times' })
  const message = new RegExp(`"times" got the timestamp ${shown} for the record \\{`)
  expect(() => harness.elements([record])).toThrow(failingWith('TIMESTAMP_MISSING', message))
})

it('says who needs timestamps and how to get them', () => {
  const batch = { type: 'batch', values: [1], timestamps: undefined, keys: undefined, keyGroups: undefined } as const
  expect(() => requireTimestamps(batch, { operatorName: 'window', uid: 'w' })).toThrow(
    failingWith('TIMESTAMP_MISSING', /"window" \(uid "w"\).*assignTimestampsAndWatermarks/),
  )
  expect(requireTimestamps({ ...batch, timestamps: [4] }, { operatorName: 'window' })).toEqual([4])
})
