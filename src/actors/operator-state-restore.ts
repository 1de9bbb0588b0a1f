/**
 * Reads the state of an operator that belongs to no key, from what one subtask or several wrote.
 *
 * Tests: test/actors/operator-state-restore.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { decodeValue } from '../core/codec.ts'
import { assert } from '../core/errors.ts'
import { DividedState, decodeDivided, type OperatorItems } from '../core/operator-state.ts'
import type { OperatorPiece } from './subtask-descriptor.ts'

/** What the operator is opened with: the whole value, the lists with the items that are its own now, or undefined. */
export async function loadOperatorState(
  from: Pick<StoredSnapshot, 'read'>,
  pieces: readonly OperatorPiece[],
): Promise<unknown> {
  const [first] = pieces
  if (first === undefined) return undefined
  if (first.handle.states === undefined) {
    assert(pieces.length === 1 && first.take === undefined, 'a state that is whole comes from one subtask')
    return decodeValue(await from.read(first.handle))
  }
  const lists = new Map<string, OperatorItems>()
  for (const [name, items] of await Promise.all(pieces.map((piece) => itemsOf(from, piece))).then(flat)) {
    lists.set(name, { mode: items.mode, items: [...(lists.get(name)?.items ?? []), ...items.items] })
  }
  return new DividedState(lists)
}

const flat = <T>(rows: readonly (readonly T[])[]): readonly T[] => rows.flat()

async function itemsOf(
  from: Pick<StoredSnapshot, 'read'>,
  { handle, take }: OperatorPiece,
): Promise<readonly (readonly [string, OperatorItems])[]> {
  assert(handle.states !== undefined, 'state that is whole is joined with state that is divided')
  const { states } = handle
  if (take?.every(({ from: start, to }) => start === to)) {
    return states.flatMap(({ name, mode }) => {
      const taken = take.find((one) => one.name === name)
      return taken === undefined ? [] : [[taken.as ?? name, { mode, items: [] }]]
    })
  }
  const { lists } = decodeDivided(await from.read(handle), states)
  if (take === undefined) return [...lists]
  return take.map(({ name, from: start, to, as = name }) => {
    const list = lists.get(name)
    assert(list !== undefined, `a list "${name}" is taken that is not there`)
    return [as, { mode: list.mode, items: list.items.slice(start, to) }] as const
  })
}
