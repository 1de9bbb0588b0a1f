import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { codeOf, drain, readAll, stored, testContext } from './endpoint-harness.ts'

const at = (index: number) => index

it('makes every index once, over any number of subtasks and restores', async () => {
  const shape = fc.record({ count: fc.nat(60), parallelism: fc.integer({ min: 1, max: 5 }), cut: fc.nat(20) })
  await fc.assert(
    fc.asyncProperty(shape, async ({ count, parallelism, cut }) => {
      const source = generate({ count, at })
      const seen: number[] = []
      for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
        const context = testContext({ parallelism, subtaskIndex })
        const reader = source.createReader(context, undefined)
        seen.push(...(await drain(reader, context, { records: cut, max: 4 })))
        seen.push(...(await readAll(source, stored(reader.snapshot()), testContext({ parallelism, subtaskIndex }))))
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
    }),
  )
})

it('makes a record when it is due, and asks to be woken for the next', () => {
  const context = testContext()
  const reader = generate({ ratePerSecond: 10, at }).createReader(context, undefined)
  expect(reader.poll(100)).toEqual({ type: 'records', values: [0] })
  expect(reader.poll(100)).toEqual({ type: 'waiting' })
  expect(context.alarms).toEqual([100])
  context.nowMs = 99
  expect(reader.poll(100)).toEqual({ type: 'waiting' })
  context.nowMs = 100
  expect(reader.poll(100)).toEqual({ type: 'records', values: [1] })
  context.nowMs = 500
  expect(reader.poll(100)).toEqual({ type: 'records', values: [2, 3, 4, 5] })
})

it('catches up by one batch at most', () => {
  const context = testContext()
  const reader = generate({ ratePerSecond: 1_000, at }).createReader(context, undefined)
  reader.poll(4)
  context.nowMs = 60_000
  expect(reader.poll(4)).toEqual({ type: 'records', values: [1, 2, 3, 4] })
  expect(reader.poll(4)).toEqual({ type: 'waiting' })
  expect(context.alarms).toEqual([60_001])
})

it('shares the rate between subtasks', () => {
  const made = [0, 1].map((subtaskIndex) => {
    const context = testContext({ subtaskIndex, parallelism: 2 })
    const reader = generate({ ratePerSecond: 100, at }).createReader(context, undefined)
    let count = 0
    for (; context.nowMs < 1_000; context.nowMs++) {
      const polled = reader.poll(10)
      if (polled.type === 'records') count += polled.values.length
    }
    return count
  })
  expect(made).toEqual([50, 50])
})

it('names the source and the index when the function throws', async () => {
  const failing = generate({
    count: 5,
    at: (index) => {
      if (index === 2) throw new Error('odd')
    },
  })
  const { code, message } = await codeOf(() => readAll(failing))
  expect(code).toBe('USER_FUNCTION_FAILED')
  expect(message).toMatch(/at\(2\) of source "endpoint" threw: odd/)
})

it.each([{ count: -1 }, { count: 0.5 }, { ratePerSecond: 0 }, { ratePerSecond: Number.POSITIVE_INFINITY }])(
  'refuses %j',
  async (options) => {
    expect((await codeOf(() => generate({ ...options, at }))).code).toBe('ARGUMENT_INVALID')
  },
)

it('is bounded when it has a count', () => {
  expect(generate({ count: 1, at }).bounded).toBe(true)
  expect(generate({ at }).bounded).toBe(false)
})
