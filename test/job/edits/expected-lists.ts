/** What each subtask has of the lists of an operator after a restore, by the words of the documentation. */
import type { KeptList, KeptOperator } from './kept-state.ts'

/** `carried`: nothing declares it, so that it goes along without being multiplied. */
export const expectLists = (
  { lists, parallelism: before }: KeptOperator,
  parallelism: number,
  carried: (name: string) => boolean,
): ReadonlyMap<string, KeptList> =>
  new Map(
    [...lists].map(([name, list]) => [
      name,
      { mode: list.mode, parts: partsOf(list, before, parallelism, carried(name)) },
    ]),
  )

function partsOf({ mode, parts }: KeptList, before: number, parallelism: number, carried: boolean): KeptList['parts'] {
  const subtasks = Array.from({ length: parallelism }, (_, index) => index)
  switch (mode) {
    case 'union':
      return subtasks.map((index) => (carried && index > 0 ? [] : parts.flat()))
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
