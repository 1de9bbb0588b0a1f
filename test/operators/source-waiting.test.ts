import { expect, it } from 'vitest'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { Source, SourceReader } from '../../src/operators/endpoints.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'

const aligned = WatermarkStrategy.forMonotonousTimestamps()
  .withTimestampAssigner((value: number) => value)
  .withWatermarkAlignment('g', 10, 100)

/** Reads one number at a time, of the splits in turn. */
function make(strategy: WatermarkStrategy<number>, numbers: readonly [string, number][], more: object = {}) {
  let next = 0
  const source: Source<number> = {
    kind: 'numbers',
    bounded: false,
    replayable: true,
    createReader: (): SourceReader<number> => ({
      poll() {
        const [split, value] = numbers[next] ?? []
        if (value === undefined) return { type: 'waiting' }
        next++
        return { type: 'records', values: [value], ...(split === '' ? {} : { split: split! }) }
      },
      snapshot: () => next,
      close() {},
      ...more,
    }),
  }
  return new OperatorHarness(sourceOperator(source, strategy))
}

it('stops reading when it is too far ahead of its group, and goes on when it is not', () => {
  const harness = make(aligned, [
    ['', 101],
    ['', 111],
    ['', 112],
    ['', 113],
  ])
  harness.poll()
  harness.groupWatermark(100)
  harness.poll()
  harness.poll()
  expect(harness.watermarks).toEqual([100, 110, 111])
  expect([harness.poll(), harness.values.length]).toEqual(['waiting', 3])
  const { wakes } = harness
  harness.groupWatermark(101)
  expect(harness.wakes).toBe(wakes + 1)
  harness.poll()
  expect(harness.values).toEqual([101, 111, 112, 113])
})

it('tells its group how far it has come', async () => {
  const harness = make(aligned, [
    ['', 5],
    ['', 6],
  ])
  harness.poll()
  harness.poll()
  harness.advance(100)
  await harness.endOfData()
  expect(harness.reported.map(({ watermark }) => watermark)).toEqual([undefined, 4, 5, undefined])
  expect(harness.reported[0]).toMatchObject({ group: 'g', updateIntervalMs: 100 })
})

it('is not idle for having waited', () => {
  const harness = make(aligned.withIdleness(50), [['', 500]])
  harness.groupWatermark(0)
  harness.poll()
  harness.advance(10_000)
  expect(harness.statuses).toEqual([])
  harness.groupWatermark(499)
  harness.advance(49)
  expect(harness.statuses).toEqual([])
  harness.advance(10)
  expect(harness.statuses).toEqual(['idle'])
  expect(harness.reported.at(-1)!.watermark).toBeUndefined()
})

/** Two splits, of which the reader can pause each. */
function makePausing(numbers: readonly [string, number][]) {
  const paused: (readonly string[])[] = []
  const splits = ['a', 'b']
  const more = { splits: () => splits, pauseSplits: (names: readonly string[]) => void paused.push(names) }
  return { harness: make(aligned.withIdleness(50), numbers, more), paused }
}

it('lets its reader pause the splits that are ahead', () => {
  const { harness, paused } = makePausing([
    ['a', 31],
    ['b', 11],
    ['b', 12],
  ])
  harness.poll()
  harness.poll()
  harness.groupWatermark(10)
  expect(paused).toEqual([['a']])
  harness.poll()
  expect(harness.watermarks).toEqual([10, 11])
  harness.groupWatermark(20)
  expect(paused).toEqual([['a'], []])
})

it('takes no split for idle that it has paused', () => {
  const { harness } = makePausing([
    ['a', 100],
    ...Array.from({ length: 10 }, (_, i): [string, number] => ['b', 11 + i]),
    ['b', 200],
  ])
  harness.poll()
  harness.groupWatermark(10)
  for (let i = 0; i < 10; i++) {
    harness.poll()
    harness.advance(20)
  }
  harness.groupWatermark(90)
  harness.advance(20)
  harness.poll()
  // Idle, `a` would not hold the watermark of `b` at its own.
  expect(harness.watermarks.at(-1)).toBe(99)
  harness.advance(31)
  expect([harness.watermarks.at(-1), harness.statuses]).toEqual([199, []])
})
