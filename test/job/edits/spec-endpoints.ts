/** The sources and sinks of a spec. Sources read what has been released; all of them keep what they get at a restore. */

import type { Key } from '../../../src/core/key-groups.ts'
import { DividedState } from '../../../src/core/operator-state.ts'
import type { Sink, Source } from '../../../src/operators/endpoints.ts'
import type { Body } from './program-spec.ts'

export interface Item {
  readonly key: Key
  readonly n: number
}

type SourceBody = Extract<Body, { type: 'source' }>
type SinkBody = Extract<Body, { type: 'sink' }>

interface Split {
  readonly partition: number
  readonly position: number
}

/** Keys of every type. */
const keys: readonly Key[] = ['a', 'key', '', 0, 7, -3, 2.5, true, null, 12n, 'Zürich', 1e12, 'q', 'b', 'ab']

const itemAt = (partition: number, position: number): Item => {
  const n = partition * 31 + position * 7
  return { key: keys[n % keys.length]!, n }
}

export class SpecEndpoints {
  /** Records of each partition that may be read. */
  #released = 0
  readonly #readers = new Set<{ readonly wake: () => void; readonly drained: () => boolean }>()

  release(records: number): void {
    this.#released += records
    for (const { wake } of this.#readers) wake()
  }

  /** Has everything been read that was released? */
  get drained(): boolean {
    return [...this.#readers].every((reader) => reader.drained())
  }

  source(key: string, body: SourceBody): Source<Item> {
    return {
      kind: 'released',
      bounded: false,
      replayable: true,
      createReader: (context, restored) => {
        const { subtaskIndex, parallelism } = context
        let state =
          (restored as DividedState | Split | number | undefined) ?? freshSource(body, subtaskIndex, parallelism)
        const offset = key.length
        const splits = () => {
          if (state instanceof DividedState) return state.items('splits') as readonly Split[]
          // What a sink left in its place is nothing to read from.
          return typeof state === 'object' ? [state] : []
        }
        const drained = () => splits().every(({ position }) => position >= this.#released)
        const reader = { wake: () => context.wake(), drained }
        this.#readers.add(reader)
        return {
          poll: (max) => {
            if (drained()) return { type: 'waiting' }
            let left = max
            const values: Item[] = []
            const moved = splits().map(({ partition, position }) => {
              const to = Math.max(position, Math.min(this.#released, position + left))
              for (let at = position; at < to; at++) values.push(itemAt(partition + offset, at))
              left -= to - position
              return { partition, position: to }
            })
            state = state instanceof DividedState ? dividedSplits(moved) : moved[0]!
            return { type: 'records', values }
          },
          snapshot: () => state,
          close: () => void this.#readers.delete(reader),
        }
      },
    }
  }

  sink(body: SinkBody): Sink<Item> {
    return {
      kind: body.keeps,
      stateful: body.keeps !== 'nothing',
      createWriter: ({ subtaskIndex }, restored) => {
        let state = restored ?? freshSink(body)
        return {
          write: (values) => {
            if (typeof state === 'number') state += values.length
            else if (state instanceof DividedState) {
              state = new DividedState({
                written: {
                  mode: 'split',
                  items: [...state.items('written'), ...values.map(({ n }) => `${subtaskIndex}: ${n}`)],
                },
              })
            }
          },
          endOfData() {},
          snapshot: () => ({ state: body.keeps === 'nothing' ? undefined : state }),
          notifyCompleted() {},
          close() {},
        }
      },
    }
  }
}

const dividedSplits = (items: readonly Split[]): DividedState => new DividedState({ splits: { mode: 'split', items } })

/** What a source keeps that begins anew. */
export function freshSource(
  { divided, partitions }: SourceBody,
  index: number,
  parallelism: number,
): DividedState | Split {
  if (!divided) return { partition: index, position: 0 }
  const all = Array.from({ length: partitions }, (_, partition): Split => ({ partition, position: 0 }))
  return dividedSplits(all.filter(({ partition }) => partition % parallelism === index))
}

export const freshSink = ({ keeps }: SinkBody): DividedState | number =>
  keeps === 'divided' ? new DividedState({ written: { mode: 'split', items: [] } }) : 0
