/**
 * The inventory: lets a reviewer look at each reservation, then takes the item from the stock.
 *
 * It has a bug. Each test of this chart alone is green, and every edge is taken; `explore.ts` finds it in a moment.
 * `inventory-fixed.ts` has it no more.
 */
import { effect } from 'tidemark/machines'
import { assign, setup } from 'xstate'

export type InventoryEvent =
  | { type: 'reserve'; order: string }
  | { type: 'release'; order: string }
  /** The reviewer's answers. `left` is what will be left in stock, as asked. */
  | { type: 'approved'; order: string; left: number }
  | { type: 'rejected'; order: string }

export const inventory = setup({
  types: {
    context: {} as { readonly stock: number },
    events: {} as InventoryEvent,
    input: {} as { readonly stock: number },
  },
  actions: {
    take: assign({ stock: (_, { left }: { readonly left: number }) => left }),
    putBack: assign({ stock: ({ context }) => context.stock + 1 }),
    askReviewer: effect<{ readonly order: string; readonly left: number }>(),
    grant: effect<{ readonly order: string }>(),
    refuse: effect<{ readonly order: string }>(),
  },
  guards: { hasStock: ({ context }) => context.stock > 0 },
}).createMachine({
  id: 'inventory',
  context: ({ input }) => ({ stock: input.stock }),
  initial: 'open',
  states: {
    open: {
      on: {
        reserve: [
          {
            guard: 'hasStock',
            actions: {
              type: 'askReviewer',
              params: ({ context, event }) => ({ order: event.order, left: context.stock - 1 }),
            },
          },
          { actions: { type: 'refuse', params: ({ event }) => ({ order: event.order }) } },
        ],
        approved: {
          actions: [
            { type: 'take', params: ({ event }) => ({ left: event.left }) },
            { type: 'grant', params: ({ event }) => ({ order: event.order }) },
          ],
        },
        rejected: { actions: { type: 'refuse', params: ({ event }) => ({ order: event.order }) } },
        release: { actions: 'putBack' },
      },
    },
  },
})
