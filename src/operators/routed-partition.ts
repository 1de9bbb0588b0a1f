/**
 * Which subtask gets a record, where each record is sent by itself: at random, or as a function of the program says.
 *
 * Owns the records it has buffered until `flush`, as the other partitioners do (`key-partition.ts`).
 */
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'
import { shortJson } from '../core/short-json.ts'
import type { Partitioner, PartitionTargets } from './key-partition.ts'
import { isPromise, promiseReturned, ResultRefused } from './refuse-promise.ts'

export interface RoutedPartitionerOptions {
  readonly parallelism: number
  readonly batchRecords: number
  /** The subtask of a record. */
  readonly routeOf: (value: unknown) => number
}

interface TargetBuffer {
  values: unknown[]
  timestamps: number[]
}

export class RoutedPartitioner implements Partitioner {
  readonly #options: RoutedPartitionerOptions
  readonly #targets: PartitionTargets
  readonly #buffers: readonly TargetBuffer[]
  #timestamped = false

  constructor(options: RoutedPartitionerOptions, targets: PartitionTargets) {
    this.#options = options
    this.#targets = targets
    this.#buffers = Array.from({ length: options.parallelism }, () => ({ values: [], timestamps: [] }))
  }

  partition({ values, timestamps }: RecordBatch): void {
    if (values.length === 0) return
    // A batch has timestamps for all of its records or for none.
    if ((timestamps !== undefined) !== this.#timestamped) {
      this.flush()
      this.#timestamped = timestamps !== undefined
    }
    const { routeOf, batchRecords } = this.#options
    for (let i = 0; i < values.length; i++) {
      const index = routeOf(values[i])
      const buffer = this.#buffers[index]!
      if (timestamps !== undefined) buffer.timestamps.push(timestamps[i]!)
      if (buffer.values.push(values[i]) >= batchRecords) this.#send(index, buffer)
    }
  }

  flush(): void {
    for (const [index, buffer] of this.#buffers.entries()) if (buffer.values.length > 0) this.#send(index, buffer)
  }

  #send(index: number, buffer: TargetBuffer): void {
    const { values, timestamps } = buffer
    buffer.values = []
    buffer.timestamps = []
    this.#targets(index, recordBatch(values, this.#timestamped ? timestamps : undefined))
  }
}

/** Any subtask, each as likely as the others. `random` gives numbers in [0, 1). */
export const randomRoute =
  (random: () => number, parallelism: number): RoutedPartitionerOptions['routeOf'] =>
  () =>
    Math.floor(random() * parallelism)

export interface CustomRoute {
  readonly key: (value: never) => unknown
  /** The subtask of a key, from 0, among so many. */
  readonly partition: (key: never, partitions: number) => number
}

/**
 * The subtask that `partition` says for the key of a record. Fails with `PARTITION_INVALID` when there is no such subtask,
 * with `USER_FUNCTION_FAILED` when a function throws; `target` is the operator whose input it is.
 */
export function customRoute(
  { key, partition }: CustomRoute,
  parallelism: number,
  target: NamedOperator,
): RoutedPartitionerOptions['routeOf'] {
  const details = { operator: target.operatorName, uid: target.uid ?? null }
  const subject = `The partition function of operator ${operatorLabel(target)}`
  const promised = ({ subject, returned, rule }: ResultRefused) =>
    new StreamError('USER_FUNCTION_FAILED', `${subject} returned ${returned}: ${rule}`, { details })
  return (value) => {
    let index: number
    try {
      const found = key(value as never)
      if (isPromise(found)) throw promiseReturned(found, `The key function of operator ${operatorLabel(target)}`)
      index = partition(found as never, parallelism)
    } catch (cause) {
      if (cause instanceof ResultRefused) throw promised(cause)
      const message = `${subject} failed for the record ${shortJson(value)}: ${messageOf(cause)}`
      throw new StreamError('USER_FUNCTION_FAILED', message, { cause, restartable: true, details })
    }
    if (Number.isInteger(index) && index >= 0 && index < parallelism) return index
    if (isPromise(index)) throw promised(promiseReturned(index, subject))
    throw new StreamError(
      'PARTITION_INVALID',
      `${subject} returned ${shortJson(index)} for the record ${shortJson(value)}: expected an integer from 0 to ${parallelism - 1}.`,
      { restartable: true, details },
    )
  }
}
