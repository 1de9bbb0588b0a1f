/**
 * The inventory without the bug: takes the item from the stock before it asks, and puts it back when the reviewer says
 * no. It also knows its orders, so that a message that comes twice counts once.
 */
import { effect } from 'tidemark/machines'
import { assign, setup } from 'xstate'
import type { InventoryEvent } from './inventory.ts'

interface Context {
  readonly stock: number
  /** `asked`: taken from the stock, the reviewer has not answered. `held`: the customer has it. `over`: no longer, or never. */
  readonly orders: Readonly<Record<string, 'asked' | 'held' | 'over'>>
}

const become =
  (state: 'asked' | 'held' | 'over', items: number) =>
  ({ context }: { readonly context: Context }, { order }: { readonly order: string }): Context => ({
    stock: context.stock + items,
    orders: { ...context.orders, [order]: state },
  })

const orderOf = ({ event }: { readonly event: InventoryEvent }) => ({ order: event.order })

export const inventory = setup({
  types: {
    context: {} as Context,
    events: {} as InventoryEvent,
    input: {} as { readonly stock: number },
  },
  actions: {
    take: assign(become('asked', -1)),
    handOver: assign(become('held', 0)),
    putBack: assign(become('over', 1)),
    close: assign(become('over', 0)),
    askReviewer: effect<{ readonly order: string; readonly left: number }>(),
    grant: effect<{ readonly order: string }>(),
    refuse: effect<{ readonly order: string }>(),
    report: effect(),
  },
  guards: {
    hasStock: ({ context, event }) => context.stock > 0 && context.orders[event.order] === undefined,
    isNew: ({ context, event }) => context.orders[event.order] === undefined,
    isAsked: ({ context, event }) => context.orders[event.order] === 'asked',
    isHeld: ({ context, event }) => context.orders[event.order] === 'held',
  },
}).createMachine({
  id: 'inventory',
  context: ({ input }) => ({ stock: input.stock, orders: {} }),
  initial: 'open',
  states: {
    open: {
      on: {
        reserve: [
          {
            guard: 'hasStock',
            actions: [
              { type: 'take', params: orderOf },
              {
                type: 'askReviewer',
                params: ({ context, event }) => ({ order: event.order, left: context.stock }),
              },
            ],
          },
          {
            guard: 'isNew',
            actions: [
              { type: 'close', params: orderOf },
              { type: 'refuse', params: orderOf },
            ],
          },
        ],
        approved: {
          guard: 'isAsked',
          actions: [
            { type: 'handOver', params: orderOf },
            { type: 'grant', params: orderOf },
          ],
        },
        rejected: {
          guard: 'isAsked',
          actions: [
            { type: 'putBack', params: orderOf },
            { type: 'refuse', params: orderOf },
          ],
        },
        release: { guard: 'isHeld', actions: { type: 'putBack', params: orderOf } },
      },
    },
  },
  on: { '*': { actions: 'report' } },
})
