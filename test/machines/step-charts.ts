/** Charts that use what xstate offers to ours: guards, parameters, entry and exit, nesting, delays, raising, cancelling. */
import { assign, cancel, raise, setup } from 'xstate'
import { effect } from '../../src/machines/step.ts'

export type Event =
  | { type: 'go' | 'back' | 'tick' | 'stop' | 'poke' }
  | { type: 'add'; n: number }
  | { type: 'timer.fired'; name: string }

export const parts = setup({
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

export const flat = parts.createMachine({
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

export const nested = parts.createMachine({
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
