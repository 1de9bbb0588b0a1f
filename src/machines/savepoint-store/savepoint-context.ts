/** What the chart of a savepoint remembers between its steps, and how that changes. */
import { type SavepointTarget, usualTarget } from '../../core/elements.ts'
import type { SavepointEvent } from './protocol.ts'

/** Each field is empty until the step that learns it. */
export interface SavepointContext {
  /** The request that is answered next. */
  readonly requestId: string
  readonly target: SavepointTarget
  readonly checkpointPath: string
  readonly path: string
  /** The first failure of the creation, or the last one of a disposal. */
  readonly failure: { readonly code: string; readonly message: string }
}

export interface Situation {
  readonly context: SavepointContext
  readonly event: SavepointEvent
}

export const noSavepoint: SavepointContext = {
  requestId: '',
  target: usualTarget,
  checkpointPath: '',
  path: '',
  failure: { code: '', message: '' },
}

type Change = (situation: Situation) => Partial<SavepointContext>

export const changes = {
  noteRequest: ({ event }) =>
    event.type === 'savepoint.requested'
      ? { requestId: event.requestId, checkpointPath: event.checkpointPath, target: event.target }
      : {},
  notePath: ({ event }) => (event.type === 'name.reserved' ? { path: event.path } : {}),
  noteFound: ({ event }) =>
    event.type === 'savepoint.found'
      ? {
          path: event.path,
          checkpointPath: event.checkpointPath ?? '',
          target: { ...usualTarget, format: event.checkpointPath === undefined ? 'self-contained' : 'pointer' },
        }
      : {},
  noteDisposal: ({ event }) => (event.type === 'disposal.requested' ? { requestId: event.requestId } : {}),
  noteFailure: ({ event }) =>
    event.type === 'step.failed' ? { failure: { code: event.code, message: event.message } } : {},
} satisfies Record<string, Change>
