/**
 * How each kind of state keeps the content of one key on the heap, and how a snapshot sees it.
 *
 * A value is its own cell and is replaced. A list and a map are changed in place, because copying them on every `add`
 * would cost their length; their image for a snapshot is therefore a copy, made at the first change after the mark.
 */
import { StreamError } from '../core/errors.ts'
import type { CellForm, TableKind } from './state-table.ts'

/** `exposed` once `items` has been handed out, to a user or a snapshot; the next change then copies first. */
export interface ListCell {
  items: unknown[]
  exposed: boolean
}

/** Timestamps of one key: most keys have one timer. */
export type TimersCell = number | Set<number>

const damaged = (expected: string) =>
  new StreamError('STATE_FILE_DAMAGED', `State bytes are damaged: expected ${expected} as the content of a key.`)

const value: CellForm = {
  view: (cell) => cell,
  image: (cell) => cell,
  cell: (content) => content,
}

const list: CellForm = {
  view: (cell) => (cell as ListCell).items,
  image(cell) {
    const list = cell as ListCell
    list.exposed = true
    return list.items
  },
  cell(content) {
    if (!Array.isArray(content)) throw damaged('a list')
    const items: unknown[] = content
    return { items, exposed: false } satisfies ListCell
  },
}

const map: CellForm = {
  view: (cell) => cell,
  image: (cell) => new Map(cell as Map<unknown, unknown>),
  cell(content) {
    if (!(content instanceof Map)) throw damaged('a map')
    return content
  },
}

const timers: CellForm = {
  view: (cell) => (typeof cell === 'number' ? cell : [...(cell as Set<number>)]),
  image: (cell) => timers.view(cell),
  cell(content) {
    if (typeof content === 'number') return content
    if (!Array.isArray(content)) throw damaged('a timestamp or a list of them')
    return new Set(content as number[])
  },
}

export const cellForms: Readonly<Record<TableKind, CellForm>> = {
  value,
  reducing: value,
  aggregating: value,
  list,
  map,
  timers,
}
