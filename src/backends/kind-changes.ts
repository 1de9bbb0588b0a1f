/**
 * Which kind of state may become which other one: only where nothing is lost and nothing has to be made up. What needs a
 * decision is the program's to take, in `migrate`.
 */
import type { StateKind } from '../core/state-handles.ts'

export type KindChange =
  | { readonly type: 'same' }
  /** `why` says what becomes of a key's content. */
  | { readonly type: 'lossless'; readonly why: string }
  | { readonly type: 'by-migration'; readonly why: string }
  | { readonly type: 'refused'; readonly why: string }

const itself = 'the value stays what it is'
const oneItem = 'the value becomes a list of one item'
const manyItems = 'a list may hold any number of items'
const mapKeys = 'the entries of a map have keys, which have no place in it'
const noKeys = 'there are no keys to put its values under'

const lossless = (why: string): KindChange => ({ type: 'lossless', why })
const migrated = (why: string): KindChange => ({ type: 'by-migration', why })
const refused = (why: string): KindChange => ({ type: 'refused', why })
const same: KindChange = { type: 'same' }

const changes: Readonly<Record<StateKind, Readonly<Record<StateKind, KindChange>>>> = {
  value: {
    value: same,
    reducing: lossless(itself),
    list: lossless(oneItem),
    aggregating: migrated('only migrate knows the accumulator that a value stands for'),
    map: refused(noKeys),
  },
  reducing: {
    value: lossless(itself),
    reducing: same,
    list: lossless(oneItem),
    aggregating: migrated('only migrate knows the accumulator that a value stands for'),
    map: refused(noKeys),
  },
  aggregating: {
    value: migrated('only migrate knows the value that an accumulator stands for'),
    reducing: migrated('only migrate knows the value that an accumulator stands for'),
    list: refused('an accumulator stands for values that cannot be told apart any more'),
    aggregating: same,
    map: refused(noKeys),
  },
  list: {
    value: refused(manyItems),
    reducing: refused(manyItems),
    list: same,
    aggregating: refused(manyItems),
    map: refused(noKeys),
  },
  map: {
    value: refused(mapKeys),
    reducing: refused(mapKeys),
    list: refused(mapKeys),
    aggregating: refused(mapKeys),
    map: same,
  },
}

/** The kinds, in the order of the documentation. */
export const changingKinds = Object.keys(changes) as readonly StateKind[]

export const kindChange = (from: StateKind, to: StateKind): KindChange => changes[from][to]
