import { expect, it } from 'vitest'
import { outputTag } from '../../src/operators/output-tag.ts'
import { tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { harnessOf } from '../../src/testing/harness-of.ts'
import type { OperatorHarnessOptions } from '../../src/testing/operator-harness.ts'
import { failure } from '../operators/chain-harness.ts'

const late = outputTag<string>('late')
const windows = (options: OperatorHarnessOptions = {}) =>
  harnessOf<string>(
    (words) =>
      words
        .keyBy((word) => word[0]!)
        .window(tumblingEventTimeWindows(10))
        .sideOutputLateData(late)
        .apply((all, key, { end }) => [`${key} ${all.length} before ${end}`]),
    { sideOutputs: [late], ...options },
  )

it('opens windows, with their key, side output and snapshots', async () => {
  const harness = windows()
  harness.feed([
    { value: 'ada', timestamp: 3 },
    { value: 'bob', timestamp: 4 },
    { value: 'amy', timestamp: 9 },
  ])
  const restored = windows({ restored: await harness.snapshot() })
  for (const one of [harness, restored]) {
    one.watermark(9)
    one.element('abe', 5)
    expect([one.values, one.side(late).values]).toEqual([['a 2 before 10', 'b 1 before 10'], ['abe']])
  }
})

it('opens what has two inputs, each with its key', () => {
  const harness = harnessOf<number, string>((numbers, texts) =>
    numbers
      .keyBy((n) => n)
      .intervalJoin(texts.keyBy((text) => text.length))
      .between(0, 5)
      .process({ element: (n, text, ctx) => ctx.emit(`${n} ${text}`) }),
  )
  harness.element(2, 10)
  harness.element2('ab', 12)
  harness.element2('abc', 12)
  expect(harness.values).toEqual(['2 ab'])
})

it('takes one operator only', () => {
  const error = failure(() => harnessOf<number>((numbers) => numbers.map((n) => n + 1).filter((n) => n > 1)))
  expect([error.code, error.message]).toEqual([
    'ARGUMENT_INVALID',
    "harnessOf was given 'map' and 'filter': expected one operator behind its input. Run a whole program with execute.",
  ])
})
