import { expect, it } from 'vitest'
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
