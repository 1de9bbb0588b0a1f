import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { IndexClasses } from '../../src/connectors/index-classes.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import { codeOf, dealtOut, drain, readAll, stored, testContext } from './endpoint-harness.ts'

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

it('makes every index once, whoever makes it, through any changes of the parallelism', async () => {
  const step = fc.record({
    parallelism: fc.integer({ min: 1, max: 7 }),
    records: fc.array(fc.nat(40), { minLength: 7, maxLength: 7 }),
    hands: fc.array(fc.nat(6), { minLength: 1, maxLength: 150 }),
  })
  const shape = fc.record({ count: fc.nat(500), steps: fc.array(step, { minLength: 1, maxLength: 4 }) })
  await fc.assert(
    fc.asyncProperty(shape, async ({ count, steps }) => {
      const source = generate({ count, at })
      const seen: number[] = []
      let states: readonly unknown[] | undefined
      for (const [run, { parallelism, records, hands }] of steps.entries()) {
        const restored = states && dealtOut(states, parallelism, (item) => hands[item % hands.length]!)
        states = await Promise.all(
          Array.from({ length: parallelism }, async (_, subtaskIndex) => {
            const context = testContext({ parallelism, subtaskIndex })
            const reader = source.createReader(context, restored?.[subtaskIndex])
            const last = run === steps.length - 1
            const made = await drain(reader, context, {
              records: last ? Number.POSITIVE_INFINITY : records[subtaskIndex]!,
              max: 9,
            })
            expect(made).toEqual([...made].sort((a, b) => a - b))
            seen.push(...made)
            return reader.snapshot()
          }),
        )
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
    }),
    { numRuns: 60 },
  )
})

it('goes on from state that was written before it could be divided', async () => {
  const count = 1_000
  const source = generate({ count, at })
  const positions = [200, 0, 300]
  const seen = positions.flatMap((position, subtask) => Array.from({ length: position }, (_, i) => subtask + 3 * i))
  const states = await Promise.all(
    positions.map(async (position, subtaskIndex) => {
      const context = testContext({ parallelism: 3, subtaskIndex })
      const reader = source.createReader(context, { position })
      seen.push(...(await drain(reader, context, { records: 20 })))
      return reader.snapshot()
    }),
  )
  const [first, second] = dealtOut(states, 2)
  seen.push(...(await readAll(source, first)), ...(await readAll(source, second)))
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
})

it('begins with as many classes as there are subtasks, and 128 at least', () => {
  const classesOf = (subtaskIndex: number, parallelism: number) =>
    (generate({ at }).createReader(testContext({ subtaskIndex, parallelism }), undefined).snapshot() as DividedState)
      .items('indexes')
      .map((item) => item as { next: number; step: number })
  expect(classesOf(0, 1).map(({ next }) => next)).toEqual(Array.from({ length: 128 }, (_, i) => i))
  expect(classesOf(2, 3)).toHaveLength(42)
  expect(classesOf(199, 200)).toEqual([{ next: 199, step: 256 }])
})

it('waits for another parallelism when nothing is left to make, and ends when there is a count', () => {
  const none = new DividedState({ indexes: { mode: 'split', items: [] } })
  expect(generate({ at }).createReader(testContext(), none).poll(1)).toEqual({ type: 'waiting' })
  expect(generate({ at, ratePerSecond: 1 }).createReader(testContext(), none).poll(1)).toEqual({ type: 'waiting' })
  expect(generate({ at, count: 9 }).createReader(testContext(), none).poll(1)).toEqual({ type: 'end' })
  expect(new IndexClasses([]).share).toBe(0)
})

it.each([
  [null],
  [{}],
  [[{ next: 0 }]],
  [[{ next: -1, step: 1 }]],
  [[{ next: 0, step: 0 }]],
  [
    [
      { next: 0, step: 2 },
      { next: 1, step: 3 },
    ],
  ],
])('refuses the state %j', async (state) => {
  const restored = Array.isArray(state) ? new DividedState({ indexes: { mode: 'split', items: state } }) : state
  const { code } = await codeOf(() => generate({ at }).createReader(testContext(), restored))
  expect(code).toBe('RESTORE_STATE_INCOMPATIBLE')
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

it.each([-3_600_000, 3_600_000])('keeps its pace when the clock is set by %i ms', (ms) => {
  const context = testContext()
  const reader = generate({ ratePerSecond: 10, at }).createReader(context, undefined)
  reader.poll(100)
  context.setMs = ms
  expect(reader.poll(100)).toEqual({ type: 'waiting' })
  expect(context.alarms).toEqual([100])
  context.nowMs = 100
  expect(reader.poll(100)).toEqual({ type: 'records', values: [1] })
})

it('catches up by one batch at most', () => {
  const context = testContext()
  const reader = generate({ ratePerSecond: 1_000, at }).createReader(context, undefined)
  reader.poll(4)
  context.nowMs = 60_000
  expect(reader.poll(4)).toEqual({ type: 'records', values: [1, 2, 3, 4] })
  expect(reader.poll(4)).toEqual({ type: 'waiting' })
  expect(context.alarms).toEqual([1])
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
