/** Every event one savepoint can hear: answers nobody asked for, repeats and a second request too. */
import type { SavepointFormat } from '../../../src/core/elements.ts'
import type { SavepointEvent } from '../../../src/machines/savepoint-store/protocol.ts'

export const path = 'jobmanager://savepoints/1'
export const checkpointPath = 'state/checkpoints/job/chk-2'

export const on = {
  requested: (requestId = 'create', format: SavepointFormat = 'pointer'): SavepointEvent => ({
    type: 'savepoint.requested',
    requestId,
    checkpointPath,
    target: { directory: undefined, format },
  }),
  copied: { type: 'state.copied' },
  sealed: { type: 'manifest.published' },
  reserved: { type: 'name.reserved', path },
  pinned: { type: 'checkpoint.pinned' },
  published: { type: 'pointer.published' },
  found: { type: 'savepoint.found', path, checkpointPath },
  foundSelfContained: { type: 'savepoint.found', path, checkpointPath: undefined },
  disposal: (requestId = 'dispose'): SavepointEvent => ({ type: 'disposal.requested', requestId }),
  removed: { type: 'pointer.removed' },
  cleared: { type: 'place.cleared' },
  unpinned: { type: 'checkpoint.unpinned' },
  failed: { type: 'step.failed', code: 'STORAGE_FAILED', message: 'the disk is away' },
  absent: { type: 'step.failed', code: 'SAVEPOINT_NOT_FOUND', message: 'no such file' },
} satisfies Record<string, SavepointEvent | ((requestId?: string, format?: SavepointFormat) => SavepointEvent)>

export const alphabet: readonly SavepointEvent[] = [
  ...[on.requested(), on.requested('another'), on.requested('copy', 'self-contained')],
  ...[on.disposal(), on.disposal('second disposal'), on.found, on.foundSelfContained],
  ...[on.reserved, on.pinned, on.copied, on.sealed, on.published],
  ...[on.removed, on.cleared, on.unpinned, on.failed, on.absent],
]
