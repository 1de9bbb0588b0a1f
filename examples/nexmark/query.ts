/**
 * What a query is to those who run, verify and measure all of them.
 *
 * A query that goes on correcting what it has said emits changes: a row is added to the table of its results, or taken away.
 * Unlike a row that replaces one of the same key, changes give the same table in whichever order they are put together,
 * also when they come from several subtasks and files.
 */
import type { DataStream } from 'tidemark'
import type { Event } from './model.ts'

export interface Change<Row> {
  readonly op: '+' | '-'
  readonly row: Row
}

export type Weighted = readonly [row: unknown, weight: number]

/** The rows that must come out in the end, in any order: obvious and slow, over all events at once. */
export type Reference<Row> = (events: readonly Event[]) => readonly Row[]

export interface NexmarkQuery {
  /** `q0` */
  readonly name: string
  /** In one line. */
  readonly about: string
  /** What something that it emitted means: a row of its result, with how many of it come, or go. */
  readonly meaning: (emitted: never) => Weighted
  readonly build: (events: DataStream<Event>) => DataStream<unknown>
  readonly reference: Reference<unknown>
}

/** A query whose rows are final. */
export const rowsQuery = <Row>(
  name: string,
  about: string,
  build: (events: DataStream<Event>) => DataStream<Row>,
  reference: Reference<Row>,
): NexmarkQuery => ({ name, about, meaning: (row: Row) => [row, 1], build, reference })

/** A query whose changes make a table. */
export const tableQuery = <Row>(
  name: string,
  about: string,
  build: (events: DataStream<Event>) => DataStream<Change<Row>>,
  reference: Reference<Row>,
): NexmarkQuery => ({
  name,
  about,
  meaning: ({ op, row }: Change<Row>) => [row, op === '+' ? 1 : -1],
  build,
  reference,
})

/**
 * A query that counts by the clock: how many there are in a row depends on how fast it is, how many there are in all does not.
 * `reference` gives what is counted.
 */
export const countsQuery = <Row extends { readonly count: number }, Counted>(
  name: string,
  about: string,
  build: (events: DataStream<Event>) => DataStream<Row>,
  counted: (row: Row) => Counted,
  reference: Reference<Counted>,
): NexmarkQuery => ({ name, about, meaning: (row: Row) => [counted(row), row.count], build, reference })

/** Rows by their text, with how often there is each of them. */
type Counts = ReadonlyMap<string, number>

/**
 * The result of a query from all that it has emitted, as the rows that are left, by their text. Fails when a row was taken away
 * more often than it was added.
 */
export function resultOf({ name, meaning }: NexmarkQuery, emitted: Iterable<unknown>): Counts {
  const counts = new Map<string, number>()
  for (const one of emitted) {
    const [row, weight] = meaning(one as never)
    addTo(counts, textOf(row), weight)
  }
  for (const [row, count] of counts) {
    if (count < 0) throw new Error(`${name} took away a row that it had not added: ${row}`)
  }
  return counts
}

/** How the result of a query differs from what its reference gives: a line for each row, none when they are the same. */
export function differences(
  query: NexmarkQuery,
  emitted: Iterable<unknown>,
  expectedRows: Iterable<unknown>,
): readonly string[] {
  const got = resultOf(query, emitted)
  const expected = countsOf(expectedRows)
  return [...new Set([...expected.keys(), ...got.keys()])].flatMap((row) => {
    const [wanted, found] = [expected.get(row) ?? 0, got.get(row) ?? 0]
    return wanted === found ? [] : [`expected ${wanted} ×, got ${found} ×: ${row}`]
  })
}

function countsOf(rows: Iterable<unknown>): Counts {
  const counts = new Map<string, number>()
  for (const row of rows) addTo(counts, textOf(row), 1)
  return counts
}

function addTo(counts: Map<string, number>, row: string, weight: number): void {
  const count = (counts.get(row) ?? 0) + weight
  if (count === 0) counts.delete(row)
  else counts.set(row, count)
}

/** A row as text, the same for the same fields in any order. */
export const textOf = (row: unknown): string => JSON.stringify(sorted(row))

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = value as Readonly<Record<string, unknown>>
  const ordered: Record<string, unknown> = {}
  for (const name of Object.keys(fields).sort()) ordered[name] = sorted(fields[name])
  return ordered
}
