/**
 * What a workload is to the runner: contenders that do the same work, and figures that compare what they measured.
 *
 * A contender does its work once, checks its result and gives one number for each of its rows. Each repetition runs in
 * a process of its own, so that no contender warms up another or leaves it a full heap.
 */
export type Unit = 'records/s' | 'entries/s' | 'events/s' | 'ms' | 'µs' | 'bytes/key' | 'MiB' | '×'

/** What a row of the table says, besides its numbers. */
export interface RowLabel {
  readonly about: string
  readonly unit: Unit
}

export interface Contender {
  readonly name: string
  /** By name, unique among all workloads. */
  readonly rows: Readonly<Record<string, RowLabel>>
  /** One number for each row. Throws when the work was not done right: then its speed does not count. */
  run(): Promise<Readonly<Record<string, number>>>
}

export type Wanted = { readonly atLeast: number } | { readonly atMost: number }

/** Something that is computed from the rows of one round. */
export interface Figure {
  readonly what: string
  readonly unit: Unit
  /** Names of the rows that `value` takes, in order. */
  readonly rows: readonly string[]
  readonly value: (...rows: readonly number[]) => number
  readonly wanted?: Wanted
}

export interface Workload {
  readonly name: string
  readonly about: string
  readonly contenders: readonly Contender[]
  readonly figures: readonly Figure[]
}

/** A contender with one row, named like it. */
export const contender = (name: string, about: string, unit: Unit, run: () => Promise<number>): Contender => ({
  name,
  rows: { [name]: { about, unit } },
  run: async () => ({ [name]: await run() }),
})

/** How often the one row goes into the other. */
export const ratio = (what: string, row: string, reference: string, wanted?: Wanted): Figure => ({
  what,
  unit: '×',
  rows: [row, reference],
  value: (a, b) => a! / b!,
  ...(wanted && { wanted }),
})

/** A row that has a target of its own. */
export const target = (what: string, unit: Unit, row: string, wanted: Wanted): Figure => ({
  what,
  unit,
  rows: [row],
  value: (a) => a!,
  wanted,
})

/** The result of a workload, against what it must be. */
export function check(what: string, got: number, expected: number): void {
  if (got !== expected) throw new Error(`${what} is ${got}: expected ${expected}.`)
}

/** 10_000 as `10k`, 1_000_000 as `1m`: for names of rows. */
export const short = (count: number): string =>
  count % 1_000_000 === 0 ? `${count / 1_000_000}m` : count % 1_000 === 0 ? `${count / 1_000}k` : `${count}`
