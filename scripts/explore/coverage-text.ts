/** Which edges of the charts no exploration took, held against the reasons that are written down. */
import type { ChartCoverageReport } from '../../src/testing/explorer/chart-coverage.ts'
import type { Uncovered } from './uncovered.ts'

export interface CoverageText {
  readonly lines: readonly string[]
  /** Edges without a reason, and, in the short sizes that the reasons are written for, reasons without need. */
  readonly faults: readonly string[]
}

export function coverageText(
  reports: readonly ChartCoverageReport[],
  uncovered: Uncovered,
  short = true,
): CoverageText {
  const lines: string[] = []
  const faults: string[] = []
  for (const { chart, edges, taken, missing } of reports) {
    const reasons = uncovered[chart] ?? {}
    lines.push(`${chart}: ${taken} of ${edges} edges (${((100 * taken) / edges).toFixed(1)} %)`)
    for (const edge of missing) {
      const reason = reasons[edge]
      lines.push(`  ${edge}: ${reason ?? 'no reason is written down'}`)
      if (reason === undefined) faults.push(`No exploration takes ${edge} of ${chart}, and no reason says why.`)
    }
    for (const edge of Object.keys(reasons)) {
      if (short && !missing.includes(edge))
        faults.push(`A reason says why ${edge} of ${chart} is not taken, but it is.`)
    }
  }
  return { lines, faults }
}
