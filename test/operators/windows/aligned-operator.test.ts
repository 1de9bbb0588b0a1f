/** Random streams through the operator of aligned windows, with restores on either backend, beside a naive model. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { OperatorFactory } from '../../../src/operators/operator.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import { alignedWindowOperator, isAligned } from '../../../src/operators/windows/aligned-operator.ts'
import { slidingEventTimeWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import type { WindowDefinition } from '../../../src/operators/windows/definition.ts'
import type { AlignedWindows } from '../../../src/operators/windows/pane-grid.ts'
import { generalWindowOperator } from '../../../src/operators/windows/window-operator.ts'
import { type HarnessSnapshot, OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { temporaryDir } from '../../backends/temporary.ts'
import { AlignedModel, type Arrival } from './aligned-model.ts'

const late = outputTag<Arrival>('late')
const backends = { heap: heapStateBackend, lmdb: lmdbStateBackend({ dir: temporaryDir(), cacheEntries: 2 }) }

/** Windows that gather ids, so that none can be lost or counted twice unseen. */
const gathering = ({ size, slide, offset }: AlignedWindows): WindowDefinition => ({
  assigner:
    size === slide
      ? tumblingEventTimeWindows(size, { offsetMs: offset })
      : slidingEventTimeWindows(size, slide, { offsetMs: offset }),
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: late.name,
  inputs: 1,
  computation: {
    type: 'aggregate',
    aggregate: {
      createAccumulator: () => [],
      add: (value, ids) => [...(ids as number[]), (value as Arrival).id],
      merge: (a, b) => [...(a as number[]), ...(b as number[])],
      getResult: (ids) => [...(ids as number[])].sort((a, b) => a - b),
    },
    finish: { process: (ids, ctx) => ctx.emit({ key: ctx.key, end: ctx.window.end, ids }) },
  },
})

type Step =
  | { readonly records: readonly (readonly [key: string, time: number])[] }
  | { readonly watermark: number }
  | { readonly restart: 'heap' | 'lmdb' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        records: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -40, max: 40 })), {
          minLength: 1,
          maxLength: 8,
        }),
      }),
    },
    { weight: 5, arbitrary: fc.record({ watermark: fc.integer({ min: 0, max: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ restart: fc.constantFrom('heap', 'lmdb') }) },
  ) as fc.Arbitrary<Step>,
  { maxLength: 40 },
)
const shapes = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: -9, max: 9 }))
  .map(([slide, more, offset]) => ({ slide, size: slide + more, offset: offset % slide }))

/** Times are relative to the watermark, which rises by what a step says. */
async function run(operator: OperatorFactory, aligned: AlignedWindows, batchRecords: number, all: readonly Step[]) {
  const options = { key: ({ key }: Arrival) => key, batchRecords, sideOutputs: [late] }
  const model = new AlignedModel(aligned)
  const firings: unknown[] = []
  const lateIds: number[] = []
  let harness = new OperatorHarness(operator, options)
  const collect = () => {
    firings.push(...harness.records.map(({ value, timestamp }) => ({ ...(value as object), timestamp })))
    lateIds.push(...harness.side(late).values.map((value) => (value as Arrival).id))
  }
  let watermark = 0
  let id = 0
  for (const step of all) {
    if ('records' in step) {
      const arrivals = step.records.map(([key, time]): Arrival => ({ key, time: watermark + time, id: id++ }))
      harness.feed(arrivals.map((value) => ({ value, timestamp: value.time })))
      for (const arrival of arrivals) model.record(arrival)
    } else if ('watermark' in step) {
      watermark += step.watermark
      harness.watermark(watermark)
      model.watermark(watermark)
    } else {
      const restored: HarnessSnapshot = await harness.snapshot()
      collect()
      await harness.close()
      harness = new OperatorHarness(operator, { ...options, restored, backend: backends[step.restart] })
    }
  }
  harness.watermark(Number.MAX_SAFE_INTEGER)
  model.watermark(Number.MAX_SAFE_INTEGER)
  const left = await harness.snapshot()
  collect()
  await harness.close()
  const order = (a: { key: string; end: number }, b: { key: string; end: number }) =>
    a.end - b.end || (a.key < b.key ? -1 : 1)
  return {
    got: (firings as { key: string; end: number }[]).sort(order),
    expected: model.firings.map((firing) => ({ ...firing, timestamp: firing.end - 1 })).sort(order),
    late: [lateIds.sort((a, b) => a - b), model.late.sort((a, b) => a - b)] as const,
    left: entriesIn(left),
  }
}

function entriesIn({ keyed }: HarnessSnapshot): number {
  const range = { start: 0, end: 127 }
  const state = heapStateBackend.create({ range, maxParallelism: 128, freeze: false, operatorName: 'check' })
  for (const segment of keyed) state.restore(segment)
  return state.entryCount
}

describe.each([
  ['the operator of aligned windows', alignedWindowOperator],
  ['the general one', generalWindowOperator],
])('%s', (_name, operatorOf) => {
  it('gives each window once, with what came before it fired', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 5 }), steps, async (aligned, batchRecords, all) => {
        const definition = gathering(aligned)
        expect(isAligned(definition)).toBe(true)
        const { got, expected, late, left } = await run(operatorOf(definition), aligned, batchRecords, all)
        expect(got).toEqual(expected)
        expect(late[0]).toEqual(late[1])
        expect(left).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})
