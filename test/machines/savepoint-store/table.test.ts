/** Every edge of a savepoint's chart, one row each. Read `protocol.ts` first. */
import { describe, expect, it } from 'vitest'
import { savepointMachine } from '../../../src/machines/savepoint-store/machine.ts'
import type { SavepointEffect, SavepointEvent } from '../../../src/machines/savepoint-store/protocol.ts'
import { machineSystem, type Row, tableTest } from '../../../src/testing/machine-harness.ts'
import { checkpointPath, on, path } from './alphabet.ts'

const row = (
  given: string,
  event: SavepointEvent,
  next: string,
  ...effects: Row<SavepointEvent>['effects']
): Row<SavepointEvent> => ({ given, event, next, effects })

const places = { checkpointPath, path }
/** Expected effects, in short. */
const fx = {
  reserve: { type: 'reserveName', params: { directory: undefined } },
  pin: { type: 'pinCheckpoint', params: places },
  publish: { type: 'publishPointer', params: places },
  copy: { type: 'copyState', params: places },
  seal: { type: 'publishManifest', params: places },
  clear: { type: 'clearPlace', params: { path } },
  remove: { type: 'removePointer', params: { path } },
  unpin: { type: 'unpinCheckpoint', params: places },
  published: { type: 'reply', params: { requestId: 'create', outcome: { type: 'published', path } } },
  copyPublished: { type: 'reply', params: { requestId: 'copy', outcome: { type: 'published', path } } },
  disposed: { type: 'reply', params: { requestId: 'dispose', outcome: { type: 'disposed', path } } },
  failed: (requestId: string, code = 'STORAGE_FAILED') => ({
    type: 'reply',
    params: { requestId, outcome: { type: 'failed', code } },
  }),
  pinLeft: { type: 'report', params: { what: 'pin-left' } },
  report: { type: 'report', params: { what: 'unexpected' } },
}

const copying = [on.requested('copy', 'self-contained'), on.reserved, on.pinned]

const givens: Record<string, readonly SavepointEvent[]> = {
  absent: [],
  reserving: [on.requested()],
  pinning: [on.requested(), on.reserved],
  publishing: [on.requested(), on.reserved, on.pinned],
  withdrawing: [on.requested(), on.reserved, on.pinned, on.failed],
  'pinning, to copy': [on.requested('copy', 'self-contained'), on.reserved],
  copying,
  sealing: [...copying, on.copied],
  releasing: [...copying, on.copied, on.sealed],
  'withdrawing, a copy': [...copying, on.failed],
  retracting: [on.requested(), on.reserved, on.failed],
  published: [on.requested(), on.reserved, on.pinned, on.published],
  removing: [on.found, on.disposal()],
  'removing, self-contained': [on.foundSelfContained, on.disposal()],
  unpinning: [on.found, on.disposal(), on.removed],
  discarded: [on.found, on.disposal(), on.removed, on.unpinned],
  abandoned: [on.requested(), on.failed],
}

const rows: readonly Row<SavepointEvent>[] = [
  row('absent', on.requested(), 'reserving', fx.reserve),
  row('absent', on.found, 'published'),
  row('absent', on.foundSelfContained, 'published'),
  row('absent', on.disposal(), 'absent', fx.failed('dispose', 'SAVEPOINT_NOT_FOUND')),
  row('absent', on.pinned, 'absent', fx.report),
  row('reserving', on.reserved, 'pinning', fx.pin),
  row('reserving', on.failed, 'abandoned', fx.failed('create')),
  row('reserving', on.requested('another'), 'reserving', fx.failed('another', 'CHECKPOINT_FAILED')),
  row('pinning', on.pinned, 'publishing', fx.publish),
  row('pinning', on.failed, 'retracting', fx.unpin),
  row('publishing', on.published, 'published', fx.published),
  row('publishing', on.failed, 'withdrawing', fx.clear),
  row('publishing', on.disposal(), 'publishing', fx.failed('dispose', 'SAVEPOINT_NOT_FOUND')),
  row('withdrawing', on.cleared, 'retracting', fx.unpin),
  row('withdrawing', on.failed, 'abandoned', fx.failed('create'), fx.pinLeft),
  row('pinning, to copy', on.pinned, 'copying', fx.copy),
  row('copying', on.copied, 'sealing', fx.seal),
  row('copying', on.failed, 'withdrawing', fx.clear),
  row('sealing', on.sealed, 'releasing', fx.unpin),
  row('sealing', on.failed, 'withdrawing', fx.clear),
  row('releasing', on.unpinned, 'published', fx.copyPublished),
  row('releasing', on.failed, 'published', fx.copyPublished, fx.pinLeft),
  row('withdrawing, a copy', on.failed, 'retracting', fx.unpin),
  row('retracting', on.unpinned, 'abandoned', fx.failed('create')),
  row('retracting', on.failed, 'abandoned', fx.failed('create'), fx.pinLeft),
  row('published', on.disposal(), 'removing', fx.remove),
  row('removing', on.removed, 'unpinning', fx.unpin),
  row('removing', on.absent, 'unpinning', fx.unpin),
  row('removing', on.failed, 'published', fx.failed('dispose')),
  row('removing', on.disposal('second'), 'removing', fx.failed('second', 'SAVEPOINT_NOT_FOUND')),
  row('removing, self-contained', on.removed, 'discarded', fx.disposed),
  row('removing, self-contained', on.absent, 'discarded', fx.disposed),
  row('unpinning', on.unpinned, 'discarded', fx.disposed),
  row('unpinning', on.failed, 'discarded', fx.disposed, fx.pinLeft),
  row('discarded', on.disposal('second'), 'discarded', fx.failed('second', 'SAVEPOINT_NOT_FOUND')),
  row('abandoned', on.published, 'abandoned', fx.report),
]

describe('the chart of a savepoint', () => {
  const system = machineSystem<typeof savepointMachine, SavepointEffect>(savepointMachine)
  const table = tableTest(system, givens, rows)
  for (const { title, run } of table.cases) it(title, run)

  it('has a row for every edge', () => {
    expect(table.uncovered()).toEqual([])
  })
})
