/** A step without xstate is the step that xstate takes: in every state of the charts, and for what it must not take. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyEventObject, type AnyMachineSnapshot, type AnyStateMachine, and, assign, setup } from 'xstate'
import {
  coordinatorInitial,
  plainCoordinatorState,
  stepCoordinator,
} from '../../src/machines/checkpoint-coordinator/coordinator.ts'
import type { CoordinatorEvent } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import { jobMachine } from '../../src/machines/job/machine.ts'
import { savepointMachine } from '../../src/machines/savepoint-store/machine.ts'
import { stayingStep } from '../../src/machines/staying-step.ts'
import {
  type AnyEffect,
  effect,
  gatherTransitions,
  plainState,
  start,
  step,
  traceStep,
} from '../../src/machines/step.ts'
import { subtaskMachine } from '../../src/machines/subtask/machine.ts'
import type { SubtaskMachineInput } from '../../src/machines/subtask/protocol.ts'
import { canonical } from '../../src/testing/canonical.ts'
import { machineSystem, type System, walk } from '../../src/testing/machine-harness.ts'
import { a, b, config, on as coordinatorOn } from './checkpoint-coordinator/coordinator-events.ts'
import { alphabet as jobAlphabet, jobOf } from './job/alphabet.ts'
import { alphabet as savepointAlphabet } from './savepoint-store/alphabet.ts'
import { flat, nested } from './step-charts.ts'
import { on, alphabet as subtaskAlphabet } from './subtask/alphabet.ts'
import { base } from './subtask/rows.ts'

type AnySystem = System<unknown, AnyEventObject, AnyEffect>

/** Compares each step with the one that is gathered, which xstate takes. */
function sameAsXstate(system: AnySystem, alphabet: readonly AnyEventObject[], within?: (state: unknown) => boolean) {
  const compare = (visit: {
    before: unknown
    event: AnyEventObject
    after: unknown
    effects: readonly AnyEffect[]
  }) => {
    const { before, event, after, effects } = visit
    const { result, transitions } = gatherTransitions(() => system.step(before, event))
    expect(transitions).not.toEqual([])
    const same = system.key(result.snapshot) === system.key(after) && canonical(result.effects) === canonical(effects)
    return same ? undefined : `xstate gives ${canonical(result.effects)} and ${system.key(result.snapshot)}`
  }
  return walk(system, alphabet, [compare], within === undefined ? {} : { within })
}

const chart = (machine: AnyStateMachine, input?: unknown): AnySystem => machineSystem(machine, input) as AnySystem

describe('a step without xstate is the same', () => {
  const subtasks: readonly (readonly [string, Partial<SubtaskMachineInput>, Parameters<typeof subtaskAlphabet>])[] = [
    ['exactly-once, then a stop', {}, [2, ['checkpoint', 'stop-suspend']]],
    ['at-least-once', { mode: 'at-least-once' }, [2, ['checkpoint', 'checkpoint']]],
    ['three inputs, unaligned', { channels: 3 }, [3, ['checkpoint'], ['unaligned']]],
    ['timing out', {}, [2, ['checkpoint'], ['timed']]],
    ['a source', { channels: 0 }, [0, ['checkpoint', 'stop-drain']]],
  ]
  it.each(subtasks)('in every state of a subtask: %s', (_name, input, alphabet) => {
    sameAsXstate(chart(subtaskMachine, { ...base, ...input }), subtaskAlphabet(...alphabet))
  })

  it('in every state of a job and of a savepoint', () => {
    const restart = { strategy: 'fixed-delay', attempts: 1, delayMs: 1_000 } as const
    sameAsXstate(chart(jobMachine, jobOf(restart)), jobAlphabet(2))
    sameAsXstate(chart(savepointMachine), savepointAlphabet)
  })

  it('in many states of the coordinator', () => {
    const checkpoint = [coordinatorOn.ack(1, a), coordinatorOn.ack(1, b), coordinatorOn.ack(1, a, 7)]
    const ends = [coordinatorOn.stored(1), coordinatorOn.notStored(1), coordinatorOn.decline(1, b)]
    const timers = [coordinatorOn.timer('interval'), coordinatorOn.timer('timeout/1')]
    const life = [coordinatorOn.running(), coordinatorOn.jobStopping(0, a), coordinatorOn.cleaned(1)]
    const state = (value: unknown) => value as ReturnType<typeof coordinatorInitial>['snapshot']
    const system: AnySystem = {
      initial: coordinatorInitial(config, { lastId: 0, completed: [] }),
      step: (before, event) => stepCoordinator(state(before), event as CoordinatorEvent),
      key: (value) => canonical(plainCoordinatorState(state(value))),
      name: (value) => canonical(state(value).value),
    }
    const firstOnly = (value: unknown) => state(value).main.context.lastId <= 1
    const { states } = sameAsXstate(system, [...life, ...timers, ...checkpoint, ...ends], firstOnly)
    expect(states).toBeGreaterThan(20)
  })

  it('in the charts that use all that xstate offers, after any events', () => {
    const types = ['go', 'back', 'tick', 'stop', 'poke', 'strange'] as const
    const timer = fc.constantFrom('patience', 'growing', 'poll').map((name) => ({ type: 'timer.fired', name }))
    const plain = fc.constantFrom(...types).map((type) => ({ type }))
    const add = fc.integer({ min: -2, max: 3 }).map((n) => ({ type: 'add', n }))
    const events: fc.Arbitrary<AnyEventObject[]> = fc.array(fc.oneof(plain, add, timer), { maxLength: 30 })
    fc.assert(
      fc.property(fc.constantFrom<AnyStateMachine>(flat, nested), events, (machine, all) => {
        let { snapshot } = start(machine, 0)
        for (const event of all) {
          const expected = traceStep(machine, snapshot, event)
          const ours = step(machine, snapshot, event)
          expect([plainState(ours.snapshot), ours.effects]).toEqual([plainState(expected.snapshot), expected.effects])
          expect(ours.snapshot).toEqual(expected.snapshot)
          snapshot = ours.snapshot
        }
      }),
    )
  })
})

describe('what it takes', () => {
  const heard = (input: SubtaskMachineInput, ...events: Parameters<typeof step<typeof subtaskMachine>>[2][]) =>
    events.reduce((at, event) => step(subtaskMachine, at, event).snapshot, start(subtaskMachine, input).snapshot)
  const three = { ...base, channels: 3 }

  it('is a barrier in the middle of an alignment, and not the first or the last', () => {
    const running = heard(three, on.deployed)
    expect(stayingStep(running, on.barrier(0, 1))).toBeUndefined()
    const aligning = heard(three, on.deployed, on.barrier(0, 1))
    expect(stayingStep(aligning, on.barrier(1, 1))?.effects).toEqual([{ type: 'blockInput', params: { channel: 1 } }])
    expect(stayingStep(heard(three, on.deployed, on.barrier(0, 1), on.barrier(1, 1)), on.barrier(2, 1))).toBeUndefined()
  })

  it('is not what an `always` would follow', () => {
    const counting: SubtaskMachineInput = { ...base, mode: 'at-least-once' }
    const ended = heard(counting, on.deployed, on.barrier(0, 1), on.inputEnded(1))
    expect(stayingStep(ended, on.inputClosed(1))).toBeUndefined()
    expect(step(subtaskMachine, ended, on.inputClosed(1)).effects.map(({ type }) => type)).toContain('takeSnapshot')
  })

  it('leaves the snapshot as it is when only effects are ordered', () => {
    const running = heard(three, on.deployed)
    const stayed = stayingStep(running, on.restored)
    expect(stayed?.effects).toEqual([{ type: 'report', params: { what: 'unexpected', event: 'state.restored' } }])
    expect(stayed?.snapshot).toBe(running)
  })

  const odd = setup({
    types: { context: {} as { readonly n: number } },
    guards: { no: () => false, both: and([() => true, () => true]) },
    actions: {
      byField: assign({ n: 1 }),
      byFunction: assign(({ context }) => ({ n: context.n + 1 })),
      note: effect(),
    },
  }).createMachine({
    context: { n: 0 },
    initial: 'here',
    on: { 'some.*': { actions: 'note' } },
    states: {
      here: {
        on: {
          inline: { actions: () => {} },
          field: { actions: 'byField' },
          built: { guard: 'both', actions: 'note' },
          again: { reenter: true, actions: 'note' },
          counts: [{ guard: 'no', target: 'there' }, { actions: ['byFunction', 'note'] }],
        },
      },
      there: {},
    },
  })

  it.each(['inline', 'field', 'built', 'again', 'some.thing', 'nobody', 'xstate.stop'])('is not %s', (type) => {
    expect(stayingStep(start(odd).snapshot as AnyMachineSnapshot, { type })).toBeUndefined()
  })

  it('is a guard by name and an assignment by function', () => {
    const before = start(odd).snapshot as AnyMachineSnapshot
    expect(stayingStep(before, { type: 'counts' })).toMatchObject({
      snapshot: { context: { n: 1 }, value: 'here' },
      effects: [{ type: 'note' }],
    })
    expect(before.context).toEqual({ n: 0 })
  })
})
