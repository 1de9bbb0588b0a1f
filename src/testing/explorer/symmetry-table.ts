/**
 * Swaps equal subtasks in rows. Every part of a row is mapped by its number, and remembered. A state is stored as the
 * smallest row that swapping can reach step by step, so that states that differ only in who is who are one.
 */
import type { Symmetry } from './system.ts'
import type { SystemTables } from './system-tables.ts'

/** A row and the swaps that made it, by index, in order. */
export interface Smallest {
  readonly row: Int32Array
  readonly swaps: readonly number[]
}

export class SymmetryTable {
  readonly #swaps: readonly Swap[]
  readonly #tables: SystemTables

  constructor(tables: SystemTables) {
    this.#tables = tables
    this.#swaps = (tables.model.symmetries ?? []).map((symmetry) => new Swap(symmetry, tables))
  }

  get count(): number {
    return this.#swaps.length
  }

  /** Each swap is its own inverse. */
  image(row: Int32Array, swap: number): Int32Array {
    return this.#swaps[swap]!.image(row)
  }

  forEachImage(row: Int32Array, visit: (image: Int32Array) => void): void {
    for (const swap of this.#swaps) visit(swap.image(row))
  }

  smallest(row: Int32Array): Smallest {
    const swaps: number[] = []
    let smallest = row
    for (let i = 0; i < this.#swaps.length; i++) {
      const image = this.image(smallest, i)
      if (!isSmaller(image, smallest, this.#tables.columns)) continue
      smallest = image
      swaps.push(i)
      // The swaps before this one may make it smaller again.
      i = -1
    }
    return { row: smallest, swaps }
  }
}

function isSmaller(one: Int32Array, other: Int32Array, columns: number): boolean {
  for (let i = 0; i < columns; i++) if (one[i] !== other[i]) return one[i]! < other[i]!
  return false
}

class Swap {
  readonly #symmetry: Symmetry
  readonly #tables: SystemTables
  /** By actor: who takes its place. */
  readonly #places: readonly number[]
  /** By actor, group of observers or channel, and number: the number of the image. */
  readonly #situations: (number | undefined)[][]
  readonly #conditions: (number | undefined)[][]
  readonly #contents: (number | undefined)[][] = []

  constructor(symmetry: Symmetry, tables: SystemTables) {
    this.#symmetry = symmetry
    this.#tables = tables
    this.#places = tables.actors.map(({ name, index }) => {
      const other = symmetry.actors[name]
      return other === undefined ? index : tables.actor(other, `A symmetry swaps "${name}" with "${other}"`).index
    })
    this.#situations = tables.actors.map(() => [])
    this.#conditions = tables.observers.groups.map(() => [])
  }

  image(row: Int32Array): Int32Array {
    const { actors, budgetColumn, channels, observers } = this.#tables
    const image = new Int32Array(row.length)
    for (let i = 0; i < actors.length; i++) image[this.#places[i]!] = this.#situation(i, row[i]!)
    for (let i = 0; i < observers.groups.length; i++) {
      image[actors.length + i] = this.#condition(i, row[actors.length + i]!)
    }
    image[budgetColumn] = row[budgetColumn]!
    for (let i = 0; i < channels.length; i++) {
      const { column, from, to } = channels[i]!
      if (row[column] === 0) continue
      const { column: other } = this.#tables.channel(this.#places[from]!, this.#places[to]!)
      image[other] = this.#content(i, row[column]!)
    }
    return image
  }

  #situation(actor: number, situation: number): number {
    const known = this.#situations[actor]![situation]
    if (known !== undefined) return known
    const table = this.#tables.actors[actor]!
    const { state, timer } = this.#symmetry
    const timers = table.timers(situation).map((name) => timer?.call(this.#symmetry, name) ?? name)
    const image = this.#tables.actors[this.#places[actor]!]!.situation(
      state.call(this.#symmetry, table.name, table.state(situation)),
      timers.sort(),
    )
    this.#situations[actor]![situation] = image
    return image
  }

  #condition(group: number, condition: number): number {
    const known = this.#conditions[group]![condition]
    if (known !== undefined) return known
    const image = this.#tables.observers.groups[group]!.mapped(
      condition,
      (name, memory) => this.#symmetry.memory?.(name, memory) ?? memory,
    )
    this.#conditions[group]![condition] = image
    return image
  }

  #content(index: number, content: number): number {
    this.#contents[index] ??= []
    const known = this.#contents[index][content]
    if (known !== undefined) return known
    const { actors, channels } = this.#tables
    const channel = channels[index]!
    const receiver = actors[this.#places[channel.to]!]!
    const other = this.#tables.channel(this.#places[channel.from]!, this.#places[channel.to]!)
    const sender = actors[this.#places[channel.from]!]!.name
    let image = 0
    for (const input of channel.inputs(content)) {
      const { message } = actors[channel.to]!.inputs[input]!
      image = other.push(image, receiver.input(this.#symmetry.message(message), sender))
    }
    this.#contents[index][content] = image
    return image
  }
}
