/** An `OperatorHarness` of the operator that a call of a stream makes, so that windows and joins are written as in a program. */
import { assert, StreamError } from '../core/errors.ts'
import type { Transformation } from '../graph/transformation.ts'
import type { Source } from '../operators/endpoints.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import type { DataStream } from '../program/data-stream.ts'
import { StreamEnvironment } from '../program/environment.ts'
import type { SingleOutputStreamOperator } from '../program/single-output-stream-operator.ts'
import { OperatorHarness, type OperatorHarnessOptions } from './operator-harness.ts'

/**
 * Opens the one operator that `build` puts behind its input, or its two inputs, with the keys that it gives them. Fails as
 * `OperatorHarness` does, and with `ARGUMENT_INVALID` when it is not one operator.
 *
 * @example
 * import { tumblingEventTimeWindows } from 'tidemark'
 * import { harnessOf } from 'tidemark/testing'
 *
 * const sums = harnessOf<number>((numbers) =>
 *   numbers.keyBy((n) => n % 2).window(tumblingEventTimeWindows(10)).reduce((a, b) => a + b),
 * )
 * sums.feed([{ value: 1, timestamp: 3 }, { value: 5, timestamp: 7 }])
 * sums.watermark(9)
 * sums.values // [6]
 */
export function harnessOf<In, In2 = never>(
  build: (input: DataStream<In>, second: DataStream<In2>) => SingleOutputStreamOperator<unknown>,
  options: Omit<OperatorHarnessOptions, 'key' | 'key2'> = {},
): OperatorHarness {
  const env = StreamEnvironment.create()
  const { node } = build(env.fromSource(unread<In>()), env.fromSource(unread<In2>()))
  const { transformations } = env.toProgram()
  const found = transformations.find((one) => one.node === node)
  assert(found !== undefined, 'a result has a node in its program')
  if (transformations.length > 3 || found.inputs.some(({ from }) => from > 2)) throw severalOperators(transformations)
  const keyOf = (input: 0 | 1) => {
    const partitioning = found.inputs.find((one) => one.input === input)?.partitioning
    return partitioning?.type === 'hash' ? partitioning.key : undefined
  }
  const [key, key2] = [keyOf(0), keyOf(1)]
  return new OperatorHarness(found.operator as OperatorFactory, {
    ...options,
    ...(key === undefined ? {} : { key }),
    ...(key2 === undefined ? {} : { key2 }),
  })
}

const unread = <T>(): Source<T> => ({
  kind: 'input',
  bounded: true,
  replayable: true,
  createReader: () => assert(false, 'a harness feeds its operator itself') as never,
})

const severalOperators = (transformations: readonly Transformation[]): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `harnessOf was given ${transformations
      .slice(2)
      .map(({ name }) => `'${name}'`)
      .join(' and ')}: expected one operator behind its input. Run a whole program with execute.`,
  )
