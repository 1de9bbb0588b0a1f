/**
 * The job graph for programs to read: plain JSON without the functions, and reading it back with every field checked.
 *
 * Owns the shape of the printed plan and its version. A plan cannot be run: it has lost its functions.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import type { JobEdge, JobGraph, JobOperator, JobVertex } from './job-graph.ts'
import type { ChainingStrategy, Partitioning } from './transformation.ts'

export interface PlanOperator {
  readonly id: string
  readonly alternativeId: string | null
  readonly uid: string | null
  readonly name: string
  readonly description?: string
  readonly node: number
  readonly kind: string
  readonly stateful: boolean
  readonly inputCount: number
  readonly chaining: ChainingStrategy
  /** Position in the chain of the operator that feeds it; null for the head. */
  readonly parent: number | null
  readonly sideOutput: string | null
}

export interface PlanVertex {
  readonly id: string
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly maxParallelismExplicit: boolean
  readonly operators: readonly PlanOperator[]
}

export interface PlanEdge {
  readonly from: string
  readonly fromOperator: number
  readonly to: string
  readonly input: number
  readonly partitioning: Partitioning['type']
  readonly sideOutput: string | null
  readonly notChainedBecause: string
}

export interface Plan {
  readonly format: 1
  readonly name: string
  readonly vertices: readonly PlanVertex[]
  readonly edges: readonly PlanEdge[]
  readonly warnings: readonly string[]
}

/**
 * The job graph as plain data.
 *
 * @example JSON.stringify(planJson(buildJobGraph(env.toProgram(), 'word count')), null, 2)
 */
export const planJson = ({ name, vertices, edges, warnings }: JobGraph): Plan => ({
  format: 1,
  name,
  vertices: vertices.map(vertexJson),
  edges: edges.map(edgeJson),
  warnings: [...warnings],
})

const vertexJson = ({ operators, ...vertex }: JobVertex): PlanVertex => ({
  ...vertex,
  operators: operators.map(operatorJson),
})

const operatorJson = ({
  id,
  alternativeId,
  uid,
  name,
  description,
  node,
  operator,
  parent,
  sideOutput,
}: JobOperator) => ({
  id,
  alternativeId: alternativeId ?? null,
  uid: uid ?? null,
  name,
  ...(description !== undefined && { description }),
  node,
  kind: operator.kind,
  stateful: operator.stateful,
  inputCount: operator.inputCount,
  chaining: operator.chaining,
  parent: parent ?? null,
  sideOutput: sideOutput ?? null,
})

const edgeJson = ({ partitioning, sideOutput, ...edge }: JobEdge): PlanEdge => ({
  ...edge,
  partitioning: partitioning.type,
  sideOutput: sideOutput ?? null,
})

/** Reads what `JSON.stringify(planJson(…))` wrote. Fails with `ARGUMENT_INVALID`, naming the field. */
export function parsePlan(text: string): Plan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new StreamError('ARGUMENT_INVALID', `A plan is not valid JSON: ${messageOf(cause)}.`, { cause })
  }
  const plan = fields('plan', value)
  if (plan.format !== 1) throw wrong('plan.format', plan.format, 'the number 1')
  return {
    format: 1,
    name: string('plan.name', plan.name),
    vertices: list('plan.vertices', plan.vertices, parseVertex),
    edges: list('plan.edges', plan.edges, parseEdge),
    warnings: list('plan.warnings', plan.warnings, string),
  }
}

function parseVertex(path: string, value: unknown): PlanVertex {
  const vertex = fields(path, value)
  return {
    id: string(`${path}.id`, vertex.id),
    name: string(`${path}.name`, vertex.name),
    parallelism: integer(`${path}.parallelism`, vertex.parallelism),
    maxParallelism: integer(`${path}.maxParallelism`, vertex.maxParallelism),
    maxParallelismExplicit: boolean(`${path}.maxParallelismExplicit`, vertex.maxParallelismExplicit),
    operators: list(`${path}.operators`, vertex.operators, parseOperator),
  }
}

function parseOperator(path: string, value: unknown): PlanOperator {
  const operator = fields(path, value)
  return {
    id: string(`${path}.id`, operator.id),
    alternativeId: orNull(string)(`${path}.alternativeId`, operator.alternativeId),
    uid: orNull(string)(`${path}.uid`, operator.uid),
    name: string(`${path}.name`, operator.name),
    ...(operator.description !== undefined && { description: string(`${path}.description`, operator.description) }),
    node: integer(`${path}.node`, operator.node),
    kind: string(`${path}.kind`, operator.kind),
    stateful: boolean(`${path}.stateful`, operator.stateful),
    inputCount: integer(`${path}.inputCount`, operator.inputCount),
    chaining: oneOf(['always', 'head', 'head-with-sources', 'never'])(`${path}.chaining`, operator.chaining),
    parent: orNull(integer)(`${path}.parent`, operator.parent),
    sideOutput: orNull(string)(`${path}.sideOutput`, operator.sideOutput),
  }
}

function parseEdge(path: string, value: unknown): PlanEdge {
  const edge = fields(path, value)
  return {
    from: string(`${path}.from`, edge.from),
    fromOperator: integer(`${path}.fromOperator`, edge.fromOperator),
    to: string(`${path}.to`, edge.to),
    input: integer(`${path}.input`, edge.input),
    partitioning: oneOf(partitionings)(`${path}.partitioning`, edge.partitioning),
    sideOutput: orNull(string)(`${path}.sideOutput`, edge.sideOutput),
    notChainedBecause: string(`${path}.notChainedBecause`, edge.notChainedBecause),
  }
}

const partitionings = ['forward', 'rebalance', 'rescale', 'shuffle', 'global', 'broadcast', 'hash', 'custom'] as const

type Reader<T> = (path: string, value: unknown) => T

const wrong = (path: string, value: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `A plan has ${JSON.stringify(value)} at ${path}: expected ${expected}.`)

function fields(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, value, 'an object')
  return value as Readonly<Record<string, unknown>>
}

function list<T>(path: string, value: unknown, item: Reader<T>): T[] {
  if (!Array.isArray(value)) throw wrong(path, value, 'a list')
  return value.map((entry, index) => item(`${path}[${index}]`, entry))
}

function string(path: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(path, value, 'a string')
  return value
}

function integer(path: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw wrong(path, value, 'an integer from 0')
  }
  return value
}

function boolean(path: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrong(path, value, 'true or false')
  return value
}

const orNull =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (path, value) =>
    value === null ? null : reader(path, value)

const oneOf =
  <const T extends string>(allowed: readonly T[]): Reader<T> =>
  (path, value) => {
    const found = allowed.find((one) => one === value)
    if (found === undefined) throw wrong(path, value, `one of ${allowed.join(', ')}`)
    return found
  }
