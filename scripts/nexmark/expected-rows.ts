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
  return `${weight} ${JSON.stringify(row)}`
}

export class ExpectedRows {
  /** Where the weight of a row is, by its JSON. */
  readonly #places = new Map<string, number>()
  readonly #weights: number[] = []
  /** The same with the fields in order: only for rows that are not found as they are, since ordering costs most of the time. */
  #ordered: ReadonlyMap<string, number> | undefined

  constructor(rows: Iterable<unknown>) {
    for (const row of rows) {
      const text = JSON.stringify(row)
      const place = this.#places.get(text)
      if (place === undefined) this.#places.set(text, this.#weights.push(1) - 1)
      else this.#weights[place]! += 1
    }
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
      if (place === undefined) addTo(others, text, weight)
      else missing[place]! -= weight
    }
    const unknown = this.#takeOrdered(missing, others)
    let [lost, repeated, strange] = [0, 0, 0]
    for (const weight of missing) {
      lost += Math.max(0, weight)
      repeated += Math.max(0, -weight)
    }
    for (const weight of unknown.values()) strange += Math.abs(weight)
    return { lost, repeated, strange }
  }

  /** Takes those of `others` off `missing` that are expected with their fields in another order. Gives the rest. */
  #takeOrdered(missing: Int32Array, others: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const rest = new Map<string, number>()
    if (others.size === 0) return rest
    this.#ordered ??= new Map([...this.#places].map(([text, place]) => [textOf(JSON.parse(text)), place]))
    for (const [text, weight] of others) {
      const ordered = textOf(JSON.parse(text))
      const place = this.#ordered.get(ordered)
      if (place === undefined) addTo(rest, ordered, weight)
      else missing[place]! -= weight
    }
    return rest
  }
}

/** Rows that come and go leave nothing. */
function addTo(weights: Map<string, number>, text: string, weight: number): void {
  const sum = (weights.get(text) ?? 0) + weight
  if (sum === 0) weights.delete(text)
  else weights.set(text, sum)
}
