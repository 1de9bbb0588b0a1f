/** What each subtask has of the lists of an operator after a restore, by the words of the documentation. */
import type { TakenList } from './expected-takes.ts'
import type { KeptList } from './kept-state.ts'

export const expectLists = (lists: readonly TakenList[], parallelism: number): ReadonlyMap<string, KeptList> =>
  new Map(
    lists.map(({ from, name, to }) => {
      const list = from.lists.get(name)!
      return [to, { mode: list.mode, parts: partsOf(list, from.parallelism, parallelism) }]
    }),
  )

function partsOf({ mode, parts }: KeptList, before: number, parallelism: number): KeptList['parts'] {
  const subtasks = Array.from({ length: parallelism }, (_, index) => index)
  switch (mode) {
    case 'union':
      return subtasks.map(() => parts.flat())
    case 'broadcast':
      return subtasks.map((index) => parts[index % before]!)
    case 'split':
      // At another parallelism it is compared without its order.
      return before === parallelism ? parts : subtasks.map((index) => (index === 0 ? parts.flat() : []))
  }
}

/** A list that was dealt out anew, as it is compared: what is in it, in any order, unless its parts differ in length by two. */
export function comparable({ mode, parts }: KeptList, rescaled: boolean): unknown {
  if (mode !== 'split' || !rescaled) return { mode, parts }
  return {
    mode,
    items: parts
      .flat()
      .map((item) => JSON.stringify(item))
      .toSorted(),
  }
}

export function isEven({ parts }: KeptList): boolean {
  const lengths = parts.map(({ length }) => length)
  return Math.max(...lengths) - Math.min(...lengths) <= 1
}
