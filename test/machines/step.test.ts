/** Timers, errors, restoring and types of a step; that it does as xstate does is in `step-contract.test.ts`. */
import { describe, expect, it } from 'vitest'
import { assign, emit, type SnapshotFrom, setup } from 'xstate'
import { plainState, restoreState, type Stepped, start, step, traceStep } from '../../src/machines/step.ts'
import { timerTableOf } from '../../src/machines/timer-table.ts'
import { flat, nested, parts } from './step-charts.ts'

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

describe('a traced step', () => {
  it('names the edges it took, those that follow at once included', () => {
    const inside = step(nested, start(nested, 0).snapshot, { type: 'go' }).snapshot
    const traced = traceStep(nested, inside, { type: 'timer.fired', name: 'growing' })
    expect(traced.edges).toEqual(['in.first × timer growing', 'in.second × always'])
    expect(traced.snapshot.value).toEqual({ in: 'third' })
    expect(traceStep(nested, inside, { type: 'poke' }).edges).toEqual(['any × *'])
  })
})

describe("a chart's timers", () => {
  it('have the names of their delays and raises', () => {
    const { nameOf } = timerTableOf(nested)
    expect(nameOf('xstate.after.patience.(machine).in')).toBe('patience')
    expect(nameOf('xstate.after.growing.(machine).in.first')).toBe('growing')
    expect(nameOf('poll')).toBe('poll')
    expect(nameOf('xstate.after.growing.(machine).in.second')).toBeUndefined()
    expect(timerTableOf(nested)).toBe(timerTableOf(nested))
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
