/** Cases that once failed, as they were shrunk, by what they found. */
import type { OperatorSpec } from './program-spec.ts'
import type { Case } from './random-program.ts'

const operator = (key: string, body: OperatorSpec['body'], ...from: readonly string[]): OperatorSpec => ({
  key,
  name: key,
  uid: key,
  body,
  inputs: from.map((one) => ({ from: one, exchange: 'none', side: false })),
  mapped: false,
})

const usual = {
  allowed: true,
  from: 'stop',
  place: 'memory',
  incremental: false,
  inline: false,
  backends: ['heap', 'heap'],
} as const satisfies Partial<Case>

export const foundCases: Readonly<Record<string, Case>> = {
  'an operator without state was to be restored as-is from what it drops': {
    ...usual,
    program: {
      parallelism: 1,
      chaining: false,
      operators: [
        operator('in', { type: 'source', partitions: 1, divided: true }),
        operator('op', { type: 'unkeyed', lists: [] }, 'in'),
        operator('out', { type: 'sink', keeps: 'nothing' }, 'op'),
      ],
    },
    rounds: [[{ type: 'exchange uids', a: 0, b: 1, c: 0 }]],
  },
  'a process function was to take what a source keeps as one value': {
    ...usual,
    program: {
      parallelism: 1,
      chaining: true,
      operators: [
        operator('in', { type: 'source', partitions: 1, divided: false }),
        operator('op', { type: 'keyed', states: [], timers: true, lists: [] }, 'in'),
        operator('out', { type: 'sink', keeps: 'nothing' }, 'op'),
      ],
    },
    rounds: [[{ type: 'exchange uids', a: 0, b: 1, c: 0 }]],
  },
}
