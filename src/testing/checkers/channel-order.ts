/**
 * S2. A channel is first in, first out, for barriers among themselves and among records; only a barrier that overtakes
 * goes past records and past older barriers that do not. The records are then recorded in the snapshot, once, and the
 * barriers come later, in their place; those that overtake come in the order of their ids. At-least-once changes nothing
 * here: there a receiver does not wait for other channels, but each channel keeps its order. Watermarks rise.
 *
 * Remembers, per channel of the running attempt, the barriers that are in it with the number of records before each, and the last
 * watermark, but for the last of all.
 */
import { maxWatermark } from '../../core/elements.ts'
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, keep, noAttempt, put } from './memory.ts'

interface Channel {
  readonly sent: number
  readonly consumed: number
  /** Checkpoint id, and the records put into the channel before it; oldest first. */
  readonly barriers: readonly (readonly [number, number])[]
  readonly lastSent: number
  /** The last consumed barrier that overtook. */
  readonly lastAhead: number
  /** Checkpoint id, first overtaken record, the one after the last. */
  readonly overtaken: readonly [number, number, number] | null
  readonly lastRecorded: number
}

interface Memory {
  readonly attempt: number
  readonly channels: ByName<Channel>
  readonly watermarks: ByName<number>
}

const empty: Channel = {
  sent: 0,
  consumed: 0,
  barriers: [],
  lastSent: 0,
  lastAhead: 0,
  overtaken: null,
  lastRecorded: 0,
}

const of = (memory: Memory, channel: string): Channel => memory.channels[channel] ?? empty
const change = (memory: Memory, channel: string, next: Channel): Memory => ({
  ...memory,
  channels: put(memory.channels, channel, next),
})

function sendBarrier(memory: Memory, { attempt, channel: name, checkpointId }: FactOf<'barrier.sent'>) {
  if (attempt !== memory.attempt) return memory
  const channel = of(memory, name)
  if (checkpointId <= channel.lastSent) {
    return violation(`Barrier ${checkpointId} was sent on ${name} after barrier ${channel.lastSent}.`)
  }
  const barriers = [...channel.barriers, [checkpointId, channel.sent] as const]
  return change(memory, name, { ...channel, barriers, lastSent: checkpointId })
}

function consumeBarrier(memory: Memory, fact: FactOf<'barrier.consumed'>) {
  const { attempt, channel: name, checkpointId, overtakes } = fact
  if (attempt !== memory.attempt) return memory
  const channel = of(memory, name)
  const place = channel.barriers.findIndex(([id]) => id === checkpointId)
  if (place === -1) return violation(`Barrier ${checkpointId} was consumed on ${name}, where it is not.`)
  if (place > 0 && !overtakes) {
    return violation(`Barrier ${checkpointId} was consumed on ${name} before barrier ${channel.barriers[0]![0]}.`)
  }
  if (overtakes && checkpointId < channel.lastAhead) {
    return violation(`Barrier ${checkpointId} overtook on ${name} after barrier ${channel.lastAhead} had.`)
  }
  const at = channel.barriers[place]![1]
  if (channel.consumed < at && !overtakes) {
    return violation(
      `Barrier ${checkpointId} overtook records on ${name}: ${at} before it, ${channel.consumed} consumed.`,
    )
  }
  const overtaken = channel.consumed < at ? ([checkpointId, channel.consumed, at] as const) : null
  const barriers = channel.barriers.toSpliced(place, 1)
  return change(memory, name, { ...channel, barriers, overtaken, ...(overtakes && { lastAhead: checkpointId }) })
}

function consume(memory: Memory, { attempt, channel: name, sequence, records }: FactOf<'consumed'>) {
  if (attempt !== memory.attempt) return memory
  const channel = of(memory, name)
  const [barrier] = channel.barriers
  const consumed = sequence + records
  if (barrier !== undefined && consumed > barrier[1]) {
    return violation(`A record behind barrier ${barrier[0]} was consumed on ${name} before it.`)
  }
  return change(memory, name, { ...channel, consumed })
}

function record(memory: Memory, fact: FactOf<'channel.recorded'>) {
  const { attempt, channel: name, checkpointId, sequence, records } = fact
  if (attempt !== memory.attempt) return memory
  const channel = of(memory, name)
  if (checkpointId <= channel.lastRecorded) {
    return violation(`Records of ${name} were recorded twice for checkpoint ${checkpointId}.`)
  }
  if (channel.overtaken?.[0] !== checkpointId) return change(memory, name, { ...channel, lastRecorded: checkpointId })
  const [, first, end] = channel.overtaken
  if (sequence > first || sequence + records !== end) {
    return violation(
      `Barrier ${checkpointId} overtook records ${first} to ${end - 1} on ${name}, but ${records} from ${sequence} were recorded.`,
    )
  }
  return change(memory, name, { ...channel, overtaken: null, lastRecorded: checkpointId })
}

function sendWatermark(memory: Memory, { attempt, channel, timestamp }: FactOf<'watermark.sent'>) {
  if (attempt !== memory.attempt) return memory
  const last = memory.watermarks[channel]
  if (last !== undefined && timestamp <= last) {
    return violation(`Watermark ${timestamp} was sent on ${channel} after watermark ${last}.`)
  }
  if (timestamp === maxWatermark.timestamp) return memory
  return { ...memory, watermarks: put(memory.watermarks, channel, timestamp) }
}

/** A checkpoint is over, so nothing more of its channels will be recorded. */
function forget(memory: Memory, { checkpointId }: { readonly checkpointId: number }): Memory {
  const late = keep(Object.keys(memory.channels), (name) => of(memory, name).overtaken?.[0] === checkpointId)
  return late.reduce((next, name) => change(next, name, { ...of(next, name), overtaken: null }), memory)
}

export const channelOrder = defineChecker<Memory>({
  name: 'S2',
  title: 'Channels keep their order, and what a barrier overtakes is recorded once.',
  initial: { attempt: noAttempt, channels: {}, watermarks: {} },
  on: {
    'process.died': () => ({ attempt: noAttempt, channels: {}, watermarks: {} }),
    'attempt.began': (_, { attempt }) => ({ attempt, channels: {}, watermarks: {} }),
    'channel.restored': (memory, { attempt, channel: name, records }) => {
      if (attempt !== memory.attempt) return memory
      const channel = of(memory, name)
      return change(memory, name, { ...channel, sent: channel.sent + records })
    },
    sent: (memory, { attempt, channel, sequence, records }) =>
      attempt === memory.attempt
        ? change(memory, channel, { ...of(memory, channel), sent: sequence + records })
        : memory,
    consumed: consume,
    'barrier.sent': sendBarrier,
    'barrier.consumed': consumeBarrier,
    'channel.recorded': record,
    'watermark.sent': sendWatermark,
    completed: forget,
    aborted: forget,
  },
})
