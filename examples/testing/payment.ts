/**
 * One customer's payment: reserves an item, pays for it, gives it back when the card is declined or the patience ends.
 *
 * A chart of xstate v5 like any other. All it asks of its author is that actions have names and take what they need as
 * `params`: then a test sees them as data, and nothing happens. In production the same chart is given what they do, with
 * `payment.provide({ actions: { reserve: (_, { order }) => shop.reserve(order), … } })`.
 */
import { effect } from 'tidemark/machines'
import { setup } from 'xstate'

/** What a payment hears from the inventory and from the bank. */
export type PaymentEvent = { type: 'granted' } | { type: 'refused' } | { type: 'charged' } | { type: 'declined' }

export const payment = setup({
  types: {
    context: {} as { readonly order: string },
    events: {} as PaymentEvent,
    input: {} as { readonly order: string },
  },
  actions: {
    reserve: effect<{ readonly order: string }>(),
    release: effect<{ readonly order: string }>(),
    charge: effect<{ readonly order: string }>(),
    /** Heard something that makes no sense here: worth a line in a log, no more. */
    report: effect(),
  },
  delays: { patience: 30_000 },
}).createMachine({
  id: 'payment',
  context: ({ input }) => ({ order: input.order }),
  initial: 'reserving',
  states: {
    reserving: {
      entry: { type: 'reserve', params: ({ context }) => ({ order: context.order }) },
      after: { patience: 'leaving' },
      on: { granted: 'paying', refused: 'refused' },
    },
    /** The customer has gone, but the inventory's answer is still on its way: it may be an item to give back. */
    leaving: { on: { granted: 'givingBack', refused: 'left' } },
    paying: {
      entry: { type: 'charge', params: ({ context }) => ({ order: context.order }) },
      on: { charged: 'paid', declined: 'givingBack' },
    },
    givingBack: {
      entry: { type: 'release', params: ({ context }) => ({ order: context.order }) },
      always: 'left',
    },
    paid: {},
    refused: {},
    left: {},
  },
  on: { '*': { actions: 'report' } },
})
