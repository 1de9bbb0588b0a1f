import { describe, expect, it } from 'vitest'
import type { JobId } from '../../src/core/ids.ts'
import { type DeploymentSettings, planDeployment, subtasksOf, taskPlanOf } from '../../src/deployment/plan.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { edge, graph, hex, operator, subtask, vertex } from './graphs.ts'

const settings: DeploymentSettings = {
  jobId: hex(99) as JobId,
  mode: 'exactly-once',
  checkpointing: true,
  batchRecords: 10,
  autoWatermarkIntervalMs: 0,
  freezeState: true,
  incremental: false,
}
const plan = (job: JobGraph) => planDeployment(job, settings, 0, new Map())
const hash = { type: 'hash', key: (x: never) => x } as const

/** Every channel as `from>to`, by vertex number and index, once as the inputs and once as the outputs see it. */
function wiring(job: JobGraph) {
  const short = (text: string) => text.replaceAll(/0{20,}/g, '')
  const descriptors = plan(job)
  const inputs = descriptors.flatMap(({ inputs }) => inputs.map(({ channel }) => short(channel)))
  const outputs = descriptors.flatMap(({ outputs }) => outputs.flatMap(({ channels }) => channels.map(short)))
  expect(inputs.toSorted()).toEqual(outputs.toSorted())
  expect(new Set(inputs).size).toBe(inputs.length)
  return inputs
}

describe('a deployment plan', () => {
  it('has one descriptor per subtask, in the order of the vertices', () => {
    const job = graph([vertex(1, 2), vertex(2, 1, { maxParallelism: 32, operators: [operator(2), operator(3)] })])
    const descriptors = planDeployment(job, settings, 4, new Map())
    expect(descriptors.map(({ id }) => id)).toEqual([subtask(1, 0), subtask(1, 1), subtask(2, 0)])
    expect(subtasksOf(job)).toEqual(descriptors.map(({ id }) => id))
    expect(descriptors[2]).toEqual({
      ...settings,
      jobName: 'job',
      id: subtask(2, 0),
      vertex: hex(2),
      vertexName: 'v2',
      index: 0,
      parallelism: 1,
      maxParallelism: 32,
      attempt: 4,
      operators: job.vertices[1]!.operators,
      inputs: [],
      outputs: [],
      restore: undefined,
    })
  })

  it('gives each subtask what it restores', () => {
    const restore = { checkpointId: 3 as never, operators: [], finished: true }
    const descriptors = planDeployment(graph([vertex(1, 2)]), settings, 1, new Map([[subtask(1, 1), restore]]))
    expect(descriptors.map((descriptor) => descriptor.restore)).toEqual([undefined, restore])
  })

  it('joins equal indexes by a forward edge', () => {
    const job = graph([vertex(1, 2), vertex(2, 2)], [edge(1, 2, { partitioning: { type: 'forward' } })])
    expect(wiring(job)).toEqual(['1/0>2/0#0', '1/1>2/1#0'])
  })

  it('joins each with its share to rescale', () => {
    const rescale = edge(1, 2, { partitioning: { type: 'rescale' } })
    expect(wiring(graph([vertex(1, 2), vertex(2, 3)], [rescale]))).toEqual(['1/0>2/0#0', '1/0>2/1#0', '1/1>2/2#0'])
    expect(wiring(graph([vertex(1, 3), vertex(2, 2)], [rescale]))).toEqual(['1/0>2/0#0', '1/1>2/1#0', '1/2>2/1#0'])
  })

  it.each([['rebalance'], ['broadcast'], ['shuffle'], ['global'], ['hash']] as const)(
    'joins everyone with everyone by %s',
    (type) => {
      const partitioning = type === 'hash' ? hash : { type }
      const job = graph([vertex(1, 2), vertex(2, 3)], [edge(1, 2, { partitioning })])
      expect(wiring(job)).toEqual(['1/0>2/0#0', '1/1>2/0#0', '1/0>2/1#0', '1/1>2/1#0', '1/0>2/2#0', '1/1>2/2#0'])
      const [first] = plan(job)
      expect(first!.outputs.map(({ channels }) => channels.map((id) => id.slice(-4, -2)))).toEqual([['/0', '/1', '/2']])
    },
  )

  it('describes an output: which operator, which tag, and what its target needs of it', () => {
    const target = vertex(2, 1, {
      maxParallelism: 64,
      operators: [operator(2, { name: 'count', uid: 'c' }), operator(3)],
    })
    const late = edge(1, 2, { fromOperator: 1, sideOutput: 'late', partitioning: hash })
    const [source] = plan(graph([vertex(1, 1, { operators: [operator(1), operator(4)] }), target], [late]))
    expect(source!.outputs).toEqual([
      {
        operator: 1,
        sideOutput: 'late',
        partitioning: hash,
        channels: [`${subtask(1, 0)}>${subtask(2, 0)}#0`],
        targetMaxParallelism: 64,
        targetName: 'count',
        targetUid: 'c',
      },
    ])
  })

  it('keeps two inputs apart', () => {
    const job = graph([vertex(1), vertex(2), vertex(3)], [edge(1, 3), edge(2, 3, { input: 1 })])
    const [, , joined] = plan(job)
    expect(joined!.inputs.map(({ input, from }) => [input, from])).toEqual([
      [0, subtask(1, 0)],
      [1, subtask(2, 0)],
    ])
  })

  it('gives a stream that is united with itself two channels', () => {
    const job = graph([vertex(1), vertex(2)], [edge(1, 2), edge(1, 2)])
    expect(wiring(job)).toEqual(['1/0>2/0#0', '1/0>2/0#1'])
    const [source] = plan(job)
    expect(source!.outputs).toHaveLength(2)
  })

  it('can be made twice, the same both times', () => {
    const job = graph([vertex(1, 3), vertex(2, 2)], [edge(1, 2, { partitioning: hash })])
    expect(plan(job)).toEqual(plan(job))
  })
})

describe('who takes part in checkpoints', () => {
  it('is everyone, with those that feed it once each, and those that have finished', () => {
    const descriptors = plan(graph([vertex(1, 2), vertex(2)], [edge(1, 2), edge(1, 2)]))
    expect(taskPlanOf(descriptors, [subtask(1, 1)])).toEqual({
      tasks: [
        { subtask: subtask(1, 0), predecessors: [], finished: false },
        { subtask: subtask(1, 1), predecessors: [], finished: true },
        { subtask: subtask(2, 0), predecessors: [subtask(1, 0), subtask(1, 1)], finished: false },
      ],
    })
  })
})
