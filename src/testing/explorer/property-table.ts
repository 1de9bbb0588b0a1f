/**
 * What must hold, remembered per combination of the states it is about. A successor is asked only about actors that
 * have changed, because what held of the others still holds.
 */
import { StreamError } from '../../core/errors.ts'
import { Found } from './found.ts'
import type { Property } from './system.ts'
import type { SystemTables } from './system-tables.ts'
import { VectorTable } from './vector-table.ts'

/** Properties about the same actors. */
interface PropertyGroup {
  readonly actors: readonly number[]
  readonly always: readonly Property[]
  readonly eventually: readonly Property[]
  readonly sometimes: readonly Property[]
  /** Combinations of states. */
  readonly seen: VectorTable
  /** Those of them in which nothing more could happen. */
  readonly ended: VectorTable
  readonly scratch: Int32Array
}

export class PropertyTable {
  /** Shortest paths to each "sometimes". */
  readonly reached = new Map<string, number>()
  readonly #tables: SystemTables
  readonly #groups: PropertyGroup[] = []
  /** Those that every state is asked about: with an "always", or a "sometimes" that was not reached yet. */
  #asked: readonly PropertyGroup[]

  constructor(properties: readonly Property[], tables: SystemTables) {
    this.#tables = tables
    const byActors = new Map<string, Property[]>()
    for (const property of properties) {
      const key = property.of.join('\n')
      byActors.set(key, [...(byActors.get(key) ?? []), property])
    }
    for (const group of byActors.values()) {
      const { name, of } = group[0]!
      const only = (kind: Property['kind']) => group.filter((property) => property.kind === kind)
      this.#groups.push({
        actors: of.map((actor) => tables.actor(actor, `Property "${name}" is about "${actor}"`).index),
        always: only('always'),
        eventually: only('eventually'),
        sometimes: only('sometimes'),
        seen: new VectorTable(of.length),
        ended: new VectorTable(of.length),
        scratch: new Int32Array(of.length),
      })
    }
    this.#asked = this.#groups
    this.#forgetReached()
  }

  /** Throws `Found` when an `always` does not hold. `changed`: columns that differ from a state that was checked. */
  check(row: Int32Array, depth: number, changed: readonly number[] | undefined): void {
    const groups = this.#asked
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (changed !== undefined && !this.#concerns(group, changed)) continue
      if (this.#isKnown(group, group.seen, row)) continue
      const states = this.#states(group, row)
      for (const property of group.sometimes) {
        if (this.reached.has(property.name) || ask(property, states) !== true) continue
        this.reached.set(property.name, depth)
        this.#forgetReached()
      }
      for (const property of group.always) require(property, states, '')
    }
  }

  /** Throws `Found` when an `eventually` does not hold in a state in which nothing more can happen. */
  checkEnd(row: Int32Array): void {
    for (const group of this.#groups) {
      if (group.eventually.length === 0 || this.#isKnown(group, group.ended, row)) continue
      const states = this.#states(group, row)
      for (const property of group.eventually) require(property, states, ' at the end')
    }
  }

  /** Is this property broken in this state, or is it none that looks at states of actors? */
  breaks(name: string, row: Int32Array): boolean {
    for (const group of this.#groups) {
      const property = [...group.always, ...group.eventually].find((one) => one.name === name)
      if (property !== undefined) return ask(property, this.#states(group, row)) !== true
    }
    return true
  }

  #forgetReached(): void {
    this.#asked = this.#groups.filter(
      ({ always, sometimes }) => always.length > 0 || sometimes.some(({ name }) => !this.reached.has(name)),
    )
  }

  #concerns({ actors }: PropertyGroup, changed: readonly number[]): boolean {
    if (actors.length === 0) return false
    for (let i = 0; i < changed.length; i++) if (actors.includes(changed[i]!)) return true
    return false
  }

  #isKnown({ actors, scratch }: PropertyGroup, combinations: VectorTable, row: Int32Array): boolean {
    for (let i = 0; i < actors.length; i++) scratch[i] = this.#tables.actors[actors[i]!]!.stateOf[row[actors[i]!]!]!
    const { count } = combinations
    return combinations.intern(scratch, 0) < count
  }

  #states({ actors }: PropertyGroup, row: Int32Array): readonly unknown[] {
    return actors.map((actor) => this.#tables.actors[actor]!.state(row[actor]!))
  }
}

function ask(property: Property, states: readonly unknown[]): boolean | string {
  let answer: unknown
  try {
    answer = property.holds(...(states as never[]))
  } catch (thrown) {
    throw new StreamError('ARGUMENT_INVALID', `Property "${property.name}" threw, but must answer: ${String(thrown)}`, {
      cause: thrown,
      details: { property: property.name },
    })
  }
  if (typeof answer === 'boolean' || typeof answer === 'string') return answer
  const wrong = `Property "${property.name}" answered ${String(answer)}: expected true, false or what is wrong.`
  throw new StreamError('ARGUMENT_INVALID', wrong, { details: { property: property.name } })
}

function require(property: Property, states: readonly unknown[], when: string): void {
  const holds = ask(property, states)
  if (holds !== true) throw new Found(property.name, holds === false ? `does not hold${when}` : holds)
}
