/** The contract with xstate: a machine under `createActor` and under our scope does the same, step by step. */
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, createActor, type EventFromLogic, SimulatedClock, type SnapshotFrom } from 'xstate'
import { plainState, type Stepped, start, step } from '../../src/machines/step.ts'
import { type Event, flat, nested } from './step-charts.ts'

type Line = { readonly state: unknown; readonly effects: readonly unknown[] }

/** Runs the machine under the stock actor; effects are what its named actions were run with. */
function stock(machine: AnyStateMachine, input: number, script: readonly (Event | { wait: number })[]): Line[] {
  const clock = new SimulatedClock()
  let effects: unknown[] = []
  const actions = Object.fromEntries(
    ['note', 'plain', 'report'].map((type) => [
      type,
      (_: unknown, params: { event?: string } | undefined) => {
        effects.push(params === undefined ? { type } : { type, params })
      },
    ]),
  )
  const actor = createActor(machine.provide({ actions }), { clock, input })
  const lines: Line[] = []
  const line = () => {
    const { value, context } = actor.getSnapshot()
    lines.push({ state: { value, context }, effects })
    effects = []
  }
  actor.start()
  line()
  for (const item of script) {
    if ('wait' in item) for (let ms = 0; ms < item.wait; ms++) clock.increment(1)
    else actor.send(item)
    line()
  }
  return lines
}

/** The same under our scope, with a kernel's timers: by name, cleared when told, fired one millisecond at a time. */
function ours(machine: AnyStateMachine, input: number, script: readonly (Event | { wait: number })[]): Line[] {
  const timers = new Map<string, number>()
  const lines: Line[] = []
  let now = 0
  let effects: unknown[] = []
  let snapshot: SnapshotFrom<AnyStateMachine>
  const take = (stepped: Stepped<SnapshotFrom<AnyStateMachine>, { type: string; params?: unknown }>) => {
    snapshot = stepped.snapshot
    for (const one of stepped.effects) {
      const params = one.params as { name: string; delayMs: number }
      if (one.type === 'timer.set') timers.set(params.name, now + params.delayMs)
      else if (one.type === 'timer.clear') timers.delete(params.name)
      else effects.push(one)
    }
  }
  const line = () => {
    lines.push({ state: plainState(snapshot), effects })
    effects = []
  }
  take(start(machine, input))
  line()
  for (const item of script) {
    if (!('wait' in item)) take(step(machine, snapshot!, item as EventFromLogic<AnyStateMachine>))
    else
      for (let ms = 0; ms < item.wait; ms++) {
        now++
        for (const [name, due] of [...timers]) {
          if (due !== now || timers.get(name) !== due) continue
          timers.delete(name)
          take(step(machine, snapshot!, { type: 'timer.fired', name }))
        }
      }
    line()
  }
  return lines
}

const scripts: readonly {
  title: string
  machine: AnyStateMachine
  input: number
  script: (Event | { wait: number })[]
}[] = [
  {
    title: 'a flat machine: guards, params after assigns, fall to the root',
    machine: flat,
    input: 0,
    script: [
      { type: 'go' },
      { type: 'add', n: 1 },
      { type: 'poke' },
      { type: 'add', n: 3 },
      { type: 'poke' },
      { type: 'add', n: 1 },
      { type: 'back' },
      { type: 'stop' },
    ],
  },
  {
    title: 'a guard that lets back',
    machine: flat,
    input: 0,
    script: [{ type: 'go' }, { type: 'back' }, { type: 'go' }],
  },
  {
    title: 'after in nested states, a re-entry that restarts it, an always',
    machine: nested,
    input: 0,
    script: [
      { type: 'go' },
      { wait: 9 },
      { type: 'tick' },
      { wait: 9 },
      { wait: 2 },
      { wait: 10 },
      { wait: 40 },
      { wait: 60 },
    ],
  },
  {
    title: 'a delayed raise that comes',
    machine: nested,
    input: 1,
    script: [{ type: 'go' }, { wait: 11 }, { wait: 29 }, { wait: 1 }, { wait: 60 }],
  },
  {
    title: 'a delayed raise that is cancelled',
    machine: nested,
    input: 1,
    script: [{ type: 'go' }, { wait: 11 }, { type: 'tick' }, { wait: 30 }, { wait: 60 }],
  },
  {
    title: 'a delayed raise that comes when nobody waits for it',
    machine: nested,
    input: 1,
    script: [{ type: 'go' }, { wait: 11 }, { type: 'back' }, { wait: 60 }],
  },
  { title: 'to the end', machine: nested, input: 9, script: [{ type: 'go' }, { wait: 30 }, { type: 'stop' }] },
]

describe('the contract with xstate', () => {
  for (const { title, machine, input, script } of scripts) {
    it(title, () => {
      const expected = stock(machine, input, script)
      expect(ours(machine, input, script)).toEqual(expected)
      expect(expected.some((line) => line.effects.length > 0)).toBe(true)
    })
  }

  it('draws no session id: running other actors in between changes nothing', () => {
    const run = () => JSON.stringify(ours(nested, 0, scripts[2]!.script))
    const first = run()
    for (let i = 0; i < 5; i++) createActor(flat, { input: 0 }).start()
    expect(run()).toBe(first)
    expect(first).not.toMatch(/x:\d/)
  })
})
