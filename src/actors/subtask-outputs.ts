/**
 * The outputs of a subtask: one writer per output of the chain, over the channels to the next vertices.
 *
 * A writer buffers only what partitioning forces it to (partial batches per target); `flush` empties the buffers, and
 * whatever travels in order with records (watermark, barrier, end) flushes first.
 */
import type { Barrier, RecordBatch, StreamElement } from '../core/elements.ts'
import { assertNever } from '../core/errors.ts'
import {
  BroadcastPartitioner,
  ForwardPartitioner,
  KeyPartitioner,
  type Partitioner,
  type PartitionTargets,
  RebalancePartitioner,
} from '../operators/key-partition.ts'
import type { Output } from '../operators/operator.ts'
import { customRoute, RoutedPartitioner, randomRoute } from '../operators/routed-partition.ts'
import type { Channel } from './channel.ts'
import type { OutputDescriptor, SubtaskDescriptor } from './subtask-descriptor.ts'

class ChannelWriter implements Output {
  readonly channels: readonly Channel[]
  readonly #partitioner: Partitioner

  constructor(channels: readonly Channel[], partitioner: Partitioner) {
    this.channels = channels
    this.#partitioner = partitioner
  }

  emit(batch: RecordBatch): void {
    this.#partitioner.partition(batch)
  }

  watermark(timestamp: number): void {
    this.#partitioner.flush()
    for (const channel of this.channels) channel.push({ type: 'watermark', timestamp })
  }

  watermarkStatus(idle: boolean): void {
    this.#partitioner.flush()
    for (const channel of this.channels) channel.push({ type: 'watermark-status', idle })
  }

  flush(): void {
    this.#partitioner.flush()
  }
}

export class SubtaskOutputs {
  readonly #writers: readonly ChannelWriter[]
  readonly #byTail = new Map<string, ChannelWriter[]>()
  /** Records handed to channels so far. */
  recordsOut = 0

  /** `random` gives numbers in [0, 1). */
  constructor(descriptor: SubtaskDescriptor, channelOf: (id: string) => Channel, random: () => number) {
    this.#writers = descriptor.outputs.map((output) => {
      const channels = output.channels.map(channelOf)
      const send = (target: number, batch: RecordBatch): void => {
        this.recordsOut += batch.values.length
        channels[target]!.push(batch)
      }
      const writer = new ChannelWriter(channels, partitionerOf(descriptor, output, send, random))
      const key = tailKey(output.operator, output.sideOutput)
      this.#byTail.set(key, [...(this.#byTail.get(key) ?? []), writer])
      return writer
    })
  }

  /** The writers fed by one operator's main output or one of its side outputs. */
  tails(operator: number, sideOutput: string | undefined): readonly Output[] {
    return this.#byTail.get(tailKey(operator, sideOutput)) ?? []
  }

  flush(): void {
    for (const writer of this.#writers) writer.flush()
  }

  /** Puts a control element behind all records on every channel. */
  broadcast(element: StreamElement): void {
    this.flush()
    for (const writer of this.#writers) for (const channel of writer.channels) channel.push(element)
  }

  /**
   * Puts a barrier on every channel: behind all records, or, unaligned, before what is queued. Partial batches go first in
   * either case. Their records are effects of input that the snapshot of this subtask covers, so nobody makes them again:
   * they must be in the channel when the barrier overtakes it, to become part of the channel state.
   */
  forward(barrier: Barrier): void {
    this.flush()
    for (const { channels } of this.#writers) {
      for (const channel of channels) {
        if (barrier.alignment?.type === 'unaligned') channel.pushAhead(barrier)
        else channel.push(barrier)
      }
    }
  }
}

function partitionerOf(
  { batchRecords, index, jobId, vertex }: SubtaskDescriptor,
  output: OutputDescriptor,
  send: PartitionTargets,
  random: () => number,
): Partitioner {
  const { partitioning, targetMaxParallelism: maxParallelism, targetName: operatorName, targetUid: uid } = output
  const parallelism = output.channels.length
  switch (partitioning.type) {
    case 'hash':
      return new KeyPartitioner(
        {
          key: partitioning.key,
          parallelism,
          maxParallelism,
          batchRecords,
          operatorName,
          uid,
          owner: `${jobId} ${vertex} ${tailKey(output.operator, output.sideOutput)} ${operatorName}`,
        },
        send,
      )
    case 'rebalance':
      return new RebalancePartitioner({ parallelism, start: index }, send)
    case 'rescale':
      return new RebalancePartitioner({ parallelism, start: 0 }, send)
    case 'shuffle':
      return new RoutedPartitioner({ parallelism, batchRecords, routeOf: randomRoute(random, parallelism) }, send)
    case 'custom': {
      const routeOf = customRoute(partitioning, parallelism, { operatorName, uid })
      return new RoutedPartitioner({ parallelism, batchRecords, routeOf }, send)
    }
    case 'broadcast':
      return new BroadcastPartitioner({ parallelism }, send)
    case 'forward':
    case 'global':
      return new ForwardPartitioner({ index: 0 }, send)
    default:
      return assertNever(partitioning, 'partitioning')
  }
}

const tailKey = (operator: number, sideOutput: string | undefined): string => `${operator} ${sideOutput ?? ''}`
