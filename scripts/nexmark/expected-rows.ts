/** What a query must give, against what it has committed: each row as a line of text with its weight before it. */
import { type NexmarkQuery, textOf } from '../../examples/nexmark/query.ts'

export interface Differences {
  /** Rows, or weights of rows, that are not there. */
  readonly lost: number
  /** That are there more often than they must be. */
  readonly repeated: number
  /** Of rows that must not be there at all. */
  readonly strange: number
}

/** The line of something that a query has emitted. */
export function lineOf({ meaning }: NexmarkQuery, emitted: unknown): string {
  const [row, weight] = meaning(emitted as never)
  return `${weight} ${textOf(row)}`
}

export class ExpectedRows {
  /** Where the weight of a row is. */
  readonly #places = new Map<string, number>()
  readonly #weights: number[] = []

  constructor(rows: Iterable<unknown>) {
    for (const row of rows) this.#weights[this.#placeOf(textOf(row))]! += 1
  }

  /** How many rows must come out. */
  get size(): number {
    return this.#weights.reduce((sum, weight) => sum + weight, 0)
  }

  /** Compares lines that were made by `lineOf`, in any order. */
  compare(lines: Iterable<string>): Differences {
    const missing = Int32Array.from(this.#weights)
    const others = new Map<string, number>()
    for (const line of lines) {
      const space = line.indexOf(' ')
      const [weight, text] = [Number(line.slice(0, space)), line.slice(space + 1)]
      const place = this.#places.get(text)
      if (place === undefined) others.set(text, (others.get(text) ?? 0) + weight)
      else missing[place]! -= weight
    }
    let [lost, repeated, strange] = [0, 0, 0]
    for (const weight of missing) {
      lost += Math.max(0, weight)
      repeated += Math.max(0, -weight)
    }
    for (const weight of others.values()) strange += Math.abs(weight)
    return { lost, repeated, strange }
  }

  #placeOf(text: string): number {
    const known = this.#places.get(text)
    if (known !== undefined) return known
    const place = this.#weights.push(0) - 1
    this.#places.set(text, place)
    return place
  }
}
