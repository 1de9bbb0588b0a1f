/** Every event a subtask can hear of some checkpoints and channels, wrong ids, repeats and a strange channel included. */
import type { Alignment, SnapshotKind } from '../../../src/core/elements.ts'
import type { CheckpointId } from '../../../src/core/ids.ts'
import type { BarrierFacts, Failure, SubtaskEvent } from '../../../src/machines/subtask/protocol.ts'

export const id = (checkpoint: number): CheckpointId => checkpoint as CheckpointId
export const facts = (checkpoint: number, kind: SnapshotKind = 'checkpoint'): BarrierFacts => ({
  checkpointId: id(checkpoint),
  timestamp: checkpoint * 1_000,
  kind,
})
export const unaligned: Alignment = { type: 'unaligned' }
export const timed: Alignment = { type: 'aligned-with-timeout', timeoutMs: 500 }
export const failure: Failure = { code: 'USER_FUNCTION_FAILED', message: 'the map function threw', restartable: true }

const stored = {
  state: { operators: [], bytes: 0, finished: false },
  metrics: { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 },
} as const

export const on = {
  deployed: { type: 'subtask.deployed' },
  restored: { type: 'state.restored' },
  trigger: (n: number, kind?: SnapshotKind): SubtaskEvent => ({ type: 'checkpoint.triggered', ...facts(n, kind) }),
  barrier: (channel: number, n: number, kind?: SnapshotKind): SubtaskEvent => ({
    type: 'barrier.received',
    channel,
    ...facts(n, kind),
  }),
  /** A barrier that was put before what was queued. */
  ahead: (channel: number, n: number): SubtaskEvent => ({
    type: 'barrier.received',
    channel,
    ...facts(n),
    alignment: unaligned,
  }),
  timed: (channel: number, n: number): SubtaskEvent => ({
    type: 'barrier.received',
    channel,
    ...facts(n),
    alignment: timed,
  }),
  triggerUnaligned: (n: number): SubtaskEvent => ({ type: 'checkpoint.triggered', ...facts(n), alignment: unaligned }),
  triggerTimed: (n: number): SubtaskEvent => ({ type: 'checkpoint.triggered', ...facts(n), alignment: timed }),
  timedOut: (n: number): SubtaskEvent => ({ type: 'alignment.timed-out', checkpointId: id(n) }),
  cancel: (channel: number, n: number): SubtaskEvent => ({ type: 'cancel.received', channel, checkpointId: id(n) }),
  inputEnded: (channel: number): SubtaskEvent => ({ type: 'input.ended', channel }),
  inputClosed: (channel: number): SubtaskEvent => ({ type: 'input.closed', channel }),
  exhausted: { type: 'source.exhausted' },
  dataEnded: { type: 'data.ended' },
  taken: (n: number): SubtaskEvent => ({ type: 'snapshot.taken', checkpointId: id(n) }),
  stored: (n: number): SubtaskEvent => ({ type: 'snapshot.stored', checkpointId: id(n), ...stored }),
  failed: (n: number): SubtaskEvent => ({ type: 'snapshot.failed', checkpointId: id(n), failure }),
  completed: (n: number): SubtaskEvent => ({ type: 'checkpoint.completed', checkpointId: id(n) }),
  aborted: (n: number): SubtaskEvent => ({ type: 'checkpoint.aborted', checkpointId: id(n) }),
  committed: (n: number): SubtaskEvent => ({ type: 'commit.done', checkpointId: id(n) }),
  crashed: { type: 'subtask.crashed', failure },
  canceled: { type: 'subtask.canceled' },
} satisfies Record<string, SubtaskEvent | ((...args: never[]) => SubtaskEvent)>

/** What besides the aligned ones comes of checkpoints: a barrier may change on its way from timed to unaligned. */
export type Travel = 'aligned' | 'unaligned' | 'timed'

export function alphabet(
  channels: number,
  kinds: readonly SnapshotKind[],
  travels: readonly Travel[] = [],
): readonly SubtaskEvent[] {
  const events: SubtaskEvent[] = [on.deployed, on.restored, on.exhausted, on.dataEnded, on.crashed, on.canceled]
  kinds.forEach((kind, index) => {
    const n = index + 1
    const travel = travels[index] ?? 'aligned'
    const special = kind === 'checkpoint' && travel !== 'aligned'
    if (!special) events.push(on.trigger(n, kind))
    events.push(on.taken(n), on.stored(n), on.failed(n))
    events.push(on.completed(n), on.aborted(n), on.committed(n))
    if (special) events.push(travel === 'timed' ? on.triggerTimed(n) : on.triggerUnaligned(n))
    if (special && travel === 'timed') events.push(on.timedOut(n))
    for (let channel = 0; channel < channels; channel++) {
      if (special) events.push(on.ahead(channel, n))
      if (special && travel === 'timed') events.push(on.timed(channel, n))
      if (!special) events.push(on.barrier(channel, n, kind))
      events.push(on.cancel(channel, n))
    }
  })
  // One channel more than there are.
  for (let channel = 0; channel <= channels; channel++) events.push(on.inputEnded(channel), on.inputClosed(channel))
  return [...events, on.barrier(channels, 1), on.cancel(channels, 1), on.timedOut(kinds.length + 1)]
}
