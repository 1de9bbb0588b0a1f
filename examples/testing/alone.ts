/**
 * What one would test first: each chart alone. A table says what each event does, a walk tries every event in every
 * state, and no edge may be left out. All of it is green, for the broken inventory as well.
 *
 * In a test file of vitest or node:test: `for (const { title, run } of cases) it(title, run)`.
 */
import { testMachine } from 'tidemark/testing'
import { inventory } from './inventory.ts'
import { payment } from './payment.ts'

const granted = { type: 'granted' } as const
const order = 'o1'

const paymentTests = testMachine(payment, {
  input: { order },
  table: {
    givens: { reserving: [], paying: [granted], leaving: [{ type: 'timer.fired', name: 'patience' }] },
    rows: [
      {
        given: 'reserving',
        event: granted,
        next: 'paying',
        effects: ['timer.clear', { type: 'charge', params: { order } }],
      },
      { given: 'paying', event: { type: 'declined' }, next: 'left', effects: [{ type: 'release', params: { order } }] },
      { given: 'leaving', event: granted, next: 'left', effects: [{ type: 'release', params: { order } }] },
    ],
  },
  invariants: [
    function chargesOnlyWhenPaying({ after, effects }) {
      const charges = effects.some(({ type }) => type === 'charge')
      return charges && after.value !== 'paying' ? `it is ${after.value}` : undefined
    },
  ],
})

const inventoryTests = testMachine(inventory, {
  input: { stock: 1 },
  alphabet: [
    { type: 'reserve', order },
    { type: 'approved', order, left: 0 },
    { type: 'rejected', order },
    { type: 'release', order },
  ],
  table: {
    givens: { 'one left': [], 'none left': [{ type: 'approved', order, left: 0 }] },
    rows: [
      {
        given: 'one left',
        event: { type: 'reserve', order },
        next: 'open',
        effects: [{ type: 'askReviewer', params: { order, left: 0 } }],
      },
      {
        given: 'none left',
        event: { type: 'reserve', order },
        next: 'open',
        effects: [{ type: 'refuse', params: { order } }],
      },
    ],
  },
  limits: { within: ({ context }) => context.stock < 3 },
})

export const alone = { payment: paymentTests, inventory: inventoryTests }
