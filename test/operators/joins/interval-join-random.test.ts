import fc from 'fast-check'
import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import {
  type IntervalJoinDefinition,
  intervalJoinOperator,
  type JoinInterval,
} from '../../../src/operators/joins/interval-join.ts'
import { play, type Step } from './history.ts'
import { interval } from './intervals.ts'

const pair: IntervalJoinDefinition<string, string, string, string> = {
  element: (left, right, ctx) => ctx.emit(`${left}${right}`),
}

interface Random {
  readonly input: 0 | 1
  readonly key: string
  readonly time: number
}
const history = fc.array(
  fc.record({
    input: fc.constantFrom(0 as const, 1 as const),
    key: fc.constantFrom('a', 'b', 'c'),
    time: fc.integer({ min: 0, max: 60 }),
  }),
  { maxLength: 120 },
)

it('finds what two nested loops over everything find', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.integer({ min: -8, max: 8 }),
      fc.integer({ min: 0, max: 8 }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(1, 3, 1_024),
      async (drawn, lowerMs, width, lowerExclusive, upperExclusive, batchRecords) => {
        const between = interval(lowerMs, lowerMs + width, { lowerExclusive, upperExclusive })
        // Half ordered: no record is more than 20 behind one that came before it.
        const records = drawn.map((record, i) => ({ ...record, time: record.time + (i >> 1) })).filter(inBounds())
        const steps = records.flatMap((record): Step[] => {
          const fed = [{ value: `${record.key} ${record.time}`, timestamp: record.time }]
          return [record.input === 0 ? { left: fed } : { right: fed }, { watermark: record.time - 21 }]
        })
        const operator = intervalJoinOperator(between, pair)
        const way = { backend: heapStateBackend, anew: batchRecords === 3 }
        const played = await play(operator, { key: (value: string) => value[0]!, batchRecords }, rising(steps), way)
        expect(played.records.map(({ value, timestamp }) => `${value} ${timestamp}`).toSorted()).toEqual(
          nestedLoops(records, between).toSorted(),
        )
      },
    ),
    { numRuns: 150 },
  )
})

/** Keeps a record that is no more than 20 behind the latest before it. */
function inBounds(): (record: Random) => boolean {
  let latest = 0
  return ({ time }) => {
    latest = Math.max(latest, time)
    return time >= latest - 20
  }
}

/** A watermark never falls. */
function rising(steps: readonly Step[]): readonly Step[] {
  let latest = Number.NEGATIVE_INFINITY
  return steps.map((step) => {
    if (!('watermark' in step)) return step
    latest = Math.max(latest, step.watermark)
    return { watermark: latest }
  })
}

function nestedLoops(records: readonly Random[], between: JoinInterval): readonly string[] {
  const lefts = records.filter(({ input }) => input === 0)
  const rights = records.filter(({ input }) => input === 1)
  return lefts.flatMap((left) =>
    rights
      .filter(({ key, time }) => {
        const distance = time - left.time
        const above = between.lowerExclusive ? distance > between.lowerMs : distance >= between.lowerMs
        const below = between.upperExclusive ? distance < between.upperMs : distance <= between.upperMs
        return key === left.key && above && below
      })
      .map((right) => `${left.key} ${left.time}${right.key} ${right.time} ${Math.max(left.time, right.time)}`),
  )
}
