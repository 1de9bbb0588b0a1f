import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  droppedUpTo,
  emptyBuffer,
  firstTime,
  inserted,
  pieceRecordsMax,
  type TimeBuffer,
  visitBetween,
} from '../../../src/operators/joins/time-buffer.ts'

const bufferOf = (times: readonly number[]): TimeBuffer =>
  times.reduce((buffer, time, i) => inserted(buffer, [time, i]), emptyBuffer)

function visited(buffer: TimeBuffer, from: number, to: number): unknown[] {
  const found: unknown[] = []
  visitBetween(buffer, from, to, (value, timestamp) => found.push([timestamp, value]))
  return found
}

it('does as a sorted list does, whatever the order of coming', () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 400 })
  const time = fc.integer({ min: -1, max: 41 })
  fc.assert(
    fc.property(times, time, time, time, (came, from, to, gone) => {
      const model = came.map((at, i) => [at, i] as const).toSorted(([a], [b]) => a - b)
      const buffer = droppedUpTo(bufferOf(came), gone)
      const left = model.filter(([at]) => at > gone)
      expect(buffer.flat()).toEqual(left)
      expect(visited(buffer, from, to)).toEqual(left.filter(([at]) => at >= from && at <= to))
      expect(firstTime(buffer)).toBe(left[0]?.[0] ?? Number.POSITIVE_INFINITY)
    }),
  )
})

it('has full pieces of what comes in order, and none that is empty or too large', () => {
  const inOrder = bufferOf(Array.from({ length: 200 }, (_, i) => i))
  expect(inOrder.map(({ length }) => length)).toEqual([64, 64, 64, 8])
  const lengths = bufferOf(Array.from({ length: 2_000 }, (_, i) => (i * 7_919) % 1_000)).map(({ length }) => length)
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(pieceRecordsMax / 2)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(pieceRecordsMax)
})

it('changes no buffer, and is the same one when there is nothing to drop', () => {
  const before = Object.freeze(bufferOf([1, 2, 3]).map(Object.freeze)) as TimeBuffer
  expect(inserted(before, [2, 'more']).flat()).toHaveLength(4)
  expect(droppedUpTo(before, 2).flat()).toHaveLength(1)
  expect(droppedUpTo(before, 0)).toBe(before)
  expect(before.flat()).toHaveLength(3)
})

it('finds few among many without looking at the others', () => {
  let looked = 0
  const buffer = bufferOf(Array.from({ length: 10_000 }, (_, i) => i)).map(
    (piece) =>
      new Proxy(piece, {
        get(target, name) {
          looked++
          return Reflect.get(target, name) as unknown
        },
      }),
  )
  expect(visited(buffer, 7_003, 7_005)).toHaveLength(3)
  expect(looked).toBeLessThan(50)
})
