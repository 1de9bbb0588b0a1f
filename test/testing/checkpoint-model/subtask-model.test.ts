import { beforeEach, describe, expect, it } from 'vitest'
import { quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { trueParts, trueRules } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { SteppedChart } from '../../../src/testing/checkpoint-model/stepped-chart.ts'
import { carryOut } from '../../../src/testing/checkpoint-model/subtask-effects.ts'
import { subtaskModel } from '../../../src/testing/checkpoint-model/subtask-model.ts'
import { aheadOn, enqueue, overtakenBy, promote } from '../../../src/testing/checkpoint-model/subtask-queues.ts'
import { SubtaskRun, type SubtaskSetting } from '../../../src/testing/checkpoint-model/subtask-run.ts'
import { commitDue } from '../../../src/testing/checkpoint-model/subtask-snapshot.ts'
import { noSubtask, type SubtaskState } from '../../../src/testing/checkpoint-model/subtask-state.ts'
import { idOf } from '../../../src/testing/checkpoint-model/topology.ts'
import { ChartCoverage } from '../../../src/testing/explorer/chart-coverage.ts'
import type { Turn } from '../../../src/testing/explorer/system.ts'

const setting: SubtaskSetting = {
  name: 'task',
  inputs: ['source-0', 'source-1'],
  output: 'sink',
  options: quiet,
  rules: trueRules,
  chart: new SteppedChart<typeof trueParts.charts.subtask, never>(
    'subtask',
    trueParts.charts.subtask,
    new ChartCoverage(),
  ),
}
const record = { type: 'record', attempt: 0, stream: 'source-0', position: 1 } as const
const barrier = { type: 'barrier', attempt: 0, checkpointId: idOf(1), timestamp: 0, kind: 'checkpoint' } as const

describe('the task', () => {
  const task = subtaskModel(setting)
  let state: SubtaskState

  const take = (message: object, from: string): Turn<SubtaskState> | readonly unknown[] => {
    const turn = task.receive(state, message as never, from) as Turn<SubtaskState> | readonly unknown[]
    if ('state' in turn) state = turn.state
    return turn
  }

  beforeEach(() => {
    state = noSubtask
    const content = undefined
    const order = { type: 'subtask.deployed', attempt: 0, epoch: 1, restored: undefined, content }
    take({ ...order, finished: false, restoredInOutput: 0 }, 'job')
  })

  it('counts what it takes of each stream, and passes it on', () => {
    const turn = take(record, 'source-0') as Turn<SubtaskState>
    expect(state.counts).toEqual({ 'source-0': 1 })
    expect(turn.outputs).toContainEqual({ type: 'send', to: 'sink', message: record })
  })

  it('leaves what is in a blocked input, and what an older attempt said', () => {
    take(barrier, 'source-0')
    expect(state.blocked).toEqual([0])
    expect(take(record, 'source-0')).toEqual([])
    expect(take({ ...record, attempt: 7 }, 'source-1')).toMatchObject({ state })
  })

  it('takes its snapshot when both barriers have come, and writes it', () => {
    take(barrier, 'source-0')
    const { outputs } = take(barrier, 'source-1') as Turn<SubtaskState>
    expect(outputs.flatMap((output) => (output.type === 'send' ? [output.message.type] : []))).toEqual([
      'barrier',
      'state.write',
    ])
    expect([state.blocked, state.unwritten]).toEqual([[], undefined])
  })

  it('forgets what it counted when it is over', () => {
    take(record, 'source-0')
    take({ type: 'subtask.canceled', attempt: 0 }, 'job')
    expect(state).toMatchObject({ counts: {}, taken: [], chart: { value: 'canceled' } })
  })
})

describe('inputs that are queues', () => {
  const run = (): SubtaskRun => new SubtaskRun(setting, { ...noSubtask, queues: [[], []], taken: [0, 0] }, false)
  const ahead = { ...barrier, alignment: { type: 'unaligned' } } as const

  it('put an unaligned barrier before what is there, and say what it overtook', () => {
    const task = run()
    enqueue(task, 1, record)
    enqueue(task, 1, ahead)
    expect(aheadOn(task.state)).toBe(1)
    expect(overtakenBy(task.state.queues[1]!)).toEqual([record])
  })

  it('put a barrier ahead later, when it has waited for too long', () => {
    const task = run()
    enqueue(task, 0, record)
    enqueue(task, 0, { ...barrier, alignment: { type: 'aligned-with-timeout', timeoutMs: 1 } })
    expect([aheadOn(task.state), task.state.timesOut]).toEqual([-1, 1])
    promote(task, 1)
    expect(aheadOn(task.state)).toBe(0)
  })

  it('are recorded, for one checkpoint', () => {
    const task = run()
    task.barrier = { channel: 0, overtook: [record] }
    carryOut(task, { type: 'recordInputs', params: { checkpointId: idOf(1), channels: [0] } })
    carryOut(task, { type: 'recordOvertaken', params: { checkpointId: idOf(1), channel: 0 } })
    expect(task.state.recorded).toEqual([{ checkpointId: 1, channel: 0, first: 0, records: [record] }])
    expect(task.state.recording).toBeUndefined()
  })
})

describe('a sink', () => {
  it('commits what a completed checkpoint covers, and nothing for a plain savepoint', () => {
    const sealed = [1, 2, 3].map((snapshot) => ({ snapshot, items: [] }))
    const sink = new SubtaskRun({ ...setting, output: undefined }, { ...noSubtask, sealed, savepoints: [1] }, false)
    commitDue(sink, 1)
    expect([sink.outputs, sink.state.savepoints]).toEqual([[], []])
    commitDue(sink, 2)
    expect(sink.state.sealed).toEqual([{ snapshot: 3, items: [] }])
    expect(sink.outputs).toMatchObject([{ to: 'world', message: { parts: [{ snapshot: 1 }, { snapshot: 2 }] } }])
  })
})
