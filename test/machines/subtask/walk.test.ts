import { describe, expect, it } from 'vitest'
import type { SnapshotKind } from '../../../src/core/elements.ts'
import { subtaskMachine } from '../../../src/machines/subtask/machine.ts'
import * as order from '../../../src/machines/subtask/orders.ts'
import type { SubtaskEffect, SubtaskEvent, SubtaskMachineInput } from '../../../src/machines/subtask/protocol.ts'
import { machineSystem, type System } from '../../../src/testing/machine-harness.ts'
import { monitoredWalk, remembered, walkMonitors } from '../monitored-walk.ts'
import { alphabet, type Travel } from './alphabet.ts'
import { subtaskInvariants } from './invariants.ts'
import { base } from './rows.ts'

interface Walk {
  readonly name: string
  readonly input: Partial<SubtaskMachineInput>
  /** The kinds of checkpoints 1, 2 and so on. */
  readonly kinds: readonly SnapshotKind[]
  /** How the barriers of each checkpoint travel; none: aligned. */
  readonly travels?: readonly Travel[]
}

const walks: readonly Walk[] = [
  { name: 'exactly-once, 2 inputs, then a stop', input: {}, kinds: ['checkpoint', 'stop-suspend'] },
  { name: 'exactly-once, 2 inputs, drained', input: {}, kinds: ['checkpoint', 'stop-drain'] },
  {
    name: 'exactly-once, 1 input, restoring',
    input: { channels: 1, restoring: true },
    kinds: ['checkpoint', 'checkpoint'],
  },
  { name: 'exactly-once, 3 inputs', input: { channels: 3 }, kinds: ['checkpoint'] },
  { name: 'at-least-once, 2 inputs', input: { mode: 'at-least-once' }, kinds: ['checkpoint', 'stop-suspend'] },
  { name: 'source that stops', input: { channels: 0 }, kinds: ['checkpoint', 'stop-suspend', 'checkpoint'] },
  { name: 'source that stops first', input: { channels: 0 }, kinds: ['stop-suspend', 'checkpoint'] },
  { name: 'source that is drained', input: { channels: 0 }, kinds: ['stop-drain', 'checkpoint'] },
  { name: 'no checkpoints, 2 inputs', input: { checkpointing: false }, kinds: ['savepoint', 'stop-drain'] },
  { name: 'no checkpoints, source', input: { channels: 0, checkpointing: false }, kinds: ['savepoint', 'stop-drain'] },
  {
    name: 'unaligned, 2 inputs, then a stop',
    input: {},
    kinds: ['checkpoint', 'stop-suspend'],
    travels: ['unaligned', 'unaligned'],
  },
  { name: 'unaligned, 3 inputs', input: { channels: 3 }, kinds: ['checkpoint'], travels: ['unaligned', 'unaligned'] },
  { name: 'timing out, 2 inputs', input: {}, kinds: ['checkpoint', 'checkpoint'], travels: ['timed', 'unaligned'] },
  { name: 'timing out, 1 input', input: { channels: 1 }, kinds: ['checkpoint'], travels: ['timed'] },
  { name: 'finished before the restore', input: { restoredFinished: true }, kinds: ['checkpoint'] },
]

type SubtaskSystem = System<unknown, SubtaskEvent, SubtaskEffect>

const systemOf = (input: SubtaskMachineInput): SubtaskSystem =>
  machineSystem<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, input) as SubtaskSystem

const run = (system: SubtaskSystem, input: SubtaskMachineInput, { kinds, travels }: Walk) =>
  monitoredWalk(system, alphabet(input.channels, kinds, travels), subtaskInvariants(input, kinds.length))

describe('every reachable state of a subtask', () => {
  const edgesTaken = new Set<string>()
  const effects = new Set<string>()
  for (const one of walks) {
    const { name, input: given } = one
    it(name, () => {
      const input = { ...base, ...given }
      const report = run(systemOf(input), input, one)
      for (const edge of report.edgesTaken) edgesTaken.add(edge)
      for (const effect of report.effects) effects.add(effect)
    })
  }

  it('together they take every edge and issue every effect', () => {
    const { edges = [] } = systemOf(base)
    expect(edges.filter((edge) => !edgesTaken.has(edge))).toEqual([])
    expect([...effects].sort()).toEqual(Object.keys(order.effects).sort())
  })
})

const sound = remembered(systemOf(base))

/** A copy of the machine in which one thing is wrong. */
const broken = (breaks: (effects: readonly SubtaskEffect[], event: SubtaskEvent) => readonly SubtaskEffect[]) => ({
  ...sound,
  step: (state: unknown, event: SubtaskEvent) => {
    const { snapshot, effects } = sound.step(state, event)
    return { snapshot, effects: breaks(effects, event) }
  },
})
const without = (type: SubtaskEffect['type'], onEvent: SubtaskEvent['type']) =>
  broken((effects, event) => effects.filter((one) => event.type !== onEvent || one.type !== type))
const barrierFirst = (effect: SubtaskEffect): SubtaskEffect[] =>
  effect.type === 'takeSnapshot' ? [effect, { type: 'forwardBarrier', params: effect.params }] : [effect]

describe('a broken subtask is caught', () => {
  const kinds: readonly SnapshotKind[] = ['checkpoint', 'stop-suspend']
  const canaries: readonly (readonly [string, SubtaskSystem, string])[] = [
    ['an abort forgets to unblock', without('unblockInputs', 'checkpoint.aborted'), 'INV-ST-3'],
    ['a stop does not pause', without('pauseConsuming', 'snapshot.taken'), 'INV-ST-7'],
    ['a crash keeps its snapshot', without('discardSnapshot', 'subtask.crashed'), 'INV-ST-4'],
    ['the end is committed by nobody', without('commit', 'checkpoint.completed'), 'INV-ST-6'],
    ['the barrier goes before the snapshot', broken((effects) => effects.flatMap(barrierFirst)), 'INV-ST-2'],
  ]
  for (const [name, system, invariant] of canaries) {
    it(name, () => {
      const monitors = subtaskInvariants(base, kinds.length).filter((one) => one.name.startsWith(invariant))
      expect(() => walkMonitors(system, alphabet(base.channels, kinds), monitors)).toThrow(invariant)
    })
  }

  const tooEarly = (effect: SubtaskEffect): SubtaskEffect[] =>
    effect.type === 'recordInputs' ? [effect, { type: 'persistSnapshot', params: effect.params }] : [effect]
  const unalignedCanaries: readonly (readonly [string, SubtaskSystem, string])[] = [
    ['an input is not recorded', without('recordInputs', 'snapshot.taken'), 'INV-ST-9'],
    ['it is written before all is recorded', broken((effects) => effects.flatMap(tooEarly)), 'INV-ST-9'],
    ['the end of an input does not count', without('persistSnapshot', 'input.ended'), 'INV-ST-9'],
    ['what was overtaken is lost', without('recordOvertaken', 'barrier.received'), 'INV-ST-9 and 10'],
    ['a recording is dropped without a word', without('discardSnapshot', 'subtask.crashed'), 'INV-ST-4'],
  ]
  for (const [name, system, invariant] of unalignedCanaries) {
    it(`unaligned: ${name}`, () => {
      const monitors = subtaskInvariants(base, 1).filter((one) => one.name.startsWith(invariant))
      const events = alphabet(base.channels, ['checkpoint'], ['unaligned'])
      expect(() => walkMonitors(system, events, monitors)).toThrow(invariant)
    })
  }
})
