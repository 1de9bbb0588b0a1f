/**
 * Collects the calls of a program as transformations. Every stream of an environment shares one builder.
 *
 * Owns node numbers and replacing an entry when a setting changes: entries are immutable data. Does not own the stream
 * classes; it is told how to make them (`StreamKinds`), so that they need not import each other.
 */
import { assert, StreamError } from '../core/errors.ts'
import { parseOperatorId } from '../core/ids.ts'
import { checkParallelism } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'
import { nameOf } from '../graph/stream-graph.ts'
import type { ChainingStrategy, Partitioning, Transformation, TransformationInput } from '../graph/transformation.ts'
import type { TieOptions } from '../operators/aggregations.ts'
import { isSourceFactory } from '../operators/endpoints.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { checkNames } from '../operators/option-names.ts'
import { WatermarkStrategy } from '../operators/time/watermark-strategy.ts'
import type { ConnectedStreams, KeyedConnectedStreams } from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'

/** Where a stream's records come from, and how they reach its readers. A union has several. */
export type Upstream = Omit<TransformationInput, 'input'>

/** Makes each kind of stream; supplied by the environment. */
export interface StreamKinds {
  result<T>(builder: ProgramBuilder, node: number): SingleOutputStreamOperator<T>
  plain<T>(builder: ProgramBuilder, upstreams: readonly Upstream[]): DataStream<T>
  keyed<T, K>(builder: ProgramBuilder, upstreams: readonly Upstream[]): KeyedStream<T, K>
  connected<A, B>(builder: ProgramBuilder, inputs: TwoInputs): ConnectedStreams<A, B>
  keyedConnected<A, B, K>(builder: ProgramBuilder, inputs: TwoInputs): KeyedConnectedStreams<A, B, K>
}

export type TwoInputs = readonly [first: readonly Upstream[], second: readonly Upstream[]]

export type Settings = Partial<
  Pick<Transformation, 'name' | 'uid' | 'uidHash' | 'parallelism' | 'maxParallelism' | 'description' | 'nonParallel'>
>

export class ProgramBuilder {
  readonly kinds: StreamKinds
  readonly #transformations: Transformation[] = []

  constructor(kinds: StreamKinds) {
    this.kinds = kinds
  }

  get transformations(): readonly Transformation[] {
    return [...this.#transformations]
  }

  /** Adds a node and returns its number. `inputs` has one list of upstreams per input. */
  add(operator: OperatorFactory, name: string, inputs: readonly (readonly Upstream[])[]): number {
    const node = this.#transformations.length + 1
    this.#transformations.push({
      node,
      name,
      operator,
      inputs: inputs.flatMap((upstreams, input) =>
        upstreams.map((upstream) => ({ ...upstream, input: input as 0 | 1 })),
      ),
      uid: undefined,
      uidHash: undefined,
      parallelism: fixedParallelism(operator),
      maxParallelism: undefined,
    })
    return node
  }

  /** Adds an operator with one input per list of upstreams and gives its result. */
  apply<Out>(operator: OperatorFactory, ...inputs: readonly (readonly Upstream[])[]): SingleOutputStreamOperator<Out> {
    return this.kinds.result<Out>(this, this.add(operator, operator.kind, inputs))
  }

  /** Changes settings of a node. Fails with the code of the setting that is wrong. */
  set(node: number, settings: Settings): void {
    const before = this.#at(node)
    this.#transformations[node - 1] = checkSettings({ ...before, ...settings })
  }

  /** Changes how a node may be chained. */
  chain(node: number, chaining: ChainingStrategy): void {
    const before = this.#at(node)
    this.#transformations[node - 1] = { ...before, operator: { ...before.operator, chaining } }
  }

  #at(node: number): Transformation {
    const found = this.#transformations[node - 1]
    assert(found !== undefined, `node ${node} was added by this builder`)
    return found
  }
}

/** Every upstream again, partitioned in another way: of two partitionings in a row the last one counts. */
export const partitioned = (upstreams: readonly Upstream[], partitioning: Partitioning): readonly Upstream[] =>
  upstreams.map((upstream) => ({ ...upstream, partitioning }))

/** Catches what a program without types can get wrong, at the call instead of at the first record. */
export function checkFunction(call: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new StreamError('ARGUMENT_INVALID', `${call} was given ${kindOf(value)}: expected a function.`)
}

/** The same for a field or a function, and what `minBy` and `maxBy` take besides. */
export function checkNumberOf(call: string, by: unknown, options: TieOptions = {}): void {
  if (typeof by !== 'string' && typeof by !== 'function') {
    throw new StreamError('ARGUMENT_INVALID', `${call} was given ${kindOf(by)}: expected a field or a function.`)
  }
  checkNames(options, ['onTie'], `The options of ${call}`)
  if (['first', 'last', undefined].includes(options.onTie)) return
  throw new StreamError('ARGUMENT_INVALID', `${call} was given onTie '${options.onTie}': expected 'first' or 'last'.`)
}

/** The same for a definition object: `methods` must be there. */
export function checkDefinition(call: string, value: unknown, ...methods: readonly string[]): void {
  const definition = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  for (const method of methods) {
    if (typeof definition[method] === 'function') continue
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${call} was given ${kindOf(value)} whose ${method} is ${kindOf(definition[method])}: expected a function.`,
    )
  }
}

/** The same for a watermark strategy. */
export function checkStrategy(call: string, value: unknown): void {
  if (value instanceof WatermarkStrategy) return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${call} was given ${kindOf(value)} for a watermark strategy: expected one such as WatermarkStrategy.forMonotonousTimestamps().`,
  )
}

/** `an object`, `a string`, `undefined`. */
export const kindOf = (value: unknown): string =>
  value === undefined || value === null
    ? String(value)
    : /^[aeiou]/.test(typeof value)
      ? `an ${typeof value}`
      : `a ${typeof value}`

/** The parallelism of a source that cannot be split otherwise. */
const fixedParallelism = (operator: object): number | undefined =>
  isSourceFactory(operator) ? operator.source.parallelism : undefined

function checkSettings(transformation: Transformation): Transformation {
  const { name, uid, uidHash, parallelism, maxParallelism, operator, description, nonParallel } = transformation
  const what = nameOf(transformation)
  if (typeof name !== 'string' || name === '') {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `Node ${transformation.node} was given the name ${JSON.stringify(name)}: expected a string of at least one character.`,
    )
  }
  if (description !== undefined && (typeof description !== 'string' || description === '')) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${what} was given the description ${JSON.stringify(description)}: expected a string of at least one character.`,
    )
  }
  if (uid !== undefined && (typeof uid !== 'string' || uid === '')) {
    throw new StreamError(
      'UID_INVALID',
      `${what} was given the uid ${JSON.stringify(uid)}: expected a string of at least one character.`,
    )
  }
  if (uidHash !== undefined) parseOperatorId(uidHash)
  checkParallelism(what, parallelism ?? 1, maxParallelism ?? limits.parallelismMax)
  const fixed = nonParallel ? 1 : fixedParallelism(operator)
  if (fixed !== undefined && parallelism !== fixed) {
    const why = nonParallel ? 'this operator has one subtask' : 'this source cannot be split otherwise'
    throw new StreamError(
      'PARALLELISM_INVALID',
      `${what} was given parallelism ${parallelism}: expected ${fixed}, because ${why}.`,
    )
  }
  return transformation
}
