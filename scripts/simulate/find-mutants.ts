/** Runs each mutant until the simulation objects, and shrinks what it found. */
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { type ShrunkRun, shrink, simulate } from '../../src/testing/simulation/simulation-exports.ts'
import { mutants, type SimulationMutant } from './mutants.ts'
import { programs } from './programs.ts'

export interface FoundMutant {
  readonly mutant: SimulationMutant
  /** Undefined: it survived. */
  readonly found: ShrunkRun | undefined
  /** Seeds that were run. */
  readonly seeds: number
  readonly disk: boolean
}

/** Tries seeds from 1, at most `seedsMax`, with only the mutant's own checker watching. */
export async function findMutant(mutant: SimulationMutant, seedsMax = 60, replaysMax = 150): Promise<FoundMutant> {
  const job = programs[mutant.program]!
  const { mutation, faults, maxSteps, rescale = false } = mutant
  const given = { mutation, ...(faults && { faults }), ...(maxSteps && { maxSteps }) }
  const disk = false
  const watching = checkers.filter(({ name }) => name === mutant.checker)
  for (let seed = 1; seed <= seedsMax; seed++) {
    const options = { seed, ...given, disk, rescale, twice: false, checkers: watching }
    const report = await simulate(job, options)
    const problems = report.problems.filter(({ checker }) => checker === mutant.checker)
    if (problems.length === 0) continue
    const found = await shrink(job, options, { ...report, problems }, replaysMax)
    if (found?.checker === mutant.checker) return { mutant, found, seeds: seed, disk }
  }
  return { mutant, found: undefined, seeds: seedsMax, disk }
}

export async function findMutants(): Promise<FoundMutant[]> {
  const found: FoundMutant[] = []
  for (const mutant of mutants) found.push(await findMutant(mutant))
  return found
}

export function mutantsText(all: readonly FoundMutant[]): string {
  const lines = all.map(({ mutant, found, seeds }) =>
    found === undefined
      ? `  SURVIVED  ${mutant.name}: ${seeds} seeds found nothing`
      : `  ${found.checker.padEnd(8)}  ${mutant.name}: seed ${found.seed}, ${found.choicesBefore} choices shrunk to ${found.choices.length}, ` +
        `${found.records} records, ${found.replays} replays`,
  )
  const lengths = all.flatMap(({ found }) => (found === undefined ? [] : [found.choices.length]))
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length)
  return [
    `mutants      ${lengths.length} of ${all.length} found; a shrunk failure has ${mean.toFixed(1)} choices on average`,
    ...lines,
  ].join('\n')
}
