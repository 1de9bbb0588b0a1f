/**
 * The shop as a system: who there is, what goes between them, what may go wrong, and what must hold.
 *
 * Ann and Bob want the same thing, and there is one in stock. Messages between two actors stay in order; everything else
 * may happen in any order, and the explorer tries each.
 */
import type { PlainState } from 'tidemark/machines'
import { type ActorModel, chartActor, isIn, type Property, type SystemModel, send } from 'tidemark/testing'
import { payment } from './payment.ts'

const stock = 1

/** A chart as an actor: its effects become messages. An order is called like the customer whose it is. */
const customer = (order: string) =>
  chartActor(payment, { input: { order }, routes: { reserve: 'inventory', release: 'inventory', charge: 'bank' } })

/** The inventory comes in two versions; this is the same for both. A route by a function says who gets what. */
export const inventoryOptions = {
  input: { stock },
  routes: {
    askReviewer: 'reviewer',
    grant: ({ order }: { readonly order: string }) => send(order, { type: 'granted' }),
    refuse: ({ order }: { readonly order: string }) => send(order, { type: 'refused' }),
  },
}

/** An actor needs no chart. Several turns: any of them may happen, and the explorer follows each. */
const reviewer: ActorModel<null, { type: string; order: string; left: number }> = {
  start: { state: null, outputs: [] },
  receive: (state, { order, left }) => [
    { state, outputs: [send('inventory', { type: 'approved', order, left })], label: 'yes' },
    { state, outputs: [send('inventory', { type: 'rejected', order })], label: 'no' },
  ],
}

/** A card is declined at most as often as the budget says. */
const bank: ActorModel<null, { type: string; order: string }> = {
  start: { state: null, outputs: [] },
  receive: (state, { order }) => [
    { state, outputs: [send(order, { type: 'charged' })], label: 'charged' },
    { state, outputs: [send(order, { type: 'declined' })], label: 'declined', spends: 'bad cards' },
  ],
}

export const shopWith = (inventory: ActorModel): SystemModel => ({
  name: 'shop',
  actors: { ann: customer('ann'), bob: customer('bob'), inventory, reviewer, bank },
  budgets: { 'bad cards': 1, repeats: 1 },
  /** The network may deliver one message of a customer twice. */
  repeats: (_message, _from, to) => (to === 'inventory' ? 'repeats' : undefined),
})

const has = (customer: PlainState) => isIn(customer, 'paying') || isIn(customer, 'paid')
const isDone = (customer: PlainState) => ['paid', 'refused', 'left'].some((state) => isIn(customer, state))

type Stock = PlainState<{ readonly stock: number }>

export const properties: readonly Property[] = [
  {
    kind: 'always',
    name: 'nothing is sold twice',
    of: ['ann', 'bob'],
    holds: (...customers: PlainState[]) => {
      const sold = customers.filter(has).length
      return sold <= stock || `${sold} customers have an item, and there was ${stock}`
    },
  },
  {
    kind: 'eventually',
    name: 'everybody gets an answer',
    of: ['ann', 'bob'],
    holds: (...customers: PlainState[]) => customers.every(isDone),
  },
  {
    kind: 'eventually',
    name: 'what is not sold is in stock',
    of: ['inventory', 'ann', 'bob'],
    holds: ({ context }: Stock, ...customers: PlainState[]) => {
      const sold = customers.filter(has).length
      return context.stock + sold === stock || `${context.stock} in stock and ${sold} sold, and there was ${stock}`
    },
  },
  { kind: 'sometimes', name: 'Ann pays', of: ['ann'], holds: (ann: PlainState) => isIn(ann, 'paid') },
  {
    kind: 'sometimes',
    name: 'Bob pays for what Ann gave back',
    of: ['ann', 'bob'],
    holds: (ann: PlainState, bob: PlainState) => isIn(ann, 'left') && isIn(bob, 'paid'),
  },
  { kind: 'sometimes', name: 'Ann leaves too early', of: ['ann'], holds: (ann: PlainState) => isIn(ann, 'leaving') },
]
