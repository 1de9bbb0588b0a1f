import { describe, expectTypeOf, it } from 'vitest'
import type { ValueState } from '../../src/backends/state-backend.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import {
  type BroadcastState,
  broadcastState,
  type OperatorListState,
  operatorListState,
  unionListState,
} from '../../src/operators/operator-state-declarations.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

declare const texts: Source<string>
declare const env: StreamEnvironment

describe('operator state', () => {
  const operatorState = {
    waiting: operatorListState<string>(),
    offsets: unionListState<{ partition: number }>(),
    rules: broadcastState<string, number>(),
  }

  it('gives each declaration its handle, beside keyed state and without it', () => {
    const plain = env.fromSource(texts).process({
      output: '' as string,
      operatorState,
      open(ctx) {
        expectTypeOf(ctx.operatorState.waiting).toEqualTypeOf<OperatorListState<string>>()
      },
      element(word, ctx) {
        expectTypeOf(word).toEqualTypeOf<string>()
        expectTypeOf(ctx.operatorState.offsets.get()).toEqualTypeOf<readonly { partition: number }[]>()
        expectTypeOf(ctx.operatorState.rules).toEqualTypeOf<BroadcastState<string, number>>()
        expectTypeOf(ctx.emit).parameter(0).toEqualTypeOf<string>()
      },
    })
    expectTypeOf(plain).toEqualTypeOf<SingleOutputStreamOperator<string>>()
    const keyed = env
      .fromSource(texts)
      .keyBy((word) => word)
      .process({
        output: 0 as number,
        state: { count: valueState<number>(0) },
        operatorState: { waiting: operatorListState<Date>() },
        element(_, ctx) {
          expectTypeOf(ctx.state.count).toEqualTypeOf<ValueState<number>>()
          expectTypeOf(ctx.operatorState.waiting.get()).toEqualTypeOf<readonly Date[]>()
          // @ts-expect-error no such state
          void ctx.operatorState.count
          // @ts-expect-error a string is no date
          ctx.operatorState.waiting.add('')
        },
        endOfData(ctx) {
          expectTypeOf(ctx.operatorState.waiting).toEqualTypeOf<OperatorListState<Date>>()
        },
      })
    expectTypeOf(keyed).toEqualTypeOf<SingleOutputStreamOperator<number>>()
  })

  it('is inferred with two inputs, keyed or not', () => {
    const stream = env.fromSource(texts)
    stream.connect(stream.broadcast()).process({
      operatorState,
      element1(_, ctx) {
        expectTypeOf(ctx.operatorState.rules.get('a')).toEqualTypeOf<number | undefined>()
      },
      element2(word, ctx) {
        ctx.operatorState.rules.put(word, word.length)
      },
    })
    const keyed = stream.keyBy((word) => word)
    keyed.connect(keyed).process({
      state: { count: valueState<number>(0) },
      operatorState,
      element1(_, ctx) {
        expectTypeOf(ctx.operatorState.waiting).toEqualTypeOf<OperatorListState<string>>()
        expectTypeOf(ctx.state.count).toEqualTypeOf<ValueState<number>>()
      },
      element2() {},
    })
  })

  it('is empty when none is declared', () => {
    env.fromSource(texts).process({
      element(_, ctx) {
        // @ts-expect-error nothing is declared
        void ctx.operatorState.waiting
      },
    })
  })
})
