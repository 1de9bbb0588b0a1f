/**
 * Every state found so far, exactly. Columns stand in groups of eight; the contents of a group are one number, and a
 * state is the numbers of its groups. Neighbouring states share most groups, so a state costs a few numbers instead of
 * one per column, and comparing it costs as few.
 */
import { VectorTable } from './vector-table.ts'

const groupSize = 8

export class StateTable {
  readonly #groups: VectorTable[] = []
  #states: VectorTable
  /** The row that `load` gave, as the numbers of its groups. */
  #loaded: Int32Array
  /** As `#loaded`, but while a row is interned. */
  #next: Int32Array
  readonly #dirty: number[] = []

  constructor(columns: number) {
    this.#states = new VectorTable(groupsOf(columns))
    this.#loaded = new Int32Array(groupsOf(columns))
    this.#next = this.#loaded.slice()
    this.widen(columns)
  }

  get count(): number {
    return this.#states.count
  }

  get bytes(): number {
    return this.#groups.reduce((sum, group) => sum + group.bytes, this.#states.bytes)
  }

  /** Makes room for columns that are 0 in all states so far. */
  widen(columns: number): void {
    const width = groupsOf(columns)
    while (this.#groups.length < width) {
      const group = new VectorTable(groupSize)
      group.intern(new Int32Array(groupSize), 0)
      this.#groups.push(group)
    }
    if (width === this.#states.width) return
    const loaded = new Int32Array(width)
    loaded.set(this.#loaded)
    this.#loaded = loaded
    this.#next = loaded.slice()
    this.#states = this.#states.widened(width)
  }

  /** Writes the row of a state; `intern` takes later rows for changes of this one. */
  load(id: number, row: Int32Array): void {
    const groups = this.#groups
    this.#states.read(id, this.#loaded, 0)
    this.#next.set(this.#loaded)
    for (let i = 0; i < groups.length; i++) groups[i]!.read(this.#loaded[i]!, row, i * groupSize)
  }

  /** The id of a row that differs from the loaded one in these columns at most; `count` tells whether it is new. */
  intern(row: Int32Array, changed: readonly number[]): number {
    const groups = this.#groups
    const loaded = this.#loaded
    const next = this.#next
    const dirty = this.#dirty
    let count = 0
    for (let i = 0; i < changed.length; i++) {
      const group = changed[i]! >> 3
      if (next[group] === -1) continue
      next[group] = -1
      dirty[count++] = group
    }
    for (let i = 0; i < count; i++) next[dirty[i]!] = groups[dirty[i]!]!.intern(row, dirty[i]! * groupSize)
    const id = this.#states.intern(next, 0)
    for (let i = 0; i < count; i++) next[dirty[i]!] = loaded[dirty[i]!]!
    return id
  }

  /** The id of any row. */
  internAll(row: Int32Array): number {
    const state = new Int32Array(this.#groups.length)
    for (let i = 0; i < state.length; i++) state[i] = this.#groups[i]!.intern(row, i * groupSize)
    return this.#states.intern(state, 0)
  }
}

/** How long a row must be, so that whole groups can be read into it. */
export const rowLength = (columns: number): number => groupsOf(columns) * groupSize

const groupsOf = (columns: number): number => Math.ceil(columns / groupSize)
