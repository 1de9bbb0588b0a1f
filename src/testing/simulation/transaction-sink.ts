/**
 * A sink with a transaction per checkpoint: what came since is pre-committed by the snapshot and becomes visible, once,
 * when the checkpoint completes or is restored.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import type { EndpointContext, Sink, SinkSnapshot, SinkWriter } from '../../operators/endpoints.ts'
import type { OutputItem, OutsideWorld } from './outside-world.ts'
import type { RunningProcess } from './simulation-run.ts'

interface Portion {
  readonly writer: string
  readonly sequence: number
  readonly items: readonly OutputItem[]
  /** The checkpoint whose snapshot pre-committed it. */
  readonly checkpoint: CheckpointId
}

interface WriterState {
  readonly sequence: number
  readonly portions: readonly Portion[]
}

export const transactionSink = <T>(
  itemsOf: (value: T) => readonly OutputItem[],
  world: OutsideWorld,
  process: () => RunningProcess,
): Sink<T> => ({
  kind: 'transactions',
  stateful: true,
  createWriter: (context, restored) =>
    new TransactionWriter(itemsOf, world, process(), context, restored as WriterState | undefined),
})

class TransactionWriter<T> implements SinkWriter<T> {
  readonly #itemsOf: (value: T) => readonly OutputItem[]
  readonly #world: OutsideWorld
  readonly #process: RunningProcess
  readonly #of: { readonly attempt: number; readonly subtask: string }
  readonly #writer: string
  readonly #savepoints = new Set<CheckpointId>()
  #sequence: number
  #open: OutputItem[] = []
  #waiting: readonly Portion[] = []

  constructor(
    itemsOf: (value: T) => readonly OutputItem[],
    world: OutsideWorld,
    process: RunningProcess,
    context: EndpointContext,
    restored: WriterState | undefined,
  ) {
    this.#itemsOf = itemsOf
    this.#world = world
    this.#process = process
    this.#of = process.subtaskOf(context)
    this.#writer = `${context.operatorId}/${context.subtaskIndex}`
    this.#sequence = restored?.sequence ?? 0
    if (restored !== undefined) this.#commit(restored.portions)
  }

  write(values: readonly T[]): void {
    for (const value of values) this.#open.push(...this.#itemsOf(value))
  }

  endOfData(): void {}

  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): SinkSnapshot {
    if (kind === 'savepoint') this.#savepoints.add(checkpoint)
    if (this.#open.length > 0) {
      const portion = { writer: this.#writer, sequence: this.#sequence++, items: this.#open, checkpoint }
      this.#process.tell({ type: 'precommitted', ...this.#of, checkpointId: checkpoint, items: ranges(portion) })
      this.#waiting = [...this.#waiting, portion]
      this.#open = []
    }
    const state: WriterState = { sequence: this.#sequence, portions: this.#waiting }
    return { state }
  }

  /** A savepoint after which the job goes on makes nothing visible: a failure would fall back to before it. */
  notifyCompleted(checkpoint: CheckpointId): void {
    if (this.#savepoints.delete(checkpoint)) return
    const due = this.#waiting.filter((portion) => portion.checkpoint <= checkpoint)
    this.#waiting = this.#waiting.filter((portion) => portion.checkpoint > checkpoint)
    this.#commit(due)
  }

  close(): void {}

  #commit(portions: readonly Portion[]): void {
    const { committed } = this.#world
    for (const portion of portions) {
      const { writer, sequence, items, checkpoint: checkpointId } = portion
      if (sequence <= (committed.get(writer) ?? -1)) continue
      committed.set(writer, sequence)
      this.#world.show(items)
      this.#process.tell({ type: 'committed', subtask: this.#of.subtask, checkpointId, items: ranges(portion) })
    }
  }
}

/** Items as runs of positions. */
function ranges({ items }: Portion): { stream: string; first: number; last: number }[] {
  const runs: { stream: string; first: number; last: number }[] = []
  const newest = new Map<string, { stream: string; first: number; last: number }>()
  for (const { stream, position } of items) {
    const run = newest.get(stream)
    if (run !== undefined && position === run.last + 1) {
      run.last = position
      continue
    }
    const next = { stream, first: position, last: position }
    newest.set(stream, next)
    runs.push(next)
  }
  return runs
}
