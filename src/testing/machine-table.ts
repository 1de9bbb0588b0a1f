/** Rows (given, event, next, effects) as test cases, and which edges of the chart no row takes. */
import type { AnyEffect } from '../machines/step.ts'
import { matches } from './canonical.ts'
import { CheckFailed, eventTitle, printRow, type Row, type System } from './machine-system.ts'

export interface TableTest {
  readonly cases: readonly { readonly title: string; run(): void }[]
  /** Edges of the chart that no row takes. */
  uncovered(): readonly string[]
}

/**
 * Rows as test cases: `for (const { title, run } of tableTest(…).cases) it(title, run)`. `givens` names states by the
 * events that lead to them from the start.
 */
export function tableTest<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
  givens: Readonly<Record<string, readonly Event[]>>,
  rows: readonly Row<Event>[],
): TableTest {
  const reach = (given: string): State => {
    const path = givens[given]
    if (path === undefined) throw new CheckFailed(`No such state in the table's givens: "${given}".`)
    return path.reduce((state, event) => system.step(state, event).snapshot, system.initial.snapshot)
  }
  return {
    cases: rows.map((row) => ({
      title: `${row.given} × ${eventTitle(row.event)}${row.condition ? ` (${row.condition})` : ''} → ${row.next}`,
      run: () => checkRow(system, reach(row.given), row),
    })),
    uncovered: () => {
      const missing = new Set(system.edges)
      for (const row of rows)
        for (const edge of system.edgesOf?.(reach(row.given), row.event) ?? []) missing.delete(edge)
      return [...missing]
    },
  }
}

function checkRow<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
  state: State,
  row: Row<Event>,
): void {
  const { snapshot, effects } = system.step(state, row.event)
  const next = system.name(snapshot)
  const same =
    next === row.next &&
    effects.length === row.effects.length &&
    row.effects.every((wanted, i) => matches(effects[i], typeof wanted === 'string' ? { type: wanted } : wanted))
  if (same) return
  throw new CheckFailed(
    `The row does not hold:\n  ${printRow(row)}\nIt should read:\n  ${printRow({ ...row, next, effects })}`,
  )
}
