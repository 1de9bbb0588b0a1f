import { expectTypeOf, it } from 'vitest'
import type { KeyedStream } from '../../src/program/keyed-stream.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import type { WindowedStream } from '../../src/program/windowed-stream.ts'

interface Sale {
  readonly shop: string
  readonly amount: number
  readonly units: bigint
  readonly tip?: number
}
declare const sales: KeyedStream<Sale, string>
declare const windowed: WindowedStream<Sale, string>

it('sums and the like take fields that are numbers, and give records', () => {
  expectTypeOf(sales.sum('amount')).toEqualTypeOf<SingleOutputStreamOperator<Sale>>()
  expectTypeOf(sales.minBy('units', { onTie: 'last' })).toEqualTypeOf<SingleOutputStreamOperator<Sale>>()
  expectTypeOf(windowed.max('amount')).toEqualTypeOf<SingleOutputStreamOperator<Sale>>()
  // @ts-expect-error a shop is no number
  sales.sum('shop')
  // @ts-expect-error there may be no tip
  windowed.min('tip')
  // @ts-expect-error there is no such field
  sales.maxBy('price')
})

it('of a function they give its numbers', () => {
  expectTypeOf(sales.sum((sale) => sale.amount)).toEqualTypeOf<SingleOutputStreamOperator<number>>()
  expectTypeOf(windowed.min((sale) => sale.units)).toEqualTypeOf<SingleOutputStreamOperator<bigint>>()
  expectTypeOf(sales.sum(() => 1)).toEqualTypeOf<SingleOutputStreamOperator<number>>()
  expectTypeOf(sales.maxBy((sale) => sale.tip ?? 0)).toEqualTypeOf<SingleOutputStreamOperator<Sale>>()
})
