/** Job graphs put together by hand, with what a test does not care about filled in. */
import { type OperatorId, subtaskId, type VertexId } from '../../src/core/ids.ts'
import type { JobEdge, JobGraph, JobOperator, JobVertex } from '../../src/graph/job-graph.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { mapOperator } from '../../src/operators/stateless.ts'

/** 32 hex digits that end in `n`. */
export const hex = (n: number): string => n.toString(16).padStart(32, '0')
export const vertexOf = (n: number) => hex(n) as VertexId
export const subtask = (vertex: number, index: number) => subtaskId(vertexOf(vertex), index)

export const operator = (n: number, more: Partial<JobOperator> = {}): JobOperator => ({
  id: hex(n) as OperatorId,
  alternativeId: undefined,
  uid: undefined,
  name: `op${n}`,
  node: n,
  operator: { ...mapOperator((x) => x), stateful: true, keyed: true, operatorStates: {} } as OperatorFactory,
  parent: undefined,
  sideOutput: undefined,
  ...more,
})

/** An operator that keeps whatever it likes that belongs to no key, as sources and sinks do. */
export const endpoint = (n: number, more: Partial<JobOperator> = {}): JobOperator =>
  operator(n, { operator: { ...mapOperator((x) => x), kind: 'sink', stateful: true } as OperatorFactory, ...more })

/** An operator that declares keyed states of these names. */
export const keyedOperator = (n: number, states: readonly string[], more: Partial<JobOperator> = {}): JobOperator => {
  const declared = Object.fromEntries(states.map((name) => [name, { kind: 'value', initial: 0 }]))
  return operator(n, { operator: { ...operator(n).operator, states: declared } as OperatorFactory, ...more })
}

/** A vertex whose operators are numbered from its own number on. */
export const vertex = (n: number, parallelism = 1, more: Partial<JobVertex> = {}): JobVertex => ({
  id: vertexOf(n),
  name: `v${n}`,
  parallelism,
  maxParallelism: 128,
  maxParallelismExplicit: false,
  operators: [operator(n)],
  ...more,
})

export const edge = (from: number, to: number, more: Partial<JobEdge> = {}): JobEdge => ({
  from: vertexOf(from),
  fromOperator: 0,
  to: vertexOf(to),
  input: 0,
  partitioning: { type: 'rebalance' },
  sideOutput: undefined,
  notChainedBecause: 'the partitioning is rebalance',
  ...more,
})

export const graph = (vertices: readonly JobVertex[], edges: readonly JobEdge[] = []): JobGraph => ({
  name: 'job',
  vertices,
  edges,
  warnings: [],
})
