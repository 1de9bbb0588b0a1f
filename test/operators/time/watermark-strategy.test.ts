import { expect, it } from 'vitest'
import type { WatermarkGenerator } from '../../../src/operators/time/watermark-generator.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'

const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID' })

it('is left as it is by every call', () => {
  const first = WatermarkStrategy.forBoundedOutOfOrderness<number>(5)
  const second = first.withTimestampAssigner((value) => value).withIdleness(7)
  expect(first.settings).toMatchObject({ assigner: undefined, idlenessMs: undefined })
  expect(second.settings).toMatchObject({ rule: { kind: 'bounded', outOfOrdernessMs: 5 }, idlenessMs: 7 })
})

it('refuses what makes no sense', () => {
  for (const ms of [-1, Number.NaN, 1.5, '5'] as number[]) {
    expect(() => WatermarkStrategy.forBoundedOutOfOrderness(ms)).toThrow(refused)
    expect(() => WatermarkStrategy.noWatermarks().withIdleness(ms)).toThrow(refused)
  }
  expect(() => WatermarkStrategy.noWatermarks().withIdleness(0)).toThrow(/expected whole milliseconds from 1/)
  const aligned = (...given: unknown[]) =>
    WatermarkStrategy.noWatermarks().withWatermarkAlignment(...(given as [string, number]))
  for (const given of [[''], [7, 1], ['g', -1], ['g', 1, 0]]) expect(() => aligned(...given)).toThrow(refused)
  expect(aligned('g', 0).settings.alignment).toEqual({ group: 'g', maxDriftMs: 0, updateIntervalMs: 1_000 })
  expect(() => WatermarkStrategy.noWatermarks().withTimestampAssigner('time' as never)).toThrow(refused)
  const generator: WatermarkGenerator<number> = { onEvent() {} }
  expect(() => WatermarkStrategy.forGenerator(generator as never)).toThrow(
    /given a value of type object: expected a func/,
  )
})
