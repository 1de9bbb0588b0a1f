import { expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { kindOf } from '../../src/program/program-builder.ts'
import { source } from './stub-endpoints.ts'

it.each([undefined, null, 5, {}])('refuses %s for a stream', (given) => {
  const numbers = StreamEnvironment.create().fromSource(source<number>())
  for (const call of ['union', 'connect', 'join', 'coGroup'] as const) {
    expect(() => (numbers[call] as (other: unknown) => unknown).call(numbers, given)).toThrow(
      `${call} was given ${kindOf(given)}: expected a stream.`,
    )
  }
  expect(() => numbers.keyBy((n) => n).intervalJoin(given as never)).toThrow('intervalJoin was given')
})

it.each([null, 5, () => 1])('refuses %s for the states of a broadcast', (given) => {
  const numbers = StreamEnvironment.create().fromSource(source<number>())
  expect(() => numbers.broadcast(given as never)).toThrow(StreamError)
})
