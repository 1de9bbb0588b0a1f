/** The contract with xstate: a machine under `createActor` and under our scope does the same, step by step. */
import { describe, expect, it } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  cancel,
  createActor,
  type EventFromLogic,
  emit,
  raise,
  SimulatedClock,
  type SnapshotFrom,
  setup,
} from 'xstate'
import { effect, plainState, restoreState, type Stepped, start, step } from '../../src/machines/step.ts'

type Event =
  | { type: 'go' | 'back' | 'tick' | 'stop' | 'poke' }
  | { type: 'add'; n: number }
  | { type: 'timer.fired'; name: string }

const parts = setup({
  types: { context: {} as { readonly n: number }, events: {} as Event, input: {} as number },
  actions: {
    count: assign({ n: ({ context }) => context.n + 1 }),
    add: assign({ n: ({ context, event }) => context.n + (event.type === 'add' ? event.n : 0) }),
    note: effect<{ readonly at: string; readonly n: number }>(),
    plain: effect(),
    report: effect<{ readonly event: string }>(),
    poll: raise({ type: 'poke' }, { id: 'poll', delay: 30 }),
    noPoll: cancel('poll'),
  },
  guards: {
    small: ({ context }) => context.n < 3,
    below: ({ context }, params: { readonly limit: number }) => context.n < params.limit,
  },
  delays: { patience: 50, growing: ({ context }) => 10 + context.n },
})

const note = (at: string) =>
  ({ type: 'note', params: ({ context }: { context: { n: number } }) => ({ at, n: context.n }) }) as const
const report = { type: 'report', params: ({ event }: { event: { type: string } }) => ({ event: event.type }) } as const

const flat = parts.createMachine({
  context: ({ input }) => ({ n: input }),
  initial: 'off',
  states: {
    off: {
      entry: ['count', note('enter off')],
      exit: note('exit off'),
      on: { go: { target: 'on', actions: 'plain' } },
    },
    on: {
      on: {
        back: { target: 'off', guard: 'small' },
        add: { actions: [note('before'), 'add', note('after')], guard: { type: 'below', params: { limit: 5 } } },
        poke: [{ guard: 'small', actions: note('small') }, { actions: note('large') }],
      },
    },
  },
  on: { '*': { actions: report } },
})

const nested = parts.createMachine({
  context: ({ input }) => ({ n: input }),
  initial: 'out',
  states: {
    out: { on: { go: 'in' } },
    in: {
      entry: note('in'),
      exit: note('leave in'),
      initial: 'first',
      after: { patience: { target: 'out', actions: note('out of patience') } },
      on: { back: 'out' },
      states: {
        first: { after: { growing: 'second' }, on: { tick: { target: 'first', reenter: true, actions: 'count' } } },
        second: { entry: 'poll', always: { guard: 'small', target: 'third' }, on: { stop: '#end' } },
        third: {
          on: {
            poke: { target: 'first', actions: note('poked') },
            tick: { actions: 'noPoll' },
            add: { actions: 'add' },
          },
        },
      },
    },
    end: { id: 'end', type: 'final', entry: note('end'), exit: note('never leaves') },
  },
  on: { '*': { actions: report } },
})

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

describe('timers', () => {
  const go = step(nested, start(nested, 0).snapshot, { type: 'go' })

  it('come out under the name of the delay, inner state last', () => {
    expect(go.effects).toEqual([
      { type: 'note', params: { at: 'in', n: 0 } },
      { type: 'timer.set', params: { name: 'patience', delayMs: 50 } },
      { type: 'timer.set', params: { name: 'growing', delayMs: 10 } },
    ])
  })

  it('are cleared on leaving, except the one that fired', () => {
    const back = step(nested, go.snapshot, { type: 'back' })
    expect(back.effects.filter((one) => one.type === 'timer.clear').map((one) => one.params)).toEqual([
      { name: 'growing' },
      { name: 'patience' },
    ])
    const late = step(nested, go.snapshot, { type: 'timer.fired', name: 'patience' })
    expect(late.snapshot.value).toBe('out')
    expect(late.effects.filter((one) => one.type === 'timer.clear').map((one) => one.params)).toEqual([
      { name: 'growing' },
    ])
  })

  it('that the state has not set reach the root as timer.fired', () => {
    const stale = step(nested, start(nested, 0).snapshot, { type: 'timer.fired', name: 'patience' })
    expect(stale.effects).toEqual([{ type: 'report', params: { event: 'timer.fired' } }])
    const unknown = step(nested, go.snapshot, { type: 'timer.fired', name: 'nonsense' })
    expect(unknown.effects).toEqual([{ type: 'report', params: { event: 'timer.fired' } }])
  })

  it('of one name in two states that are active together are refused', () => {
    const clash = parts.createMachine({
      context: { n: 0 },
      initial: 'a',
      after: { patience: '.b' },
      states: { a: { after: { patience: 'b' } }, b: {} },
    })
    expect(() => start(clash, 0)).toThrow(/timer "patience" is set by .* at once/)
  })
})

describe('errors and restoring', () => {
  const broken = setup({
    types: { context: {} as { n: number }, events: {} as { type: 'go' | 'act' }, input: {} as { n: number } },
    guards: {
      bad: () => {
        throw new Error('guard says no')
      },
    },
    actions: {
      bad: assign(() => {
        throw new Error('action says no')
      }),
    },
  }).createMachine({
    context: ({ input }) => ({ n: input.n }),
    on: { go: { guard: 'bad' }, act: { actions: 'bad' } },
  })

  it('what a guard, an action or the context factory throws comes out', () => {
    const { snapshot } = start(broken, { n: 1 })
    expect(() => step(broken, snapshot, { type: 'go' })).toThrow(/guard says no/)
    expect(() => step(broken, snapshot, { type: 'act' })).toThrow(/action says no/)
    expect(() => start(broken, undefined as unknown as { n: number })).toThrow(TypeError)
    expect(step(flat, start(flat, 0).snapshot, { type: 'go' }).effects).toHaveLength(2)
  })

  it('a chart that emits, sends or spawns is refused', () => {
    const sender = setup({}).createMachine({ on: { go: { actions: emit({ type: 'x' }) } } })
    expect(() => step(sender, start(sender).snapshot, { type: 'go' })).toThrow(/a chart used xstate.emit/)
  })

  it('effects are a discriminated union where the caller says which', () => {
    type Effect = { type: 'note'; params: { at: string; n: number } } | { type: 'plain' }
    const first: Stepped<SnapshotFrom<typeof flat>, Effect> = start(flat, 0)
    const [one] = first.effects
    expect(one?.type === 'note' && one.params.at).toBe('enter off')
  })

  it('a finished machine still reports what comes, without running its exits again', () => {
    const inside = step(nested, start(nested, 9).snapshot, { type: 'go' }).snapshot
    const second = step(nested, inside, { type: 'timer.fired', name: 'growing' }).snapshot
    const done = step(nested, second, { type: 'stop' }).snapshot
    expect(done.status).toBe('done')
    const after = step(nested, done, { type: 'tick' })
    expect(after.effects).toEqual([{ type: 'report', params: { event: 'tick' } }])
    expect(after.snapshot).toBe(done)
  })

  it('restores from value and context, and goes on as if never stored', () => {
    const { snapshot } = step(nested, start(nested, 0).snapshot, { type: 'go' })
    const restored = restoreState(nested, JSON.parse(JSON.stringify(plainState(snapshot))))
    for (const event of [{ type: 'tick' }, { type: 'timer.fired', name: 'growing' }, { type: 'back' }] as const) {
      const [a, b] = [step(nested, snapshot, event), step(nested, restored, event)]
      expect(plainState(b.snapshot)).toEqual(plainState(a.snapshot))
      expect(b.effects).toEqual(a.effects)
    }
  })

  it('an event that nothing takes leaves the same snapshot', () => {
    const { snapshot } = start(flat, 0)
    expect(step(flat, snapshot, { type: 'stop' }).snapshot).toBe(snapshot)
  })
})
