/** Which edges of the charts no exploration took, held against the reasons that are written down. */
import type { ChartCoverageReport } from '../../src/testing/explorer/chart-coverage.ts'
import type { Uncovered } from './uncovered.ts'

export interface CoverageText {
  readonly lines: readonly string[]
  /** Edges without a reason, and reasons without need. */
  readonly faults: readonly string[]
}

/** Edges taken by whole systems, by charts alone, or by neither. */
export function coverageText(
  whole: readonly ChartCoverageReport[],
  alone: readonly ChartCoverageReport[],
  uncovered: Uncovered,
): CoverageText {
  const lines: string[] = []
  const faults: string[] = []
  const charts = new Set([...whole, ...alone].map(({ chart }) => chart))
  for (const chart of charts) {
    const reports = [whole, alone].map((list) => list.find((one) => one.chart === chart))
    const [together, itself] = reports
    const missing = (together ?? itself)!.missing.filter(
      (edge) => itself === undefined || itself.missing.includes(edge),
    )
    const { edges } = (together ?? itself)!
    const taken = edges - missing.length
    const reasons = uncovered[chart] ?? {}
    lines.push(
      `${chart}: ${taken} of ${edges} edges (${((100 * taken) / edges).toFixed(1)} %), ${together?.taken ?? 0} of them by whole systems`,
    )
    for (const edge of missing) {
      const reason = reasons[edge]
      lines.push(`  ${edge}: ${reason ?? 'no reason is written down'}`)
      if (reason === undefined) faults.push(`No exploration takes ${edge} of ${chart}, and no reason says why.`)
    }
    for (const edge of Object.keys(reasons)) {
      if (!missing.includes(edge)) faults.push(`A reason says why ${edge} of ${chart} is not taken, but it is.`)
    }
  }
  return { lines, faults }
}
