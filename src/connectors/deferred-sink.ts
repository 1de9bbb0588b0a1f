/**
 * A sink that hands records to something in this process, once, when a checkpoint that covers them completes.
 *
 * Owns the wait for the checkpoint, what a checkpoint holds of it (the records that wait), and the memory of what was
 * handed over, which outlives a restart of the job but not the process. Without checkpoints, or when `immediate`,
 * records are handed over at once. What waits is one item of the state, so that with another parallelism one subtask hands it
 * over, in its order.
 */
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId } from '../core/ids.ts'
import { DividedState } from '../core/operator-state.ts'
import type { EndpointContext, Sink, SinkSnapshot, SinkWriter } from '../operators/endpoints.ts'
import { incompatibleState } from './position.ts'

export interface DeliveryOptions {
  /** Hand records over as they come, not when a checkpoint completes: at least once. False by default. */
  readonly immediate?: boolean
}

export function deferredSink<T>(
  kind: string,
  deliver: (values: readonly T[]) => void,
  options: DeliveryOptions,
): Sink<T> {
  const immediate = options.immediate ?? false
  const delivered: Delivered = new Map()
  return {
    kind,
    stateful: !immediate,
    createWriter: (context, restored) => {
      // Made in any case: what a restored state still owes is handed over, however the new records are.
      const deferred = new DeferredWriter(context, deliver, delivered, restored)
      return immediate || !context.checkpointing ? immediateWriter(deliver) : deferred
    },
  }
}

/**
 * The highest sequence number handed over, by the writer that numbered it: job, operator, subtask, and which incarnation of
 * it. After it fell back behind a savepoint, a job numbers other records as the savepoint does, which it must not pass for.
 */
type Delivered = Map<string, number>

/** The records between two snapshots; a writer numbers its portions from 0. */
interface Portion<T> {
  readonly sequence: number
  readonly values: readonly T[]
}

/** What a writer has not handed over, in its order. */
interface Waiting<T> {
  readonly writer: string
  readonly portions: readonly Portion<T>[]
}

/** Of the state, and what it is called in a manifest. */
const listName = 'waiting'

const immediateWriter = <T>(deliver: (values: readonly T[]) => void): SinkWriter<T> => ({
  write: deliver,
  endOfData() {},
  snapshot: () => ({ state: undefined }),
  notifyCompleted() {},
  close() {},
})

class DeferredWriter<T> implements SinkWriter<T> {
  readonly #deliver: (values: readonly T[]) => void
  readonly #delivered: Delivered
  readonly #writer: string
  #sequence = 0
  #open: T[] = []
  #waiting: { readonly portion: Portion<T>; readonly coveredBy: CheckpointId }[] = []
  readonly #plainSavepoints = new Set<CheckpointId>()

  constructor(
    context: EndpointContext,
    deliver: (values: readonly T[]) => void,
    delivered: Delivered,
    restored: unknown,
  ) {
    const restoredWaiting = decodeState<T>(context, restored)
    this.#deliver = deliver
    this.#delivered = delivered
    const { jobId, operatorId, subtaskIndex, epoch, attempt } = context
    this.#writer = `${jobId}/${operatorId}/${subtaskIndex}/${epoch}.${attempt}`
    // The state is of a completed checkpoint, so its records are due unless this process has handed them over before.
    for (const { writer, portions } of restoredWaiting) {
      for (const portion of portions) {
        if (portion.sequence > (delivered.get(writer) ?? -1)) this.#handOver(writer, portion)
      }
    }
  }

  write(values: readonly T[]): void {
    for (const value of values) this.#open.push(value)
  }

  endOfData(): void {}

  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): SinkSnapshot {
    if (kind === 'savepoint') this.#plainSavepoints.add(checkpoint)
    if (this.#open.length > 0) {
      const portion = { sequence: this.#sequence, values: this.#open }
      this.#waiting.push({ portion, coveredBy: checkpoint })
      this.#sequence += 1
      this.#open = []
    }
    const portions = this.#waiting.map((entry) => entry.portion)
    const items: Waiting<T>[] = portions.length === 0 ? [] : [{ writer: this.#writer, portions }]
    return { state: new DividedState({ [listName]: { mode: 'split', items } }) }
  }

  /** A savepoint the job goes on after hands nothing over: a failure falls back to the checkpoint before it. */
  notifyCompleted(checkpoint: CheckpointId): void {
    if (this.#plainSavepoints.delete(checkpoint)) return
    for (const savepoint of this.#plainSavepoints) if (savepoint < checkpoint) this.#plainSavepoints.delete(savepoint)
    const due = this.#waiting.filter((entry) => entry.coveredBy <= checkpoint)
    this.#waiting = this.#waiting.filter((entry) => entry.coveredBy > checkpoint)
    for (const { portion } of due) this.#handOver(this.#writer, portion)
  }

  notifyAborted(checkpoint: CheckpointId): void {
    this.#plainSavepoints.delete(checkpoint)
  }

  close(): void {}

  #handOver(writer: string, { sequence, values }: Portion<T>): void {
    this.#delivered.set(writer, sequence)
    this.#deliver(values)
  }
}

/** Fails with `RESTORE_STATE_INCOMPATIBLE`. */
function decodeState<T>(context: EndpointContext, restored: unknown): readonly Waiting<T>[] {
  // A sink that ran with `immediate` before has no state to go on from.
  if (restored === undefined || restored === null) return []
  const waiting = restored instanceof DividedState ? restored.items(listName) : waitingOfWhole(restored)
  if (waiting?.every((item) => isWaiting<T>(item)) === true) return waiting
  throw incompatibleState(context, 'a toArray or toSubject sink')
}

/** State as it was written before it could be divided: each portion names its writer. */
function waitingOfWhole(restored: unknown): readonly unknown[] | undefined {
  const { format, portions } = restored as { readonly format?: unknown; readonly portions?: unknown }
  if (format !== 1 || !Array.isArray(portions)) return undefined
  return portions.map((portion: { readonly writer?: unknown } | null) => ({
    writer: portion?.writer,
    portions: [portion],
  }))
}

function isWaiting<T>(item: unknown): item is Waiting<T> {
  const { writer, portions } = (item ?? {}) as Partial<Waiting<T>>
  const isPortion = (portion: Partial<Portion<T>> | null) =>
    Number.isSafeInteger(portion?.sequence) && Array.isArray(portion?.values)
  return typeof writer === 'string' && Array.isArray(portions) && portions.every(isPortion)
}
