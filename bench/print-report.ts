/** The report of a workload as a table for people. */
import type { ReportFigure, ReportRow, Spread, WorkloadReport } from './report.ts'
import type { Unit, Wanted } from './workload.ts'

const labelWidth = 58
const numberWidth = 10

export function reportText({ workload, about, rows, figures }: WorkloadReport): string {
  return [
    `${workload}: ${about}`,
    '',
    line('', ['median', 'min', 'max'], ''),
    ...rows.map(rowLine),
    ...(figures.length > 0 ? [''] : []),
    ...figures.map(figureLine),
    '',
  ].join('\n')
}

const rowLine = (row: ReportRow): string => line(row.about, numbersOf(row, row.unit), row.unit)

function figureLine({ what, unit, wanted, verdict, ...spread }: ReportFigure): string {
  const target = wanted === undefined ? '' : `  ${wantedText(wanted)}: ${verdict}`
  return line(what, numbersOf(spread, unit), `${unit}${target}`)
}

export const wantedText = (wanted: Wanted): string =>
  'atLeast' in wanted ? `wanted ≥ ${wanted.atLeast}` : `wanted ≤ ${wanted.atMost}`

const line = (label: string, numbers: readonly string[], rest: string): string =>
  `  ${label.padEnd(labelWidth)}${numbers.map((text) => text.padStart(numberWidth)).join('')}  ${rest}`.trimEnd()

const numbersOf = ({ median, min, max }: Spread, unit: Unit): readonly string[] =>
  [median, min, max].map((value) => numberText(value, unit))

function numberText(value: number, unit: Unit): string {
  if (unit === 'records/s' || unit === 'entries/s') return `${(value / 1e6).toFixed(2)} M`
  if (unit === 'events/s') return `${(value / 1e3).toFixed(0)} k`
  return value.toFixed(unit === 'bytes/key' ? 1 : 2)
}
