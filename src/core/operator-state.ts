/**
 * State of an operator that belongs to no key, as lists of items under names: what can be given to other subtasks than those
 * that wrote it. How a list is given out when the parallelism changes is its mode; who gets what is computed by
 * `deployment/operator-state-shares.ts`.
 *
 * A snapshot that is no `DividedState` is *whole*: it goes to the subtask of the same index or to nobody.
 * Tests: test/core/operator-state.test.ts.
 */
import { decodeValue, encodeValue } from './codec.ts'
import { StreamError } from './errors.ts'

/**
 * `split`: each item goes to one subtask. `union`: every subtask gets the items of all. `broadcast`: every subtask keeps the
 * same items, and one of the copies goes to each.
 */
export type OperatorStateMode = 'split' | 'union' | 'broadcast'

/** One list of items. */
export interface OperatorItems {
  readonly mode: OperatorStateMode
  /** Values that the codec can encode. Not changed afterwards. */
  readonly items: readonly unknown[]
}

/** What a manifest says of one list. */
export interface OperatorItemsFacts {
  readonly name: string
  readonly mode: OperatorStateMode
  readonly items: number
}

/**
 * The state of one subtask of an operator, as lists. What a reader, a writer or an operator gives as its snapshot, and what it
 * gets back with the items that are its own now.
 *
 * @example
 * const state = new DividedState({ splits: { mode: 'split', items: ['a.txt', 'b.txt'] } })
 * state.items('splits') // ['a.txt', 'b.txt']
 */
export class DividedState {
  readonly #lists: ReadonlyMap<string, OperatorItems>

  constructor(lists: Readonly<Record<string, OperatorItems>> | ReadonlyMap<string, OperatorItems>) {
    this.#lists = new Map(lists instanceof Map ? lists : Object.entries(lists))
  }

  get lists(): ReadonlyMap<string, OperatorItems> {
    return this.#lists
  }

  /** The items under a name; none when there is no such list. */
  items(name: string): readonly unknown[] {
    return this.#lists.get(name)?.items ?? []
  }

  /** For the manifest, in the order of the lists. */
  get facts(): readonly OperatorItemsFacts[] {
    return [...this.#lists].map(([name, { mode, items }]) => ({ name, mode, items: items.length }))
  }

  /** As bytes of the value codec: a list of names and items. Fails with `STATE_NOT_SERIALIZABLE`. */
  encode(): Uint8Array {
    return encodeValue(this.value)
  }

  /** What is encoded. */
  get value(): readonly unknown[] {
    return [...this.#lists].map(([name, { items }]) => [name, items])
  }
}

/** Reads what `encode` wrote. Fails with `STATE_FILE_DAMAGED` when it is not what the manifest says. */
export function decodeDivided(bytes: Uint8Array, facts: readonly OperatorItemsFacts[]): DividedState {
  const rows: unknown = decodeValue(bytes)
  const found = Array.isArray(rows) ? rows : []
  const lists = facts.map(({ name, mode, items }, index): [string, OperatorItems] => {
    const row: unknown = found[index]
    if (Array.isArray(row) && row[0] === name && Array.isArray(row[1]) && row[1].length === items) {
      return [name, { mode, items: row[1] }]
    }
    throw damaged(`expected ${items} items of "${name}"`)
  })
  if (found.length !== facts.length) throw damaged(`expected ${facts.length} lists, got ${found.length}`)
  return new DividedState(new Map(lists))
}

const damaged = (what: string): StreamError =>
  new StreamError('STATE_FILE_DAMAGED', `The state of an operator is damaged: ${what}.`)
