/** Builds the program of a spec. Its functions tell a witness what they have put into state. */
import type { OperatorId } from '../../../src/core/ids.ts'
import { buildJobGraph } from '../../../src/graph/build-job-graph.ts'
import type { JobGraph } from '../../../src/graph/job-graph.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import type { DataStream } from '../../../src/program/data-stream.ts'
import type { DataStreamSink } from '../../../src/program/data-stream-sink.ts'
import { StreamEnvironment } from '../../../src/program/environment.ts'
import type { JobOptions } from '../../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../../src/program/single-output-stream-operator.ts'
import { type InputSpec, isKeyed, type OperatorSpec, type ProgramSpec } from './program-spec.ts'
import type { Item, SpecEndpoints } from './spec-endpoints.ts'
import { coKeyedFunction, keyedFunction, unkeyedFunction } from './spec-functions.ts'
import type { Witness } from './witness.ts'

export interface World {
  readonly endpoints: SpecEndpoints
  readonly witness: Witness
  readonly options: JobOptions
}

export interface BuiltProgram {
  readonly env: StreamEnvironment
  /** Node number → key of the operator. */
  readonly keys: ReadonlyMap<number, string>
}

const sides = outputTag<Item>('side')

export function buildProgram(spec: ProgramSpec, world: World): BuiltProgram {
  const { parallelism, maxParallelism, chaining } = spec
  const env = StreamEnvironment.create({
    name: 'edited',
    parallelism,
    ...(maxParallelism !== undefined && { maxParallelism }),
    chaining,
    batchRecords: 4,
    ...world.options,
  })
  const streams = new Map<string, SingleOutputStreamOperator<Item>>()
  const keys = new Map<number, string>()
  const bodies = new Map(spec.operators.map(({ key, body }) => [key, body]))
  const streamOf = ({ from, exchange, side }: InputSpec): DataStream<Item> => {
    const whole = streams.get(from)!
    const stream = side && bodies.get(from)!.type === 'split' ? whole.getSideOutput(sides) : whole
    return exchange === 'none' ? stream : stream[exchange]()
  }
  for (const operator of spec.operators) {
    const [first, ...others] = operator.inputs.map(streamOf)
    const merged = first === undefined || others.length === 0 ? first : first.union(...others)
    const second = operator.second && streamOf(operator.second)
    const made = addOperator(env, operator, merged, second, world)
    if ('map' in made) streams.set(operator.key, made)
    keys.set(made.node, operator.key)
    setUp(made, operator, spec)
  }
  return { env, keys }
}

/** An operator of a built program: where it stands in the job graph, and which of the spec it is. */
export interface PlacedOperator {
  readonly id: OperatorId
  readonly alternativeId: OperatorId | undefined
  readonly spec: OperatorSpec
  readonly parallelism: number
  readonly maxParallelism: number
  readonly maxParallelismExplicit: boolean
}

/** Fails as a submission does when the program cannot be one. */
export function placedOperators(spec: ProgramSpec, { env, keys }: BuiltProgram): readonly PlacedOperator[] {
  const graph: JobGraph = buildJobGraph(env.toProgram(), 'edited')
  return graph.vertices.flatMap(({ operators, parallelism, maxParallelism, maxParallelismExplicit }) =>
    operators.map(({ id, alternativeId, node }) => ({
      id,
      alternativeId,
      spec: spec.operators.find(({ key }) => key === keys.get(node))!,
      parallelism,
      maxParallelism,
      maxParallelismExplicit,
    })),
  )
}

type Added = SingleOutputStreamOperator<Item> | DataStreamSink

function addOperator(
  env: StreamEnvironment,
  operator: OperatorSpec,
  input: DataStream<Item> | undefined,
  second: DataStream<Item> | undefined,
  { endpoints, witness }: World,
): Added {
  const { key, body } = operator
  if (body.type === 'source') return env.fromSource(endpoints.source(key, body))
  if (input === undefined) throw new Error(`operator ${key} has no input`)
  const byKey = () => input.keyBy((item) => item.key)
  switch (body.type) {
    case 'sink':
      return input.sinkTo(endpoints.sink(body))
    case 'map':
      return input.map((item) => ({ ...item, n: item.n + 1 }))
    case 'filter':
      return input.filter(({ n }) => n % 4 !== 0)
    case 'flatMap':
      return input.flatMap((item) => (item.n % 3 === 0 ? [item, { ...item, n: item.n + 100 }] : [item]))
    case 'split':
      return input.process({
        output: {} as Item,
        element: (item, ctx) => (item.n % 2 === 0 ? ctx.emit(item) : ctx.sideOutput(sides, item)),
      })
    case 'reduce':
      return byKey().reduce((a, b) => ({ key: a.key, n: a.n + b.n }))
    case 'keyed': {
      if (second === undefined) return byKey().process(keyedFunction(key, body, witness))
      return byKey()
        .connect(second.keyBy((item) => item.key))
        .process(coKeyedFunction(key, body, witness))
    }
    case 'unkeyed': {
      const { element, ...definition } = unkeyedFunction(key, body, witness)
      if (second === undefined) return input.process({ ...definition, element })
      return input.connect(second).process({ ...definition, element1: element, element2: element })
    }
  }
}

function setUp(made: Added, { name, uid, uidHash, chain, body, ...own }: OperatorSpec, spec: ProgramSpec): void {
  made.name(name)
  if (uid !== undefined) made.uid(uid)
  if (uidHash !== undefined) made.setUidHash(uidHash)
  const most = own.maxParallelism ?? spec.maxParallelism ?? 128
  const parallelism = Math.min(own.parallelism ?? spec.parallelism, most)
  if (own.parallelism !== undefined || parallelism !== spec.parallelism) made.setParallelism(parallelism)
  if (own.maxParallelism !== undefined) made.setMaxParallelism(own.maxParallelism)
  if (chain === 'alone') made.disableChaining()
  if (chain === 'new' && 'startNewChain' in made && !isKeyed(body)) made.startNewChain()
}
