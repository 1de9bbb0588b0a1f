/**
 * Whole jobs on virtual time, from a seed, through faults, twice: the entry of the simulation.
 */
import { runSimulation } from './run-simulation.ts'
import type { SimulatedJob, SimulationOptions, SimulationReport } from './simulation-options.ts'

/**
 * Runs `job` to its end through faults, on the virtual clock, with every choice made from the seed; checks its facts
 * against the invariants of the protocol and its output against what it promised, and says what happened. Unless
 * `twice` is false it runs a second time, which must give the same states in the same order. What is wrong is in
 * `problems`; nothing is thrown for it. Times are virtual milliseconds.
 *
 * @example
 * const report = await simulate((run) => {
 *   const env = StreamEnvironment.create({ checkpoint: { intervalMs: 20, timeoutMs: 200, storage: run.storage } })
 *   run.expect('numbers', run.records)
 *   env
 *     .fromSource(run.source({ count: run.records, ratePerSecond: 1_000, at: (index) => index }))
 *     .uid('numbers')
 *     .sinkTo(run.sink((index) => [{ stream: 'numbers', position: index + 1 }]))
 *     .uid('out')
 *   return env
 * }, { seed: 1 })
 * report.problems // []
 */
export async function simulate(job: SimulatedJob, options: SimulationOptions): Promise<SimulationReport> {
  const first = await runSimulation(job, options)
  if (options.twice === false) return first.report
  const again = await runSimulation(job, { ...options, checkers: [], onFact: () => {} })
  const { hashes } = first.journal
  const other = again.journal.hashes
  const failed = first.journal.failed
  const length = failed ? Math.min(hashes.length, other.length) : Math.max(hashes.length, other.length)
  for (let step = 0; step < length; step++) {
    if (hashes[step] === other[step]) continue
    const message = await difference(job, options, step)
    return { ...first.report, problems: [...first.report.problems, { checker: 'determinism', message }] }
  }
  return first.report
}

/** Two runs differ at this step: what each of two more runs does there. */
async function difference(job: SimulatedJob, options: SimulationOptions, step: number): Promise<string> {
  const texts: string[] = []
  for (let run = 0; run < 2; run++) {
    const { journal } = await runSimulation(job, { ...options, checkers: [], onFact: () => {} }, true)
    texts.push(journal.steps?.[step] ?? 'nothing')
  }
  return `Two runs of seed ${options.seed} differ at step ${step}: ${texts[0]} and ${texts[1]}.`
}
