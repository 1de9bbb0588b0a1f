/** The chart of a subtask alone: see `lone-chart.ts`. */
import type { Alignment, SnapshotKind } from '../../core/elements.ts'
import type { SubtaskEffect, SubtaskEvent, SubtaskMachineInput } from '../../machines/subtask/protocol.ts'
import type { ChartCoverage } from '../explorer/chart-coverage.ts'
import type { SystemModel } from '../explorer/system.ts'
import { type LoneSetting, loneSystem } from './lone-chart.ts'
import { subtaskWatchers } from './lone-watchers.ts'
import type { ProtocolCharts } from './protocol-parts.ts'
import { SteppedChart } from './stepped-chart.ts'
import { idOf } from './topology.ts'

type Setting = LoneSetting<SubtaskMachineInput, SubtaskEvent>

const failure = { code: 'USER_FUNCTION_FAILED', message: 'crashed', restartable: true } as const
const stored = {
  state: { operators: [], bytes: 0, finished: false },
  metrics: { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 },
} as const

/** How the barriers of a checkpoint travel: `timed` ones may come as unaligned ones, too. */
type Travel = 'aligned' | 'unaligned' | 'timed'

interface About {
  readonly kind: SnapshotKind
  readonly travel?: Travel
}

/** What may be said of checkpoints 1, 2 and so on to a subtask with so many inputs; there is a channel too many. */
function words(channels: number, checkpoints: readonly About[]): readonly SubtaskEvent[] {
  const events: SubtaskEvent[] = [
    { type: 'subtask.deployed' },
    { type: 'state.restored' },
    { type: 'data.ended' },
    { type: 'subtask.crashed', failure },
    { type: 'subtask.canceled' },
    { type: 'input.ended', channel: channels },
  ]
  if (channels === 0) events.push({ type: 'source.exhausted' })
  for (let channel = 0; channel < channels; channel++) {
    events.push({ type: 'input.ended', channel }, { type: 'input.closed', channel })
  }
  for (const [index, about] of checkpoints.entries()) events.push(...wordsAbout(idOf(index + 1), channels, about))
  return events
}

function wordsAbout(
  checkpointId: ReturnType<typeof idOf>,
  channels: number,
  { kind, travel = 'aligned' }: About,
): readonly SubtaskEvent[] {
  const alignments: readonly (Alignment | undefined)[] =
    travel === 'aligned'
      ? [undefined]
      : travel === 'unaligned'
        ? [{ type: 'unaligned' }]
        : [{ type: 'aligned-with-timeout', timeoutMs: 1 }, { type: 'unaligned' }]
  const facts = (alignment: Alignment | undefined) => ({
    checkpointId,
    timestamp: 0,
    kind,
    ...(alignment !== undefined && { alignment }),
  })
  const events: SubtaskEvent[] = [
    { type: 'checkpoint.triggered', ...facts(alignments[0]) },
    { type: 'snapshot.taken', checkpointId },
    { type: 'snapshot.stored', checkpointId, ...stored },
    { type: 'snapshot.failed', checkpointId, failure },
    { type: 'checkpoint.completed', checkpointId },
    { type: 'checkpoint.aborted', checkpointId },
    { type: 'commit.done', checkpointId },
  ]
  if (travel !== 'aligned') events.push({ type: 'alignment.timed-out', checkpointId })
  for (let channel = 0; channel < channels; channel++) {
    for (const alignment of alignments) events.push({ type: 'barrier.received', channel, ...facts(alignment) })
    events.push({ type: 'cancel.received', channel, checkpointId })
  }
  return events
}

const plain: SubtaskMachineInput = {
  channels: 2,
  mode: 'exactly-once',
  checkpointing: true,
  restoring: false,
  restoredFinished: false,
}

const setting = (name: string, input: Partial<SubtaskMachineInput>, checkpoints: readonly About[]): Setting => {
  const whole = { ...plain, ...input }
  return { name, input: whole, says: words(whole.channels, checkpoints) }
}

const checkpoint: About = { kind: 'checkpoint' }

export const loneSubtaskSettings: readonly Setting[] = [
  setting('two inputs', {}, [checkpoint, checkpoint]),
  setting('two inputs, stopped', {}, [{ kind: 'stop-suspend' }]),
  setting('one input, restoring', { channels: 1, restoring: true }, [checkpoint]),
  setting('at-least-once', { mode: 'at-least-once' }, [checkpoint, checkpoint]),
  setting('unaligned', {}, [
    { ...checkpoint, travel: 'unaligned' },
    { ...checkpoint, travel: 'unaligned' },
  ]),
  setting('unaligned, then aligned', {}, [{ ...checkpoint, travel: 'unaligned' }, { kind: 'stop-suspend' }]),
  setting('timing out', {}, [
    { ...checkpoint, travel: 'timed' },
    { ...checkpoint, travel: 'unaligned' },
  ]),
  setting('source, stopped', { channels: 0 }, [{ kind: 'stop-suspend' }, checkpoint]),
  setting('source, drained', { channels: 0 }, [{ kind: 'stop-drain' }, checkpoint]),
  setting('without checkpoints', { checkpointing: false }, [{ kind: 'stop-drain' }]),
  setting('source without checkpoints', { channels: 0, checkpointing: false }, [
    { kind: 'savepoint' },
    { kind: 'savepoint' },
  ]),
  setting('finished before', { restoredFinished: true, channels: 1 }, [checkpoint]),
]

export function loneSubtask(
  { subtask }: Pick<ProtocolCharts, 'subtask'>,
  coverage: ChartCoverage,
  settings = loneSubtaskSettings,
): SystemModel {
  const chart = new SteppedChart<ProtocolCharts['subtask'], SubtaskEffect>('subtask', subtask, coverage)
  return loneSystem('subtask', settings, chart, subtaskWatchers)
}
