/** Runs each mutant until the simulation objects, and shrinks what it found. */
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

/** Tries seeds from 1, at most `seedsMax`. */
export async function findMutant(mutant: SimulationMutant, seedsMax = 60, replaysMax = 150): Promise<FoundMutant> {
  const job = programs[mutant.program]!
  const { mutation } = mutant
  const disk = false
  for (let seed = 1; seed <= seedsMax; seed++) {
    const options = { seed, mutation, disk, twice: false }
    const report = await simulate(job, options)
    if (report.problems.length === 0) continue
    const found = await shrink(job, options, report, replaysMax)
    if (found !== undefined) return { mutant, found, seeds: seed, disk }
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
