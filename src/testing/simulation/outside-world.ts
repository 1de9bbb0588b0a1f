/** What became visible outside of the job, over all its processes, and what should have. */

/** One position of an output stream, counted from 1. */
export interface OutputItem {
  readonly stream: string
  readonly position: number
}

export class OutsideWorld {
  /** How many positions each stream must bring. */
  readonly expected = new Map<string, number>()
  /** How often each position came, by stream. */
  readonly #seen = new Map<string, number[]>()
  /** The highest transaction of each writer that has become visible. */
  readonly committed = new Map<string, number>()

  show(items: readonly OutputItem[]): void {
    for (const { stream, position } of items) {
      let times = this.#seen.get(stream)
      if (times === undefined) {
        times = []
        this.#seen.set(stream, times)
      }
      times[position] = (times[position] ?? 0) + 1
    }
  }

  /** What is wrong with the output of a job that has ended: nothing if it is that of a run without faults. */
  problems(mode: 'exactly-once' | 'at-least-once'): string[] {
    const problems: string[] = []
    for (const [stream, total] of this.expected) {
      const times = this.#seen.get(stream) ?? []
      const lost = range(total).filter((position) => times[position] === undefined)
      if (lost.length > 0) problems.push(`Stream ${stream} lacks ${list(lost)} of ${total}.`)
      if (mode === 'at-least-once') continue
      const repeated = range(total).filter((position) => (times[position] ?? 0) > 1)
      if (repeated.length > 0) problems.push(`Stream ${stream} brought ${list(repeated)} more than once.`)
      if (times.length > total + 1) problems.push(`Stream ${stream} came to ${times.length - 1} instead of ${total}.`)
    }
    return problems
  }
}

const range = (total: number): number[] => Array.from({ length: total }, (_, i) => i + 1)

const list = (positions: readonly number[]): string =>
  positions.length > 5 ? `${positions.slice(0, 5).join(', ')} and ${positions.length - 5} more` : positions.join(', ')
