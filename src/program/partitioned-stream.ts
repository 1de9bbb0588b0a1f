/** Where the records of a stream come from, and the ways in which they may reach the subtasks of the next operator. */
import type { Partitioning } from '../graph/transformation.ts'
import type { DataStream } from './data-stream.ts'
import { checkFunction, type ProgramBuilder, partitioned, type Upstream } from './program-builder.ts'

export abstract class PartitionedStream<T> {
  protected readonly builder: ProgramBuilder
  /** Where the records come from, as data. */
  readonly upstreams: readonly Upstream[]

  constructor(builder: ProgramBuilder, upstreams: readonly Upstream[]) {
    this.builder = builder
    this.upstreams = upstreams
  }

  /**
   * Deals records out to all subtasks of the next operator in turn.
   *
   * @example skewed.rebalance().map(expensive)
   */
  rebalance(): DataStream<T> {
    return this.#reaching({ type: 'rebalance' })
  }

  /**
   * Deals records out in turn among few: each subtask sends to its share of the subtasks of the next operator, or several
   * of them to the same one. Costs fewer channels than `rebalance`, and evens out less.
   *
   * @example lines.rescale().map(parse).setParallelism(8)
   */
  rescale(): DataStream<T> {
    return this.#reaching({ type: 'rescale' })
  }

  /**
   * Sends each record to a subtask of the next operator by chance.
   *
   * @example bursts.shuffle().map(expensive)
   */
  shuffle(): DataStream<T> {
    return this.#reaching({ type: 'shuffle' })
  }

  /**
   * Sends every record to the first subtask of the next operator.
   *
   * @example alarms.global().process(numbered)
   */
  global(): DataStream<T> {
    return this.#reaching({ type: 'global' })
  }

  /**
   * Keeps each record in the subtask of the same index. Two operators of one parallelism are joined like this anyway; said, a
   * program whose parallelisms differ fails with `PARALLELISM_MISMATCH`.
   *
   * @example ordered.forward().map(parse)
   */
  forward(): DataStream<T> {
    return this.#reaching({ type: 'forward', required: true })
  }

  /**
   * Sends each record to the subtask that `partition` names for its key: an integer from 0 to `partitions` less one, another one
   * fails the job with `PARTITION_INVALID`. The result is no keyed stream. Both functions must give the same for the same
   * record whenever they are called.
   *
   * @example
   * orders.partitionCustom((order) => order.region, (region, partitions) => regions.indexOf(region) % partitions).map(ship)
   */
  partitionCustom<K>(key: (value: T) => K, partition: (key: K, partitions: number) => number): DataStream<T> {
    checkFunction('partitionCustom', key)
    checkFunction('partitionCustom', partition)
    return this.#reaching({ type: 'custom', key, partition })
  }

  #reaching(partitioning: Partitioning): DataStream<T> {
    return this.builder.kinds.plain(this.builder, partitioned(this.upstreams, partitioning))
  }
}
