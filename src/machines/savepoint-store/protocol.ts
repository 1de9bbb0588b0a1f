/**
 * What the machine of one savepoint's life hears and orders; one instance per savepoint, kept by the store's actor.
 *
 * A savepoint points to a completed checkpoint, which it pins. Creation pins first and publishes the pointer second;
 * disposal removes the pointer first and the pin second. A crash between two steps thus leaves at worst a pin
 * without a pointer (which a later disposal or sweep may remove), never a pointer to a checkpoint that may be deleted.
 */
export type SavepointEvent =
  | {
      readonly type: 'savepoint.requested'
      readonly requestId: string
      readonly checkpointPath: string
      readonly directory: string | undefined
    }
  /** The store has reserved a name. */
  | { readonly type: 'name.reserved'; readonly path: string }
  | { readonly type: 'checkpoint.pinned' }
  | { readonly type: 'pointer.published' }
  /** An earlier process made this savepoint; only its disposal is asked of us. */
  | { readonly type: 'savepoint.found'; readonly path: string; readonly checkpointPath: string }
  | { readonly type: 'disposal.requested'; readonly requestId: string }
  | { readonly type: 'pointer.removed' }
  | { readonly type: 'checkpoint.unpinned' }
  | { readonly type: 'step.failed'; readonly code: string; readonly message: string }

export type SavepointEffect =
  | { readonly type: 'reserveName'; readonly params: { readonly directory: string | undefined } }
  | { readonly type: 'pinCheckpoint'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'publishPointer'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'removePointer'; readonly params: { readonly path: string } }
  | { readonly type: 'unpinCheckpoint'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'reply'; readonly params: { readonly requestId: string; readonly outcome: SavepointOutcome } }
  | { readonly type: 'report'; readonly params: { readonly what: string; readonly event: string } }

export type SavepointOutcome =
  | { readonly type: 'published'; readonly path: string }
  | { readonly type: 'disposed'; readonly path: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
