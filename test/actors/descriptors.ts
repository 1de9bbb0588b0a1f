/** Descriptors of subtasks and operators with what a test does not care about filled in. */
import type { OutputDescriptor, SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import type { OperatorId, SubtaskId, VertexId } from '../../src/core/ids.ts'
import { subtaskId } from '../../src/core/ids.ts'
import type { JobOperator } from '../../src/graph/job-graph.ts'
import type { Partitioning } from '../../src/graph/transformation.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { jobId } from './probe.ts'

export const vertexId = 'v'.repeat(32) as VertexId

/** One operator of a chain; its id is its name. */
export const operator = (
  name: string,
  factory: OperatorFactory,
  more: Partial<Pick<JobOperator, 'parent' | 'sideOutput' | 'uid' | 'alternativeId'>> = {},
): JobOperator => ({
  id: name as OperatorId,
  alternativeId: undefined,
  uid: undefined,
  name,
  node: 1,
  operator: factory,
  parent: undefined,
  sideOutput: undefined,
  ...more,
})

/** Operators in a row. */
export const chainOf = (...members: readonly (readonly [string, OperatorFactory])[]): JobOperator[] =>
  members.map(([name, factory], position) => operator(name, factory, position === 0 ? {} : { parent: position - 1 }))

export const output = (
  channels: readonly string[],
  partitioning: Partitioning = { type: 'forward' },
  more: Partial<OutputDescriptor> = {},
): OutputDescriptor => ({
  operator: 0,
  sideOutput: undefined,
  partitioning,
  channels,
  targetMaxParallelism: 128,
  targetName: 'target',
  ...more,
})

export const descriptor = (
  operators: readonly JobOperator[],
  more: Partial<SubtaskDescriptor> = {},
): SubtaskDescriptor => {
  const { index = 0 } = more
  return {
    jobId,
    jobName: 'job',
    id: subtaskId(vertexId, index),
    vertex: vertexId,
    vertexName: operators.map(({ name }) => name).join(' -> '),
    index,
    parallelism: 1,
    maxParallelism: 128,
    incremental: false,
    attempt: 0,
    operators,
    inputs: [],
    outputs: [],
    mode: 'exactly-once',
    checkpointing: true,
    batchRecords: 4,
    autoWatermarkIntervalMs: 0,
    freezeState: true,
    restore: undefined,
    ...more,
  }
}

export const input = (channel: string, of: 0 | 1 = 0) => ({
  channel,
  input: of,
  gate: channel.charCodeAt(0) - 97,
  from: 'from/0' as SubtaskId,
})
