import { describe, expect, it } from 'vitest'
import { buildManifest } from '../../src/actors/build-manifest.ts'
import type { KeyedStateHandle, OperatorStateHandles, StateHandle } from '../../src/backends/manifest.ts'
import { type OperatorId, subtaskId, type VertexId } from '../../src/core/ids.ts'
import type { JobGraph, JobVertex } from '../../src/graph/job-graph.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf } from './descriptors.ts'
import { ck, jobId } from './probe.ts'

const map = mapOperator((x) => x)
const vertex = (id: string, parallelism: number, ...names: string[]): JobVertex => ({
  id: id as VertexId,
  name: names.join(' -> '),
  parallelism,
  maxParallelism: 128,
  maxParallelismExplicit: false,
  operators: chainOf(...names.map((name) => [name, map] as const)),
})
const graph: JobGraph = {
  name: 'job',
  vertices: [vertex('v', 2, 'a', 'b'), vertex('w', 1, 'c')],
  edges: [],
  warnings: [],
}
const plan = { job: { id: jobId, name: 'job' }, graph }
const facts = { checkpointId: ck(5), timestamp: 77, kind: 'savepoint', states: [], finished: [] } as const

const handle = (file: string): StateHandle => ({ file, offset: 0, length: 3, checksum: '00000000', codec: 1 })
const keyedHandle = (file: string): KeyedStateHandle => ({
  ...handle(file),
  keyGroups: { start: 0, end: 63 },
  states: [{ name: 's', kind: 'value' }],
})
const of = (operator: string, keyed?: string, own?: string): OperatorStateHandles => ({
  operatorId: operator as OperatorId,
  keyed: keyed === undefined ? [] : [keyedHandle(keyed)],
  operator: own === undefined ? undefined : handle(own),
})
const fileOf = (of: StateHandle | undefined) => (of !== undefined && 'file' in of ? of.file : undefined)
const acknowledged = (id: string, index: number, operators: OperatorStateHandles[], finished = false) => ({
  subtask: subtaskId(id as VertexId, index),
  state: { operators, bytes: 0, finished },
})

describe('the manifest of a checkpoint', () => {
  it('names every operator and every subtask, also those without state', () => {
    const manifest = buildManifest(plan, facts)
    const nothing = (index: number) => ({ index, finished: false, keyed: [], operator: undefined })
    expect(manifest).toEqual({
      formatVersion: 1,
      kind: 'savepoint',
      job: { id: jobId, name: 'job' },
      checkpointId: 5,
      timestamp: 77,
      operators: [
        ...['a', 'b'].map((id) => ({
          id,
          uid: undefined,
          name: id,
          vertex: 'v',
          parallelism: 2,
          maxParallelism: 128,
          subtasks: [nothing(0), nothing(1)],
        })),
        {
          id: 'c',
          uid: undefined,
          name: 'c',
          vertex: 'w',
          parallelism: 1,
          maxParallelism: 128,
          subtasks: [nothing(0)],
        },
      ],
    })
  })

  it('puts the handles where they belong, whatever the order of the acknowledgements', () => {
    const states = [
      acknowledged('w', 0, [of('c', undefined, 'c0')]),
      acknowledged('v', 1, [of('b', undefined, 'b1'), of('a', 'a1')]),
      acknowledged('v', 0, [of('a', 'a0', 'own')]),
    ]
    const { operators } = buildManifest(plan, { ...facts, states })
    const files = operators.map(({ subtasks }) =>
      subtasks.map(({ keyed, operator }) => [fileOf(keyed[0]), fileOf(operator)]),
    )
    expect(files).toEqual([
      [
        ['a0', 'own'],
        ['a1', undefined],
      ],
      [
        [undefined, undefined],
        [undefined, 'b1'],
      ],
      [[undefined, 'c0']],
    ])
  })

  it('marks as finished who had left before, and who acknowledged its end', () => {
    const { operators } = buildManifest(plan, {
      ...facts,
      states: [acknowledged('w', 0, [], true)],
      finished: [subtaskId('v' as VertexId, 1)],
    })
    expect(operators.map(({ subtasks }) => subtasks.map(({ finished }) => finished))).toEqual([
      [false, true],
      [false, true],
      [true],
    ])
  })

  it('has what was on its way with the first operator of a vertex, in version 2', () => {
    const channel = { ...handle('v-1.state'), gate: 0, input: 0, from: 1 } as const
    const state = { operators: [], inFlight: [channel], bytes: 3, finished: false }
    const manifest = buildManifest(plan, { ...facts, states: [{ subtask: subtaskId('v' as VertexId, 1), state }] })
    expect(manifest.formatVersion).toBe(2)
    const found = manifest.operators.map(({ subtasks }) => subtasks.map(({ inFlight }) => inFlight))
    expect(found).toEqual([[undefined, [channel]], [undefined, undefined], [undefined]])
  })
})
