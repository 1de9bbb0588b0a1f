import { expect, it } from 'vitest'
import type { RecordBatch } from '../../../src/core/elements.ts'
import { SplitTime } from '../../../src/operators/time/split-time.ts'

function make(outOfOrdernessMs: number) {
  const emitted: RecordBatch[] = []
  const told: (number | string)[] = []
  const split: SplitTime = new SplitTime(
    { kind: 'bounded', outOfOrdernessMs },
    { operatorName: 'times', output: { emit: (batch) => void emitted.push(batch) } },
    () => void told.push(split.idle ? 'idle' : split.watermark),
    0,
  )
  return { split, emitted, told }
}

it('hands a batch on as it came, and says what is behind it when asked', () => {
  const { split, emitted, told } = make(3)
  const [values, timestamps] = [
    ['a', 'b'],
    [10, 8],
  ]
  expect(split.pending).toBe(false)
  split.batch(values, timestamps, 10)
  expect([emitted[0]!.values, emitted[0]!.timestamps]).toEqual([values, timestamps])
  expect(emitted[0]!.values).toBe(values)
  expect([split.pending, told]).toEqual([true, []])
  split.periodic()
  split.periodic()
  expect([split.pending, told]).toEqual([false, [6]])
})

it('never has anything to say without watermarks', () => {
  const { split, told } = make(Number.POSITIVE_INFINITY)
  split.batch(['a'], [10], 10)
  expect(split.pending).toBe(false)
  split.periodic()
  expect(told).toEqual([])
})

it('says what it has to say before it falls silent, and nothing afterwards', () => {
  const { split, told } = make(0)
  split.batch(['a'], [10], 10)
  split.fallSilent()
  expect(told).toEqual([9, 'idle'])
  split.periodic()
  expect([split.idle, told]).toEqual([true, [9, 'idle']])
  split.batch(['b'], [11], 11)
  expect(told).toEqual([9, 'idle', 9])
})

it('refuses generators that are none, or take their time', () => {
  const make = (generator: unknown) =>
    new SplitTime(
      { kind: 'generator', create: () => generator as never },
      { operatorName: 'times', output: { emit() {} } },
      () => {},
      0,
    )
  const late = async (): Promise<never> => {
    throw new Error('too late for anyone')
  }
  expect(() => make(late())).toThrow('The function given to forGenerator returned a promise')
  for (const wrong of [undefined, {}, { onEvent: 1 }]) {
    expect(() => make(wrong)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  }
  expect(() => make({ onEvent: async () => {} }).batch(['a'], [1], 1)).toThrow(/onEvent .* returned a promise/)
  expect(() => make({ onEvent() {}, onPeriodicEmit: async () => {} }).periodic()).toThrow(/onPeriodicEmit .* promise/)
})
