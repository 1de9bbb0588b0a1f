/** What was measured, as data: medians with their least and most, and what became of the targets. */
import type { Round } from './take-turns.ts'
import type { Figure, Unit, Wanted, Workload } from './workload.ts'

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface ReportRow extends Spread {
  readonly name: string
  readonly about: string
  readonly unit: Unit
}

export interface ReportFigure extends Spread {
  readonly what: string
  readonly unit: Unit
  readonly wanted?: Wanted
  /** Of the median; left out where nothing is wanted. */
  readonly verdict?: string
}

export interface WorkloadReport {
  readonly workload: string
  readonly about: string
  readonly rows: readonly ReportRow[]
  readonly figures: readonly ReportFigure[]
}

/** A figure is computed in each round from the rows of that round, which ran one shortly after the other. */
export function reportOn({ name, about, contenders, figures }: Workload, rounds: readonly Round[]): WorkloadReport {
  const labels = contenders.flatMap(({ rows }) => Object.entries(rows))
  const rows = labels.flatMap(([row, { about, unit }]) => {
    const spread = spreadOf(rounds.flatMap((round) => round.get(row) ?? []))
    return spread === undefined ? [] : [{ name: row, about, unit, ...spread }]
  })
  return { workload: name, about, rows, figures: figures.flatMap((figure) => reportFigure(figure, rounds)) }
}

function reportFigure({ what, unit, rows, value, wanted }: Figure, rounds: readonly Round[]): readonly ReportFigure[] {
  const values = rounds.flatMap((round) => {
    const inputs = rows.flatMap((row) => round.get(row) ?? [])
    return inputs.length === rows.length ? [value(...inputs)] : []
  })
  const spread = spreadOf(values)
  if (spread === undefined) return []
  return [{ what, unit, ...spread, ...(wanted && { wanted, verdict: verdictOf(spread.median, wanted) }) }]
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [min] = sorted
  const max = sorted.at(-1)
  if (min === undefined || max === undefined) return undefined
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!]
  return { median: (low + high) / 2, min, max }
}

/** Met, or by how much of the target it is missed. */
export function verdictOf(value: number, wanted: Wanted): string {
  const [target, missing] =
    'atLeast' in wanted ? [wanted.atLeast, wanted.atLeast - value] : [wanted.atMost, value - wanted.atMost]
  return missing <= 0 ? 'met' : `falls short by ${Math.ceil((missing / target) * 100)} %`
}
