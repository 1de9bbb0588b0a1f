/** The savepoint's effects with their parameters, as the chart names them. No decision is made here. */
import type { SavepointEffect, SavepointEvent, SavepointOutcome } from './protocol.ts'
import type { Situation } from './savepoint-context.ts'

export type ParamsOf<Type extends SavepointEffect['type']> = Extract<SavepointEffect, { type: Type }>['params']

const places = ({ context }: Situation): { checkpointPath: string; path: string } => ({
  checkpointPath: context.checkpointPath,
  path: context.path,
})

export const reserveName = {
  type: 'reserveName',
  params: ({ context }: Situation) => ({ directory: context.target.directory }),
} as const
export const pinCheckpoint = { type: 'pinCheckpoint', params: places } as const
export const publishPointer = { type: 'publishPointer', params: places } as const
export const copyState = { type: 'copyState', params: places } as const
export const publishManifest = { type: 'publishManifest', params: places } as const
export const clearPlace = {
  type: 'clearPlace',
  params: ({ context }: Situation) => ({ path: context.path }),
} as const
export const removePointer = {
  type: 'removePointer',
  params: ({ context }: Situation) => ({ path: context.path }),
} as const
export const unpinCheckpoint = { type: 'unpinCheckpoint', params: places } as const

const reply = (outcomeOf: (situation: Situation) => SavepointOutcome) =>
  ({
    type: 'reply',
    params: (situation: Situation) => ({ requestId: situation.context.requestId, outcome: outcomeOf(situation) }),
  }) as const
export const replyPublished = reply(({ context }) => ({ type: 'published', path: context.path }))
export const replyDisposed = reply(({ context }) => ({ type: 'disposed', path: context.path }))
export const replyFailed = reply(({ context }) => ({ type: 'failed', ...context.failure }))

const requestIn = (event: SavepointEvent): string => ('requestId' in event ? event.requestId : '')
const refuse = (code: string, sentence: (path: string) => string) =>
  ({
    type: 'reply',
    params: ({ context, event }: Situation) => ({
      requestId: requestIn(event),
      outcome: { type: 'failed' as const, code, message: sentence(context.path) },
    }),
  }) as const
export const refuseDisposal = refuse(
  'SAVEPOINT_NOT_FOUND',
  (path) => `There is no savepoint ${path === '' ? 'here' : `at ${path}`}: it is not published (yet, or any more).`,
)
export const refuseRequest = refuse(
  'CHECKPOINT_FAILED',
  () => 'This savepoint belongs to another request: expected a new one.',
)

export const reportUnexpected = {
  type: 'report',
  params: ({ event }: Situation) => ({ what: 'unexpected', event: event.type }),
} as const
/** A pin without a pointer is left behind; a sweep may remove it. */
export const reportPinLeft = {
  type: 'report',
  params: ({ event }: Situation) => ({ what: 'pin-left', event: event.type }),
} as const
