import { expect, it } from 'vitest'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { source } from './stub-endpoints.ts'

it('takes nothing but a strategy for one', () => {
  const env = StreamEnvironment.create()
  const numbers = env.fromSource(source())
  const refused = expect.objectContaining({
    code: 'ARGUMENT_INVALID',
    message: expect.stringContaining('was given an object for a watermark strategy'),
  })
  expect(() => numbers.assignTimestampsAndWatermarks({} as never)).toThrow(refused)
  expect(() => env.fromSource(source(), {} as never)).toThrow(refused)
})

it('lets sources alone wait for each other', () => {
  const aligned = WatermarkStrategy.noWatermarks().withWatermarkAlignment('g', 1_000)
  const env = StreamEnvironment.create()
  const numbers = env.fromSource(source(), aligned)
  expect(() => numbers.assignTimestampsAndWatermarks(aligned)).toThrow(
    expect.objectContaining({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('fromSource(source, strategy)'),
    }),
  )
})
