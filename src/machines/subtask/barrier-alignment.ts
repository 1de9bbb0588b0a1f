/**
 * Which barriers have come on which inputs of one subtask, as a value.
 *
 * Owns the comparison of ids and the question whether a checkpoint's barriers are complete. Does not own what follows
 * from it (the chart) nor the snapshots taken (`snapshot-ledger.ts`). Exactly-once aligns one checkpoint at a time and
 * treats an input whose barrier came as blocked; at-least-once counts up to `limits.alignmentsTrackedMax` at once.
 *
 * INV-BA-1 `handledUpTo` never falls. INV-BA-2 in exactly-once at most one alignment is pending. INV-BA-3 pending ids
 * rise. INV-BA-4 an id that is given up or complete is never pending again. INV-BA-5 while a checkpoint is recorded
 * (unaligned, its snapshot taken) nothing is pending, and an input of `recording` that is missing is open. INV-BA-6 in
 * at-least-once an id that is given up does not end older ones, unless more than `limits.recentCheckpointsMax` are.
 * The odd branches are explained by `test/machines/subtask/barrier-alignment.test.ts`.
 */
import type { Alignment } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import { type ChannelSet, hasChannel, noChannels, withChannel } from './channel-set.ts'
import type { BarrierFacts, ChannelIndex, SubtaskMachineInput } from './protocol.ts'

/** `ended`: end-of-data came, barriers may follow. `closed`: nothing follows, so it holds no alignment back. */
export type ChannelState = 'open' | 'ended' | 'closed'

export interface PendingAlignment {
  readonly facts: BarrierFacts
  readonly arrived: ChannelSet
}

export interface BarrierAlignment {
  readonly mode: SubtaskMachineInput['mode']
  readonly channels: readonly ChannelState[]
  /** Oldest first. `arrived` is empty when the coordinator itself asked for it. */
  readonly pending: readonly PendingAlignment[]
  /** The checkpoint whose snapshot was taken before all its barriers had come, as long as some are missing. */
  readonly recording: PendingAlignment | undefined
  /** Every id up to this one is over: its snapshot was begun or it was given up. */
  readonly handledUpTo: number
  /** Ids above `handledUpTo` that are over all the same, because an older one may still complete. */
  readonly over: readonly CheckpointId[]
  /** Ids that the coordinator aborted before any barrier of theirs came. */
  readonly aborted: readonly CheckpointId[]
}

export const initialAlignment = ({ mode, channels }: SubtaskMachineInput): BarrierAlignment => ({
  mode,
  channels: Array.from({ length: channels }, () => 'open' as const),
  pending: [],
  recording: undefined,
  handledUpTo: 0,
  over: [],
  aborted: [],
})

export type BarrierOutcome =
  /** The first barrier of a checkpoint, and others must still come. */
  | 'first'
  /** Not the first, and others must still come. */
  | 'joined'
  /** Nothing is missing any more. */
  | 'last'
  /** The first of a newer checkpoint while an older one is aligning (exactly-once). */
  | 'superseding'
  /** Of the checkpoint that is recorded, and others must still come. */
  | 'recorded'
  /** The same, and nothing is missing any more. */
  | 'recorded-last'
  /** Of a checkpoint that is over. */
  | 'old'
  /** Of a checkpoint that the coordinator has aborted. */
  | 'aborted'
  /** On a channel that is unknown, closed or blocked, or for the second time. */
  | 'misplaced'

export function barrierOutcome(
  state: BarrierAlignment,
  channel: ChannelIndex,
  checkpointId: CheckpointId,
): BarrierOutcome {
  if (!isReadable(state, channel)) return 'misplaced'
  if (state.recording?.facts.checkpointId === checkpointId) return recordedOutcome(state, state.recording, channel)
  if (isOver(state, checkpointId)) return 'old'
  const pending = pendingOf(state, checkpointId)
  if (pending !== undefined && hasChannel(pending.arrived, channel)) return 'misplaced'
  const aligning = aligningOf(state)
  if (aligning !== undefined && checkpointId < aligning.facts.checkpointId) return 'old'
  if (state.aborted.includes(checkpointId)) return 'aborted'
  if (!missesAny(state, pending?.arrived ?? noChannels, channel)) return 'last'
  if (pending !== undefined) return 'joined'
  return aligning === undefined ? 'first' : 'superseding'
}

/** A channel that has ended counts as there, so its barrier, which may still come, is old. */
function recordedOutcome(state: BarrierAlignment, recording: PendingAlignment, channel: ChannelIndex): BarrierOutcome {
  if (hasChannel(recording.arrived, channel)) return 'misplaced'
  if (state.channels[channel] !== 'open') return 'old'
  return owesRecording(state, recording, channel) ? 'recorded' : 'recorded-last'
}

export type CancelOutcome = 'aligning' | 'recording' | 'superseding' | 'new' | 'old' | 'misplaced'

/**
 * `aligning`: it cancels what is being aligned. `recording`: what is being recorded. `superseding`: something newer than
 * what is being aligned. `new`: anything else.
 */
export function cancelOutcome(
  state: BarrierAlignment,
  channel: ChannelIndex,
  checkpointId: CheckpointId,
): CancelOutcome {
  if (!isReadable(state, channel)) return 'misplaced'
  if (state.recording?.facts.checkpointId === checkpointId) return 'recording'
  if (isOver(state, checkpointId)) return 'old'
  const aligning = aligningOf(state)?.facts.checkpointId
  if (aligning === undefined) return 'new'
  if (aligning === checkpointId) return 'aligning'
  return checkpointId > aligning ? 'superseding' : 'old'
}

/**
 * Notes a barrier whose outcome is `first`, `joined` or `superseding` (then the older one was given up before), or, with
 * no channel, that the coordinator asked for a checkpoint before all inputs had ended.
 */
export function receiveBarrier(
  state: BarrierAlignment,
  channel: ChannelIndex | undefined,
  facts: BarrierFacts,
): BarrierAlignment {
  const { pending } = state
  const place = pending.findIndex((one) => one.facts.checkpointId >= facts.checkpointId)
  const known = pending[place]
  const isKnown = known?.facts.checkpointId === facts.checkpointId
  const before = isKnown ? known.arrived : noChannels
  const arrived = channel === undefined ? before : withChannel(before, channel)
  if (isKnown) return { ...state, pending: pending.with(place, { facts, arrived }) }
  return { ...state, pending: pending.toSpliced(place === -1 ? pending.length : place, 0, { facts, arrived }) }
}

/** What is being aligned is not waited for any longer: as soon as it can be, it is taken as an unaligned one. */
export function timeOut(state: BarrierAlignment): BarrierAlignment {
  const [oldest, ...others] = state.pending
  if (oldest === undefined) return state
  return { ...state, pending: [{ ...oldest, facts: { ...oldest.facts, alignment: unaligned } }, ...others] }
}

/**
 * An unaligned snapshot begins: its checkpoint is over as by `beginHandling`, and what comes on the inputs that are open
 * and did not deliver its barrier is to be recorded. `channel` delivers it now.
 */
export function beginRecording(
  state: BarrierAlignment,
  channel: ChannelIndex | undefined,
  facts: BarrierFacts,
): BarrierAlignment {
  const before = pendingOf(state, facts.checkpointId)?.arrived ?? noChannels
  const arrived = channel === undefined ? before : withChannel(before, channel)
  const recording = { facts: { ...facts, alignment: unaligned }, arrived }
  return completed({ ...beginHandling(state, facts.checkpointId), recording })
}

/** A barrier of what is recorded came on this channel. */
export const receiveRecorded = (state: BarrierAlignment, channel: ChannelIndex): BarrierAlignment =>
  state.recording === undefined
    ? state
    : completed({
        ...state,
        recording: { ...state.recording, arrived: withChannel(state.recording.arrived, channel) },
      })

/** Nothing is recorded any more: it is complete or given up. */
export const endRecording = (state: BarrierAlignment): BarrierAlignment => ({ ...state, recording: undefined })

/** The inputs whose records belong to the checkpoint that is recorded until their barriers come. */
export const unrecordedOf = ({ recording, channels }: BarrierAlignment): readonly ChannelIndex[] =>
  recording === undefined
    ? none
    : channels.flatMap((state, channel) =>
        state === 'open' && !hasChannel(recording.arrived, channel) ? [channel] : [],
      )

/** Is anything still to be recorded, on channels other than `but`? */
const owesRecording = ({ channels }: BarrierAlignment, { arrived }: PendingAlignment, but?: ChannelIndex): boolean =>
  channels.some((state, channel) => state === 'open' && channel !== but && !hasChannel(arrived, channel))

const completed = (state: BarrierAlignment): BarrierAlignment =>
  state.recording !== undefined && !owesRecording(state, state.recording) ? endRecording(state) : state

const unaligned: Alignment = { type: 'unaligned' }

/** A snapshot of this checkpoint begins: it and every older one are over. */
export function beginHandling(state: BarrierAlignment, checkpointId: CheckpointId): BarrierAlignment {
  const pending = state.pending.filter(({ facts }) => facts.checkpointId !== checkpointId)
  return settle({ ...state, pending }, Math.max(state.handledUpTo, checkpointId))
}

/** No snapshot of this checkpoint will be taken. Older ones that may still complete go on. */
export function giveUp(state: BarrierAlignment, checkpointId: CheckpointId): BarrierAlignment {
  const pending = state.pending.filter(({ facts }) => facts.checkpointId !== checkpointId)
  const over = [...state.over.filter((id) => id !== checkpointId), checkpointId].toSorted((a, b) => a - b)
  return settle({ ...state, pending, over }, state.handledUpTo)
}

/** The coordinator has aborted a checkpoint whose barriers are still to come. */
export function rememberAborted(state: BarrierAlignment, checkpointId: CheckpointId): BarrierAlignment {
  if (isOver(state, checkpointId)) return state
  const aborted = [...state.aborted.filter((id) => id !== checkpointId), checkpointId].toSorted((a, b) => a - b)
  return { ...state, aborted: aborted.slice(-limits.recentCheckpointsMax) }
}

export const canEnd = (state: BarrierAlignment, channel: ChannelIndex): boolean =>
  isReadable(state, channel) && state.channels[channel] === 'open'
export const canClose = (state: BarrierAlignment, channel: ChannelIndex): boolean =>
  isReadable(state, channel) && state.channels[channel] === 'ended'
/** No record follows on it, so nothing more of it is recorded. */
export const endChannel = (state: BarrierAlignment, channel: ChannelIndex): BarrierAlignment =>
  completed({ ...state, channels: state.channels.with(channel, 'ended') })
export const closeChannel = (state: BarrierAlignment, channel: ChannelIndex): BarrierAlignment => ({
  ...state,
  channels: state.channels.with(channel, 'closed'),
})
export const allClosed = ({ channels }: BarrierAlignment): boolean => channels.every((channel) => channel === 'closed')
export const allEnded = ({ channels }: BarrierAlignment): boolean => !channels.includes('open')

/** The oldest pending checkpoint that misses nothing, which happens when an input closes. */
export const completeOf = (state: BarrierAlignment): PendingAlignment | undefined =>
  state.pending.find(({ arrived }) => !missesAny(state, arrived))

/** The oldest pending checkpoint, if it cannot complete any more or too many are counted (at-least-once). */
export function hopelessOf(state: BarrierAlignment): PendingAlignment | undefined {
  const [oldest] = state.pending
  if (oldest === undefined) return undefined
  const tooMany = state.pending.length > limits.alignmentsTrackedMax
  return tooMany || oldest.facts.checkpointId <= state.handledUpTo ? oldest : undefined
}

/** What exactly-once is aligning. */
export const aligningOf = (state: BarrierAlignment): PendingAlignment | undefined =>
  state.mode === 'exactly-once' ? state.pending[0] : undefined

export const pendingOf = (state: BarrierAlignment, checkpointId: CheckpointId): PendingAlignment | undefined =>
  state.pending.find(({ facts }) => facts.checkpointId === checkpointId)

export const isOver = (state: BarrierAlignment, checkpointId: CheckpointId): boolean =>
  checkpointId <= state.handledUpTo || state.over.includes(checkpointId)

/** May an element come on this channel? Not after its end, and not while it is blocked. */
const isReadable = (state: BarrierAlignment, channel: ChannelIndex): boolean => {
  const channelState = state.channels[channel]
  if (channelState === undefined || channelState === 'closed') return false
  const aligning = aligningOf(state)
  return aligning === undefined || !hasChannel(aligning.arrived, channel)
}

/** `also` has its barrier too, though it is not among `arrived`. */
function missesAny({ channels }: BarrierAlignment, arrived: ChannelSet, also?: ChannelIndex): boolean {
  const closed = closedAmong(channels)
  const came = arrived.size + (also === undefined ? 0 : 1)
  // The usual answers, without comparing each channel with each: a channel in both counts only makes this less sure.
  if (came + closed < channels.length) return true
  if (closed === 0) return false
  return channels.some(
    (channelState, channel) => channelState !== 'closed' && channel !== also && !hasChannel(arrived, channel),
  )
}

/** How many of these inputs are closed, counted once: the list stays the same until an input ends. */
function closedAmong(channels: readonly ChannelState[]): number {
  const known = closedCounts.get(channels)
  if (known !== undefined) return known
  let closed = 0
  for (const channelState of channels) if (channelState === 'closed') closed++
  closedCounts.set(channels, closed)
  return closed
}

const closedCounts = new WeakMap<readonly ChannelState[], number>()
const none: readonly ChannelIndex[] = []

/** Raises `handledUpTo` over what is over, as far as nothing older may still complete, and forgets what it covers. */
function settle(state: BarrierAlignment, handledUpTo: number): BarrierAlignment {
  const least = Math.max(handledUpTo, state.over.at(-1 - limits.recentCheckpointsMax) ?? 0)
  const risen = state.mode === 'exactly-once' ? upToPending(state, least) : upToGap(state, least)
  const over = state.over.filter((id) => id > risen)
  const aborted = state.aborted.filter((id) => id > risen && !over.includes(id))
  return { ...state, handledUpTo: risen, over, aborted }
}

/** Every input tells of checkpoints in their order: one that is older and not pending was given up before it came here. */
function upToPending({ over, pending }: BarrierAlignment, least: number): number {
  const oldest = pending.find(({ facts }) => facts.checkpointId > least)?.facts.checkpointId
  return Math.max(least, ...over.filter((id) => oldest === undefined || id < oldest))
}

/** A cancel marker may come before the barriers of older checkpoints, which are still counted upstream. */
const upToGap = ({ over }: BarrierAlignment, least: number): number =>
  over.reduce<number>((risen, id) => (id === risen + 1 ? id : risen), least)
