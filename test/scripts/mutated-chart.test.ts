import { describe, expect, it } from 'vitest'
import { assign } from 'xstate'
import {
  candidatesOf,
  editChart,
  nodeAt,
  withAction,
  withGuard,
  withoutAction,
} from '../../scripts/mutants/mutated-chart.ts'
import { describeChart } from '../../src/machines/chart-edges.ts'
import { start, step } from '../../src/machines/step.ts'
import { subtaskMachine } from '../../src/machines/subtask/machine.ts'

const input = {
  channels: 2,
  mode: 'exactly-once',
  checkpointing: true,
  restoring: false,
  restoredFinished: false,
} as const
const barrier = { type: 'barrier.received', channel: 0, checkpointId: 1, timestamp: 0, kind: 'checkpoint' } as never

function effectsOf(machine: typeof subtaskMachine): string[] {
  const deployed = step(machine, start(machine, input).snapshot, { type: 'subtask.deployed' })
  return step(machine, deployed.snapshot, barrier).effects.map(({ type }) => type)
}

describe('a mutated chart', () => {
  it('leaves an action out, and the chart itself as it is', () => {
    expect(effectsOf(subtaskMachine)).toEqual(['blockInput'])
    expect(effectsOf(withoutAction(subtaskMachine, 'blockInput'))).toEqual([])
    expect(effectsOf(withoutAction(subtaskMachine, 'blockInput', 'alive.running'))).toEqual([])
    expect(effectsOf(withoutAction(subtaskMachine, 'blockInput', 'alive.ended'))).toEqual(['blockInput'])
    expect(effectsOf(subtaskMachine)).toEqual(['blockInput'])
  })

  it('answers a guard otherwise', () => {
    expect(effectsOf(withGuard(subtaskMachine, 'barrierLast', () => true))).toContain('takeSnapshot')
  })

  it('changes an assignment', () => {
    const deaf = withAction(subtaskMachine, 'receiveBarrier', assign({}))
    expect(effectsOf(deaf)).toEqual(['blockInput'])
  })

  it('leads an edge elsewhere', () => {
    const led = editChart(subtaskMachine, (root) => {
      candidatesOf(root, 'created', 'subtask.deployed')[2]!.target = 'finished'
    })
    expect(step(led, start(led, input).snapshot, { type: 'subtask.deployed' }).snapshot.value).toBe('finished')
  })

  it('has the same edges when nothing is changed', () => {
    const same = editChart(subtaskMachine, () => {})
    expect(describeChart(same).edges.map(({ id }) => id)).toEqual(
      describeChart(subtaskMachine).edges.map(({ id }) => id),
    )
  })

  it('is refused when there is nothing to break', () => {
    expect(() => withoutAction(subtaskMachine, 'blockInputs')).toThrow('no action "blockInputs"')
    expect(() => withGuard(subtaskMachine, 'barrierlast', () => true)).toThrow('no "barrierlast"')
    expect(() => editChart(subtaskMachine, (root) => void candidatesOf(root, 'created', 'x'))).toThrow('no edge')
    expect(() => nodeAt({}, 'a.b')).toThrow('no state "a.b"')
  })
})
