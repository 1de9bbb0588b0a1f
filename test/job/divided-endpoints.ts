/** Endpoints of tests whose parallelism may change, and one whose may not. What they stand for outlives every process. */
import { assert } from '../../src/core/errors.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'

interface Split {
  readonly partition: number
  readonly position: number
}

/** A log in partitions: each is read by one subtask at a time, whichever has its split. */
export class PartitionedFeed<T> {
  readonly #partitions: readonly T[][]
  readonly #wakes = new Set<() => void>()
  #ended = false
  /** Records handed out and not given back by a restore, so far as the test cares: of the newest readers. */
  readonly #read: number[]

  constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, () => [])
    this.#read = Array(partitions).fill(0)
  }

  /** Puts each record into the partition whose turn it is. */
  push(...records: readonly T[]): void {
    for (const record of records) this.#shortest().push(record)
    for (const wake of this.#wakes) wake()
  }

  #shortest(): T[] {
    return this.#partitions.reduce((found, one) => (one.length < found.length ? one : found))
  }

  end(): void {
    this.#ended = true
    for (const wake of this.#wakes) wake()
  }

  get drained(): boolean {
    return this.#partitions.every(({ length }, partition) => this.#read[partition] === length)
  }

  readonly source: Source<T> = {
    kind: 'partitioned',
    bounded: false,
    replayable: true,
    createReader: (context, restored) => {
      const { subtaskIndex, parallelism } = context
      const found = restored as DividedState | undefined
      const splits = (found?.items('splits') as readonly Split[] | undefined) ?? this.#own(subtaskIndex, parallelism)
      const positions = new Map(splits.map(({ partition, position }) => [partition, position]))
      for (const [partition, position] of positions) this.#read[partition] = position
      const wake = () => context.wake()
      this.#wakes.add(wake)
      return {
        poll: (max) => {
          const values: T[] = []
          for (const [partition, position] of positions) {
            const some = this.#partitions[partition]!.slice(position, position + max - values.length)
            positions.set(partition, position + some.length)
            this.#read[partition] = position + some.length
            values.push(...some)
          }
          if (values.length > 0) return { type: 'records', values }
          return { type: this.#ended ? 'end' : 'waiting' }
        },
        snapshot: () => {
          const items = [...positions].map(([partition, position]): Split => ({ partition, position }))
          return new DividedState({ splits: { mode: 'split', items } })
        },
        close: () => void this.#wakes.delete(wake),
      }
    },
  }

  #own(index: number, parallelism: number): Split[] {
    return this.#partitions.flatMap((_, partition) =>
      partition % parallelism === index ? [{ partition, position: 0 }] : [],
    )
  }
}

interface Portion<T> {
  readonly id: string
  readonly checkpoint: number
  readonly values: readonly T[]
}

/** Shows portions when the checkpoint that covers them is complete, whoever wrote them, each once. */
export class PortionSink<T> {
  readonly shown: T[] = []
  readonly #ids = new Set<string>()
  #portions = 0

  readonly sink: Sink<T> = {
    kind: 'portions',
    stateful: true,
    createWriter: ({ checkpointing }, restored) => {
      let open: T[] = []
      let waiting = ((restored as DividedState | undefined)?.items('portions') ?? []) as readonly Portion<T>[]
      const show = (until: number) => {
        for (const portion of waiting) if (portion.checkpoint <= until) this.#show(portion)
        waiting = waiting.filter(({ checkpoint }) => checkpoint > until)
      }
      show(Number.POSITIVE_INFINITY)
      return {
        write: (values) => void open.push(...values),
        endOfData: () => {
          if (!checkpointing) this.shown.push(...open.splice(0))
        },
        snapshot: (checkpoint) => {
          if (open.length > 0) waiting = [...waiting, { id: `p${this.#portions++}`, checkpoint, values: open }]
          open = []
          return { state: new DividedState({ portions: { mode: 'split', items: waiting } }) }
        },
        notifyCompleted: (checkpoint) => show(checkpoint),
        close() {},
      }
    },
  }

  #show({ id, values }: Portion<unknown>): void {
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    this.shown.push(...(values as readonly T[]))
  }
}

/** Keeps one value per subtask, which nobody else can use. */
export const wholeSink: Sink<unknown> = {
  kind: 'whole',
  stateful: true,
  createWriter: (_context, restored) => {
    assert(restored === undefined || restored === 'written', 'a subtask gets what another one wrote')
    return {
      write() {},
      endOfData() {},
      snapshot: () => ({ state: 'written' }),
      notifyCompleted() {},
      close() {},
    }
  },
}
