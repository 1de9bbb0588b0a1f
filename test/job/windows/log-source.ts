/** A finite log in partitions, which any number of subtasks may read: each the lowest place first of those that are its own. */
import { DividedState } from '../../../src/core/operator-state.ts'
import type { Source } from '../../../src/operators/endpoints.ts'

interface Place {
  readonly partition: number
  readonly position: number
}

/** The items in their order, dealt out to so many partitions. With one partition there is one reader. */
export function logSource<T extends { readonly n: number }>(items: readonly T[], partitions: number): Source<T> {
  const logs = Array.from({ length: partitions }, (_, partition) =>
    items.filter(({ n }) => n % partitions === partition),
  )
  return {
    kind: 'log',
    bounded: true,
    replayable: true,
    ...(partitions === 1 && { parallelism: 1 }),
    createReader(context, restored) {
      const { subtaskIndex, parallelism } = context
      const found = restored as DividedState | undefined
      const own = [...logs.keys()].filter((partition) => partition % parallelism === subtaskIndex)
      const places =
        (found?.items('splits') as readonly Place[] | undefined) ??
        own.map((partition): Place => ({ partition, position: 0 }))
      const positions = new Map(places.map(({ partition, position }) => [partition, position]))
      // Between two batches time goes on, so that a checkpoint finds the job in the middle of its input.
      let paused = false
      const next = (): T | undefined => {
        const heads = [...positions].map(([partition, position]) => logs[partition]![position])
        const lowest = heads.reduce((a, b) => (a === undefined || (b !== undefined && b.n < a.n) ? b : a), undefined)
        if (lowest !== undefined) {
          const partition = lowest.n % partitions
          positions.set(partition, positions.get(partition)! + 1)
        }
        return lowest
      }
      return {
        poll(max) {
          paused = !paused
          if (paused) {
            context.wakeAfter(1)
            return { type: 'waiting' }
          }
          const values: T[] = []
          for (let item = next(); item !== undefined; item = next()) {
            values.push(item)
            if (values.length === max) break
          }
          return values.length > 0 ? { type: 'records', values } : { type: 'end' }
        },
        snapshot() {
          const items = [...positions].map(([partition, position]): Place => ({ partition, position }))
          return new DividedState({ splits: { mode: 'split', items } })
        },
        close() {},
      }
    },
  }
}
