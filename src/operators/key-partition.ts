/**
 * Which subtask gets a record: by key, in turn, all of them, or the only one. Channel writers push batches in here.
 *
 * Owns the records it has buffered until `flush`; nothing may overtake them, so a writer flushes before it forwards a
 * watermark, a barrier or an end. Does not own channels: `targets` takes the batches.
 */
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { subtaskOfKeyGroup } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { shortJson } from '../core/short-json.ts'
import { type KeyBlame, type KeyFunction, type KeyLoops, keyLoops } from './key-loops.ts'
import { isPromise, promiseReturned, promiseRule } from './refuse-promise.ts'

/** Takes a batch for subtask `index`. */
export type PartitionTargets = (index: number, batch: RecordBatch) => void

export interface Partitioner {
  partition(batch: RecordBatch): void
  /** Hands over everything buffered. */
  flush(): void
}

export interface KeyPartitionerOptions {
  readonly key: (value: never) => unknown
  readonly parallelism: number
  readonly maxParallelism: number
  readonly batchRecords: number
  /** The operator whose input is keyed, for messages. */
  readonly operatorName: string
  readonly uid?: string | undefined
  /** Whose code the loop over the keys is: different for different edges of a process. The operator's name, if not given. */
  readonly owner?: string
}

/**
 * Records of one target that wait for their batch to fill. The arrays are made as long as the last batch was: writing
 * into a long enough array is twice as fast as growing one, and a target that gets few records holds little memory.
 */
class TargetBuffer {
  length = 0
  values: unknown[] = []
  keys: unknown[] = []
  keyGroups: number[] = []
  timestamps: number[] = []

  take(timestamped: boolean): RecordBatch {
    const { length, values, keys, keyGroups, timestamps } = this
    this.length = 0
    this.values = new Array(length)
    this.keys = new Array(length)
    this.keyGroups = new Array(length)
    if (values.length > length) {
      values.length = length
      keys.length = length
      keyGroups.length = length
    }
    if (!timestamped) return recordBatch(values, undefined, keys, keyGroups)
    this.timestamps = new Array(length)
    if (timestamps.length > length) timestamps.length = length
    return recordBatch(values, timestamps, keys, keyGroups)
  }
}

/**
 * By key group: the key function is called once per record, and the group computed once and carried along. With one
 * target nobody needs the group, and hashing the key would be a third of the cost of counting it.
 */
export class KeyPartitioner implements Partitioner {
  readonly #options: KeyPartitionerOptions
  readonly #targets: PartitionTargets
  readonly #buffers: readonly TargetBuffer[]
  readonly #keyOf: KeyFunction
  readonly #loops: KeyLoops
  readonly #blame: KeyBlame = {
    invalid: (key, value) => this.#invalid(key, value),
    failed: (thrown, value) => (thrown instanceof StreamError ? thrown : this.#failed(thrown, value)),
  }
  /** The subtask of each key group. */
  readonly #subtasks: readonly number[]
  /** Of the batch in hand, when it is to be distributed. Reused, so that only what is handed over is allocated. */
  readonly #keys: unknown[] = []
  readonly #keyGroups: number[] = []
  #timestamped = false

  constructor(options: KeyPartitionerOptions, targets: PartitionTargets) {
    const { parallelism, maxParallelism } = options
    this.#options = options
    this.#keyOf = options.key as KeyFunction
    this.#loops = keyLoops(options.owner ?? options.operatorName)
    this.#targets = targets
    this.#buffers = Array.from({ length: parallelism }, () => new TargetBuffer())
    this.#subtasks = Array.from({ length: maxParallelism }, (_, group) =>
      subtaskOfKeyGroup(group, parallelism, maxParallelism),
    )
  }

  partition(batch: RecordBatch): void {
    const { values, timestamps } = batch
    if (values.length === 0) return
    if (this.#buffers.length === 1) {
      this.#targets(0, recordBatch(values, timestamps, this.#loops.keys(this.#keyOf, values, this.#blame)))
      return
    }
    const { maxParallelism } = this.#options
    this.#loops.groups(this.#keyOf, values, this.#blame, maxParallelism, this.#keys, this.#keyGroups)
    this.#distribute(batch)
  }

  flush(): void {
    for (let index = 0; index < this.#buffers.length; index++) {
      const buffer = this.#buffers[index]!
      if (buffer.length > 0) this.#targets(index, buffer.take(this.#timestamped))
    }
  }

  #distribute({ values, timestamps }: RecordBatch): void {
    // A batch has timestamps for all of its records or for none.
    if ((timestamps !== undefined) !== this.#timestamped) {
      this.flush()
      this.#timestamped = timestamps !== undefined
    }
    const keys = this.#keys
    const keyGroups = this.#keyGroups
    const buffers = this.#buffers
    const subtasks = this.#subtasks
    const { batchRecords } = this.#options
    for (let i = 0; i < values.length; i++) {
      const group = keyGroups[i]!
      const index = subtasks[group]!
      const buffer = buffers[index]!
      const at = buffer.length++
      buffer.values[at] = values[i]
      buffer.keys[at] = keys[i]
      buffer.keyGroups[at] = group
      if (timestamps !== undefined) buffer.timestamps[at] = timestamps[i]!
      if (at + 1 >= batchRecords) this.#targets(index, buffer.take(this.#timestamped))
    }
    keys.fill(undefined)
  }

  /** `operator "reduce" (uid "r")`, and the same as data. */
  #blamed() {
    const { operatorName, uid } = this.#options
    return {
      operator: `operator ${operatorLabel(this.#options)}`,
      details: { operator: operatorName, uid: uid ?? null },
    }
  }

  #invalid(key: unknown, value: unknown): StreamError {
    const { operator, details } = this.#blamed()
    if (isPromise(key)) {
      const { subject } = promiseReturned(key, `The key function of ${operator}`)
      return new StreamError('USER_FUNCTION_FAILED', `${subject} returned a promise: ${promiseRule}`, { details })
    }
    const got = typeof key === 'object' || typeof key === 'function' ? `${kindOf(key)} ${shortJson(key)}` : String(key)
    return new StreamError(
      'KEY_INVALID',
      `The key function of ${operator} returned ${got} for the record ${shortJson(value)}: expected a string, number, ` +
        'bigint, boolean or null.',
      { restartable: true, details },
    )
  }

  #failed(thrown: unknown, value: unknown): StreamError {
    const { operator, details } = this.#blamed()
    return new StreamError(
      'USER_FUNCTION_FAILED',
      `The key function of ${operator} failed for the record ${shortJson(value)}: ${messageOf(thrown)}`,
      { cause: thrown, restartable: true, details },
    )
  }
}

/**
 * In turn: each batch is cut into slices whose lengths differ by at most one, and the turn goes on in the next batch,
 * so that no two targets ever differ by more than one record.
 */
export class RebalancePartitioner implements Partitioner {
  readonly #parallelism: number
  readonly #targets: PartitionTargets
  /** Whose turn it is. */
  #next: number

  /** `start` is the sender's subtask index, so that not every sender begins with the same target. */
  constructor(options: { readonly parallelism: number; readonly start: number }, targets: PartitionTargets) {
    this.#parallelism = options.parallelism
    this.#targets = targets
    this.#next = options.start % options.parallelism
  }

  partition(batch: RecordBatch): void {
    const { values, timestamps } = batch
    const parallelism = this.#parallelism
    if (parallelism === 1) {
      this.#targets(0, batch)
      return
    }
    const each = Math.floor(values.length / parallelism)
    const longer = values.length % parallelism
    for (let turn = 0, start = 0; turn < parallelism && start < values.length; turn++) {
      const end = start + each + (turn < longer ? 1 : 0)
      const slice = recordBatch(values.slice(start, end), timestamps?.slice(start, end))
      this.#targets((this.#next + turn) % parallelism, slice)
      start = end
    }
    this.#next = (this.#next + longer) % parallelism
  }

  flush(): void {}
}

/** Every target gets every batch, by reference. */
export class BroadcastPartitioner implements Partitioner {
  readonly #parallelism: number
  readonly #targets: PartitionTargets

  constructor(options: { readonly parallelism: number }, targets: PartitionTargets) {
    this.#parallelism = options.parallelism
    this.#targets = targets
  }

  partition(batch: RecordBatch): void {
    for (let index = 0; index < this.#parallelism; index++) this.#targets(index, batch)
  }

  flush(): void {}
}

/** One target, the subtask of the same index, gets every batch, by reference. */
export class ForwardPartitioner implements Partitioner {
  readonly #index: number
  readonly #targets: PartitionTargets

  constructor(options: { readonly index: number }, targets: PartitionTargets) {
    this.#index = options.index
    this.#targets = targets
  }

  partition(batch: RecordBatch): void {
    this.#targets(this.#index, batch)
  }

  flush(): void {}
}

const kindOf = (key: unknown): string => (Array.isArray(key) ? 'the array' : `the ${typeof key}`)
