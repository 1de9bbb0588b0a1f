/**
 * A sink with a transaction per checkpoint: what came since is pre-committed by the snapshot and becomes visible, once,
 * when the checkpoint completes or is restored, by whichever subtask has inherited it.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import { DividedState } from '../../core/operator-state.ts'
import type { EndpointContext, Sink, SinkSnapshot, SinkWriter } from '../../operators/endpoints.ts'
import type { OutputItem, OutsideWorld } from './outside-world.ts'
import type { RunningProcess } from './simulation-run.ts'

interface Portion {
  /** Counted from 0 by each incarnation of a writer. */
  readonly sequence: number
  readonly items: readonly OutputItem[]
  /** The checkpoint whose snapshot pre-committed it. */
  readonly checkpoint: CheckpointId
}

/** What a writer has pre-committed: one item of the state, so that it stays together and in order. */
interface Precommitted {
  readonly writer: string
  /** As checkers know it. */
  readonly subtask: string
  readonly portions: readonly Portion[]
}

const listName = 'transactions'

export const transactionSink = <T>(
  itemsOf: (value: T) => readonly OutputItem[],
  world: OutsideWorld,
  process: () => RunningProcess,
): Sink<T> => ({
  kind: 'transactions',
  stateful: true,
  createWriter: (context, restored) =>
    new TransactionWriter(itemsOf, world, process(), context, restored as DividedState | undefined),
})

class TransactionWriter<T> implements SinkWriter<T> {
  readonly #itemsOf: (value: T) => readonly OutputItem[]
  readonly #world: OutsideWorld
  readonly #process: RunningProcess
  readonly #of: { readonly attempt: number; readonly subtask: string }
  readonly #writer: string
  readonly #savepoints = new Set<CheckpointId>()
  #sequence = 0
  #open: OutputItem[] = []
  #waiting: readonly Portion[] = []

  constructor(
    itemsOf: (value: T) => readonly OutputItem[],
    world: OutsideWorld,
    process: RunningProcess,
    context: EndpointContext,
    restored: DividedState | undefined,
  ) {
    this.#itemsOf = itemsOf
    this.#world = world
    this.#process = process
    this.#of = process.subtaskOf(context)
    const { jobId, operatorId, subtaskIndex, epoch, attempt } = context
    this.#writer = `${jobId}/${operatorId}/${subtaskIndex}/${epoch}.${attempt}`
    for (const one of (restored?.items(listName) ?? []) as readonly Precommitted[]) this.#commit(one)
  }

  write(values: readonly T[]): void {
    for (const value of values) this.#open.push(...this.#itemsOf(value))
  }

  endOfData(): void {}

  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): SinkSnapshot {
    if (kind === 'savepoint') this.#savepoints.add(checkpoint)
    if (this.#open.length > 0) {
      const portion = { sequence: this.#sequence++, items: this.#open, checkpoint }
      this.#process.tell({ type: 'precommitted', ...this.#of, checkpointId: checkpoint, items: ranges(portion) })
      this.#waiting = [...this.#waiting, portion]
      this.#open = []
    }
    const items = this.#waiting.length === 0 ? [] : [this.#own(this.#waiting)]
    return { state: new DividedState({ [listName]: { mode: 'split', items } }) }
  }

  /** A savepoint after which the job goes on makes nothing visible: a failure would fall back to before it. */
  notifyCompleted(checkpoint: CheckpointId): void {
    if (this.#savepoints.delete(checkpoint)) return
    const due = this.#waiting.filter((portion) => portion.checkpoint <= checkpoint)
    this.#waiting = this.#waiting.filter((portion) => portion.checkpoint > checkpoint)
    this.#commit(this.#own(due))
  }

  close(): void {}

  #own(portions: readonly Portion[]): Precommitted {
    return { writer: this.#writer, subtask: this.#of.subtask, portions }
  }

  #commit({ writer, subtask, portions }: Precommitted): void {
    const { committed } = this.#world
    for (const portion of portions) {
      const { sequence, items, checkpoint: checkpointId } = portion
      if (sequence <= (committed.get(writer) ?? -1)) continue
      committed.set(writer, sequence)
      this.#world.show(items)
      this.#process.tell({ type: 'committed', subtask, checkpointId, items: ranges(portion) })
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
