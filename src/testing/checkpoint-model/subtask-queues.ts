/**
 * The inputs of a subtask of the model where barriers may overtake: queues in the state of their receiver, and what is
 * recorded of them for an unaligned checkpoint, as the channels and inputs of the runtime do it.
 */
import type { ModelElement, StreamRecord } from './model-messages.ts'
import { overtakenIn, promoted } from './queued-barriers.ts'
import type { SubtaskRun } from './subtask-run.ts'
import type { Queued, SubtaskState } from './subtask-state.ts'

const isRecord = (element: Queued): element is StreamRecord => element.type === 'record'

/** Something is put into input `channel`. */
export function enqueue(run: SubtaskRun, channel: number, element: ModelElement): void {
  const { state } = run
  const { rules } = run.setting
  const queue = rules.queues(state.queues[channel] ?? [], element)
  state.queues = state.queues.with(channel, queue)
  run.timer(`take/${channel}`, true)
  if (element.type === 'barrier') expectTimeout(run, element.checkpointId, element.alignment?.type)
}

export function expectTimeout(run: SubtaskRun, checkpointId: number, alignment: string | undefined): void {
  if (alignment !== 'aligned-with-timeout') return
  if (run.state.timesOut !== undefined && checkpointId < run.state.timesOut) return
  run.state.timesOut = checkpointId
  run.timer('alignment-timeout', true)
}

/** Is there a barrier that was put ahead, on an input that is not blocked? It is taken before anything else. */
export const aheadOn = ({ queues, blocked }: SubtaskState): number =>
  queues.findIndex(
    ([head], channel) => head?.type === 'barrier' && head.overtook !== undefined && !blocked.includes(channel),
  )

export function promote(run: SubtaskRun, checkpointId: number): void {
  run.state.queues = run.state.queues.map((queue) => promoted(queue, checkpointId))
}

/** The records that a barrier, which is the head of its queue, has overtaken. */
export const overtakenBy = (queue: readonly Queued[]): readonly StreamRecord[] => overtakenIn(queue).filter(isRecord)

function keep(run: SubtaskRun, checkpointId: number, channel: number, first: number, records: readonly StreamRecord[]) {
  if (records.length === 0) return
  const { state } = run
  const place = state.recorded.findIndex((one) => one.checkpointId === checkpointId && one.channel === channel)
  const known = state.recorded[place]
  state.recorded =
    known === undefined
      ? [...state.recorded, { checkpointId, channel, first, records }].toSorted((a, b) => a.channel - b.channel)
      : state.recorded.with(place, { ...known, records: [...known.records, ...records] })
}

/** Keeps what the barrier that is being taken has overtaken; its input owes the checkpoint no more. */
export function recordOvertaken(run: SubtaskRun, checkpointId: number): void {
  const { barrier, state } = run
  if (barrier === undefined) return
  const { channel, overtook } = barrier
  if (run.setting.rules.records) keep(run, checkpointId, channel, state.taken[channel]!, overtook)
  if (state.recording?.checkpointId !== checkpointId) return
  const channels = state.recording.channels.filter((other) => other !== channel)
  state.recording = channels.length === 0 ? undefined : { checkpointId, channels }
}

export function recordInputs(run: SubtaskRun, checkpointId: number, channels: readonly number[]): void {
  run.state.recording = { checkpointId, channels }
}

/** A record is about to be consumed. */
export function recordConsumed(run: SubtaskRun, channel: number, record: StreamRecord): void {
  const { recording, taken } = run.state
  if (recording === undefined || !recording.channels.includes(channel) || !run.setting.rules.records) return
  keep(run, recording.checkpointId, channel, taken[channel]!, [record])
}

/** The channel state of a checkpoint, by input; it is forgotten here. */
export function takeRecorded(run: SubtaskRun, checkpointId: number): readonly (readonly StreamRecord[])[] {
  const mine = run.state.recorded.filter((one) => one.checkpointId === checkpointId)
  run.state.recorded = run.state.recorded.filter((one) => one.checkpointId !== checkpointId)
  if (run.state.recording?.checkpointId === checkpointId) run.state.recording = undefined
  if (mine.length === 0) return []
  for (const { channel, first, records } of mine) {
    run.tell({
      type: 'channel.recorded',
      checkpointId,
      sequence: first,
      records: records.length,
      ...run.inputChannel(channel),
    })
  }
  return run.setting.inputs.map((_, channel) => mine.find((one) => one.channel === channel)?.records ?? [])
}
