/** L6. Every request for a savepoint or a stop is answered, once. Who asked a process that died gets no answer. */
import { defineChecker, violation } from './define-checker.ts'
import { withItem, withoutItem } from './memory.ts'

export const requestsAnswered = defineChecker<readonly string[]>({
  name: 'L6',
  title: 'Every request for a savepoint is answered exactly once.',
  initial: [],
  on: {
    'savepoint.asked': (open, { request }) => withItem(open, request),
    'savepoint.answered': (open, { request }) =>
      open.includes(request) ? withoutItem(open, request) : violation(`${request} was answered, but is not open.`),
    'process.died': (open) => (open.length === 0 ? open : []),
  },
  atEnd: (open) => (open.length === 0 ? undefined : `${open[0]} was never answered.`),
})
