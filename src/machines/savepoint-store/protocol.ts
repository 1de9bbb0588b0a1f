/**
 * What the machine of one savepoint's life hears and orders; one instance per savepoint, kept by the store's actor.
 *
 * A savepoint points to a completed checkpoint, which it pins. Creation pins first and publishes the pointer second;
 * disposal removes the pointer first and the pin second. A crash between two steps thus leaves at worst a pin
 * without a pointer, never a pointer to a checkpoint that may be deleted.
 *
 * A self-contained savepoint pins the checkpoint only while its state is copied: a manifest of its own makes the copy a
 * savepoint, and the pin goes after that. A crash leaves at worst a copy without a manifest, which is no savepoint, and a pin.
 */
import type { SavepointTarget } from '../../core/elements.ts'

export type SavepointEvent =
  | {
      readonly type: 'savepoint.requested'
      readonly requestId: string
      readonly checkpointPath: string
      readonly target: SavepointTarget
    }
  /** The store has reserved a name. */
  | { readonly type: 'name.reserved'; readonly path: string }
  | { readonly type: 'checkpoint.pinned' }
  | { readonly type: 'pointer.published' }
  /** The state is durable at the reserved place; nobody can name it yet. */
  | { readonly type: 'state.copied' }
  | { readonly type: 'manifest.published' }
  /** An earlier process made this savepoint; only its disposal is asked of us. Self-contained, it has no checkpoint. */
  | { readonly type: 'savepoint.found'; readonly path: string; readonly checkpointPath: string | undefined }
  | { readonly type: 'disposal.requested'; readonly requestId: string }
  /** The pointer, or a self-contained savepoint as a whole. */
  | { readonly type: 'pointer.removed' }
  /** Nothing is left at the reserved place. */
  | { readonly type: 'place.cleared' }
  | { readonly type: 'checkpoint.unpinned' }
  | { readonly type: 'step.failed'; readonly code: string; readonly message: string }

export type SavepointEffect =
  | { readonly type: 'reserveName'; readonly params: { readonly directory: string | undefined } }
  | { readonly type: 'pinCheckpoint'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'publishPointer'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'copyState'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'publishManifest'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'removePointer'; readonly params: { readonly path: string } }
  /** Of a creation that failed: remove whatever it has left at its place. */
  | { readonly type: 'clearPlace'; readonly params: { readonly path: string } }
  | { readonly type: 'unpinCheckpoint'; readonly params: { readonly checkpointPath: string; readonly path: string } }
  | { readonly type: 'reply'; readonly params: { readonly requestId: string; readonly outcome: SavepointOutcome } }
  | { readonly type: 'report'; readonly params: { readonly what: string; readonly event: string } }

export type SavepointOutcome =
  | { readonly type: 'published'; readonly path: string }
  | { readonly type: 'disposed'; readonly path: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
