/** What many runs add up to, and how it is printed. */
import type { SimulationReport } from '../../src/testing/simulation/simulation-exports.ts'

export interface FailedRun {
  readonly program: string
  readonly report: SimulationReport
}

/** Counts by name; plain, so that it can be sent between threads. */
export interface Tally {
  readonly numbers: Record<string, number>
  readonly programs: Record<string, number>
  readonly strategies: Record<string, number>
  readonly faults: Record<string, number>
  readonly abortedBy: Record<string, number>
  readonly heard: Record<string, number>
  readonly failed: FailedRun[]
}

export const newTally = (): Tally => ({
  numbers: {},
  programs: {},
  strategies: {},
  faults: {},
  abortedBy: {},
  heard: {},
  failed: [],
})

const add = (to: Record<string, number>, name: string, count: number): void => {
  to[name] = (to[name] ?? 0) + count
}

export function countRun(tally: Tally, program: string, report: SimulationReport): void {
  const { steps, transitions, completed, restores, processes, rescaled, savepoints } = report
  const numbers = { seeds: 1, steps, transitions, completed, restores, deaths: processes - 1, rescaled, savepoints }
  for (const [name, count] of Object.entries(numbers)) add(tally.numbers, name, count)
  add(tally.programs, program, 1)
  add(tally.strategies, report.strategy, 1)
  for (const part of ['faults', 'abortedBy', 'heard'] as const) {
    for (const [name, count] of report[part]) add(tally[part], name, count)
  }
  if (report.problems.length > 0) tally.failed.push({ program, report })
}

export function addTally(to: Tally, from: Tally): void {
  for (const part of ['numbers', 'programs', 'strategies', 'faults', 'abortedBy', 'heard'] as const) {
    for (const [name, count] of Object.entries(from[part])) add(to[part], name, count)
  }
  to.failed.push(...from.failed)
}

const group = (count: number): string => Math.round(count).toLocaleString('en-US')

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${group(count)}`)
    .join(' · ') || 'none'

export function tallyText({ numbers, programs, strategies, faults, abortedBy, heard }: Tally, seconds: number): string {
  const {
    seeds = 0,
    steps = 0,
    transitions = 0,
    completed = 0,
    restores = 0,
    deaths = 0,
    rescaled = 0,
    savepoints = 0,
  } = numbers
  return [
    `${group(seeds)} seeds, each run twice with equal states: ${group(steps)} steps of actors, ${group(transitions)} of machines, in ${seconds.toFixed(1)} s (${group((2 * steps) / seconds)} steps/s)`,
    `programs     ${list(programs)}`,
    `strategies   ${list(strategies)}`,
    `faults       ${list(faults)}`,
    `checkpoints  ${group(completed)} completed, ${group(savepoints)} of them savepoints`,
    `aborted      ${list(abortedBy)}`,
    `recovery     ${group(restores)} attempts restored, ${group(deaths)} processes followed one that had ended or died, ${group(rescaled)} at another parallelism`,
    `checked      ${list(heard)} (facts heard)`,
  ].join('\n')
}
