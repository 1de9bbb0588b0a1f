import { describe, expect, it } from 'vitest'
import { aggregating, choosing, combining } from '../../src/operators/aggregations.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { foldOperator } from '../../src/operators/process.ts'
import { tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { KeyedStream } from '../../src/program/keyed-stream.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { source } from '../program/stub-endpoints.ts'
import { failure } from './chain-harness.ts'

interface Sale {
  readonly shop: string
  readonly id: number
  readonly amount: number
}
const sales: Sale[] = [5, 2, 9, 2, 9].map((amount, id) => ({ shop: 'a', id, amount }))
const key = { key: (sale: Sale) => sale.shop }

/** The operator that a call on a keyed stream adds. */
function operatorOf(call: (sales: KeyedStream<Sale, string>) => SingleOutputStreamOperator<unknown>): OperatorFactory {
  const env = StreamEnvironment.create()
  call(env.fromSource(source<Sale>()).keyBy((sale) => sale.shop))
  return env.toProgram().transformations.at(-1)!.operator as OperatorFactory
}

/** What it gives for the sales, as `id:amount`, or as they are. */
function resultsOf(factory: OperatorFactory): unknown[] {
  const harness = new OperatorHarness(factory, key)
  harness.feed(sales.map((value) => ({ value, timestamp: value.id })))
  harness.watermark(1_000)
  return harness.values.map((value) =>
    typeof value === 'object' ? `${(value as Sale).id}:${(value as Sale).amount}` : value,
  )
}

const window = tumblingEventTimeWindows(100)

describe('of a field', () => {
  it.each<[string, (s: KeyedStream<Sale, string>) => SingleOutputStreamOperator<Sale>, string[]]>([
    ['sum', (s) => s.sum('amount'), ['0:5', '0:7', '0:16', '0:18', '0:27']],
    ['min', (s) => s.min('amount'), ['0:5', '0:2', '0:2', '0:2', '0:2']],
    ['max', (s) => s.max('amount'), ['0:5', '0:5', '0:9', '0:9', '0:9']],
    ['minBy', (s) => s.minBy('amount'), ['0:5', '1:2', '1:2', '1:2', '1:2']],
    ['maxBy', (s) => s.maxBy('amount'), ['0:5', '0:5', '2:9', '2:9', '2:9']],
    ['the last minBy', (s) => s.minBy('amount', { onTie: 'last' }), ['0:5', '1:2', '1:2', '3:2', '3:2']],
    ['the last maxBy', (s) => s.maxBy((sale) => sale.amount, { onTie: 'last' }), ['0:5', '0:5', '2:9', '2:9', '4:9']],
  ])('%s gives records', (_name, call, expected) => {
    expect(resultsOf(operatorOf(call))).toEqual(expected)
  })

  it.each<[string, (s: KeyedStream<Sale, string>) => SingleOutputStreamOperator<Sale>, string]>([
    ['sum', (s) => s.window(window).sum('amount'), '0:27'],
    ['min', (s) => s.window(window).min('amount'), '0:2'],
    ['max', (s) => s.window(window).max('amount'), '0:9'],
    ['minBy', (s) => s.window(window).minBy('amount'), '1:2'],
    ['maxBy', (s) => s.window(window).maxBy('amount', { onTie: 'last' }), '4:9'],
  ])('%s of a window gives one record', (_name, call, expected) => {
    expect(resultsOf(operatorOf(call))).toEqual([expected])
  })
})

describe('of a function', () => {
  it.each<[string, (s: KeyedStream<Sale, string>) => SingleOutputStreamOperator<number>, number[]]>([
    ['sum', (s) => s.sum((sale) => sale.amount * 2), [10, 14, 32, 36, 54]],
    ['min', (s) => s.min((sale) => sale.amount), [5, 2, 2, 2, 2]],
    ['max', (s) => s.max((sale) => sale.amount), [5, 5, 9, 9, 9]],
    ['sum of a window', (s) => s.window(window).sum((sale) => sale.amount), [27]],
    ['min of a window', (s) => s.window(window).min((sale) => sale.amount), [2]],
    ['max of a window', (s) => s.window(window).max((sale) => sale.amount), [9]],
  ])('%s gives numbers', (_name, call, expected) => {
    expect(resultsOf(operatorOf(call))).toEqual(expected)
  })

  it('merges what two windows have', () => {
    const { merge, add, createAccumulator } = aggregating('sum', (n: never) => n as number)
    const [one, two] = [add(1, createAccumulator()), add(5, add(2, createAccumulator()))]
    expect([merge!(one, two), merge!(createAccumulator(), two), merge!(one, createAccumulator())]).toEqual([
      [8],
      [7],
      [1],
    ])
    expect(merge!(createAccumulator(), createAccumulator())).toEqual([])
  })
})

it('starts from what a snapshot holds', async () => {
  const sum = foldOperator('sum', combining('sum', 'amount'))
  const harness = new OperatorHarness(sum, key)
  harness.element(sales[0])
  const again = new OperatorHarness(sum, { ...key, restored: await harness.snapshot() })
  again.element(sales[1])
  expect(again.values).toEqual([{ shop: 'a', id: 0, amount: 7 }])
})

it('adds and compares big integers', () => {
  const { first, next } = combining('sum', 'n')
  expect(next(first({ n: 1n }), { n: 2n ** 70n })).toEqual({ n: 2n ** 70n + 1n })
  expect(choosing('maxBy', 'n').next({ n: 1n }, { n: 2n })).toEqual({ n: 2n })
})

describe('what is no number', () => {
  it.each([
    ['sum', [{ amount: 1 }, { amount: '2' }], 'sum got "2" from "amount" of {"amount":"2"}: expected a number.'],
    ['sum', [{ amount: '1' }], 'sum got "1" from "amount" of {"amount":"1"}: expected a number.'],
    ['min', [{ amount: 1 }, {}], 'min got undefined from "amount" of {}: expected a number.'],
    ['max', [undefined], 'max got undefined from "amount" of undefined: expected a number.'],
  ] as const)('fails the job (%s of %o)', (call, values, message) => {
    const harness = new OperatorHarness(foldOperator(call, combining(call, 'amount')), { key: () => 'a', uid: 'u' })
    const error = failure(() => harness.elements(values))
    expect([error.code, error.message]).toEqual([
      'USER_FUNCTION_FAILED',
      `A function of operator "${call}" (uid "u") failed: ${message}`,
    ])
  })

  it('is refused as a field, or as a tie', () => {
    const invalid = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
    expect(() => operatorOf((s) => s.sum(7 as never))).toThrow(invalid)
    expect(() => operatorOf((s) => s.window(window).max(undefined as never))).toThrow(invalid)
    expect(() => operatorOf((s) => s.minBy('amount', { onTie: 'none' as never }))).toThrow(invalid)
  })
})
