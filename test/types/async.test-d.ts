import { describe, expectTypeOf, it } from 'vitest'
import type { AsyncRequest } from '../../src/operators/async/async-definition.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

declare const env: StreamEnvironment
declare const texts: Source<string>
const lines = env.fromSource(texts)

describe('asynchronous calls', () => {
  it('give what their promises bring', () => {
    const lengths = lines.asyncOrdered({
      async call(line, request) {
        expectTypeOf(line).toEqualTypeOf<string>()
        expectTypeOf(request).toEqualTypeOf<AsyncRequest>()
        return line.length
      },
      retry: {
        attempts: 2,
        delayMs: 1,
        retryOnResult(result) {
          expectTypeOf(result).toEqualTypeOf<number>()
          return result === 0
        },
      },
    })
    expectTypeOf(lengths).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    const keyed = lines.keyBy((line) => line)
    expectTypeOf(keyed.asyncUnordered({ call: async (line) => ({ line }) })).toEqualTypeOf<
      SingleOutputStreamOperator<{ line: string }>
    >()
  })

  it('give what onTimeout gives as well', () => {
    const found = lines.asyncUnordered({ call: async (line) => line.length, onTimeout: () => undefined })
    expectTypeOf(found).toEqualTypeOf<SingleOutputStreamOperator<number | undefined>>()
  })

  it('are promises', () => {
    // @ts-expect-error a number is no promise
    lines.asyncOrdered({ call: (line) => line.length })
    // @ts-expect-error nothing is called
    lines.asyncOrdered({})
  })
})
