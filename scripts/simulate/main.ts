/**
 * `npm run simulate -- [--seeds 200] [--first 1] [--strategy portfolio|random|pct|swarm] [--program name] [--workers n]
 * [--case file] [--save directory] [--mutants no]`
 *
 * Runs whole jobs on virtual time through faults, each seed twice, and checks them. Ends with 1 when a check failed, with
 * 2 when the command line is wrong.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { realClock } from '../../src/core/clock.ts'
import { messageOf } from '../../src/core/errors.ts'
import { caseOf, parseCase, printCase, shrink, simulate } from '../../src/testing/simulation/simulation-exports.ts'
import { ArgumentError, readArguments, type SimulateArguments } from './arguments.ts'
import { findMutants, mutantsText } from './find-mutants.ts'
import { mutants } from './mutants.ts'
import { programs } from './programs.ts'
import { addTally, type FailedRun, newTally, type Tally, tallyText } from './tally.ts'
import type { Share } from './worker.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
// Who reads only the beginning (`| head`) closes the pipe: nothing is left to say then.
process.stdout.on('error', () => process.exit())

/** Seeds that a thread is given at once. */
const shareSeeds = 10
/** Choices of a shrunk failure that are printed. */
const choicesShown = 40
/** Failures that are shrunk. */
const shrunkMax = 3

function runAll({ first, seeds, strategy, program, workers }: SimulateArguments): Promise<Tally> {
  const tally = newTally()
  let next = first
  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url))
      const give = (): void => {
        const count = Math.min(shareSeeds, first + seeds - next)
        if (count <= 0) {
          void worker.terminate().then(() => resolve())
          return
        }
        worker.postMessage({ first: next, seeds: count, strategy, program } satisfies Share)
        next += count
      }
      worker.on('message', (part: Tally) => {
        addTally(tally, part)
        give()
      })
      worker.on('error', reject)
      give()
    })
  return Promise.all(Array.from({ length: workers }, thread)).then(() => tally)
}

async function show({ program, report }: FailedRun, save: string | undefined): Promise<void> {
  const [problem] = report.problems
  print(`\nseed ${report.seed} (${program}, ${report.strategy}): ${problem?.checker}: ${problem?.message}`)
  print(
    `  repeat with: npm run simulate -- --first ${report.seed} --seeds 1 --program ${program} --strategy ${report.strategy} --mutants no`,
  )
  const { seed, strategy, rescales: rescale } = report
  if (strategy === 'replay') return
  const shrunk = await shrink(programs[program]!, { seed, strategy }, report)
  if (shrunk === undefined) return
  const { choices, records, replays } = shrunk
  print(
    `  shrunk from ${shrunk.choicesBefore} to ${choices.length} choices and ${records} records in ${replays} replays:`,
  )
  for (const choice of choices.slice(0, choicesShown)) print(`    ${choice}`)
  if (choices.length > choicesShown)
    print(`    and ${choices.length - choicesShown} more: --save writes them all into a file`)
  if (save === undefined) return
  mkdirSync(save, { recursive: true })
  const file = join(save, `${program}-${seed}.json`)
  writeFileSync(file, printCase(caseOf(shrunk, { program, mutant: null, disk: seed % 3 === 0, rescale })))
  print(`  saved: npm run simulate -- --case ${file}`)
}

/** Runs a saved case without the mutant that it may have been found with. Returns whether nothing is wrong. */
async function runCase(file: string): Promise<boolean> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ArgumentError(`--case ${file} cannot be read: ${messageOf(error)}`)
  }
  const saved = parseCase(text, file)
  const job = programs[saved.program]
  if (job === undefined) throw new ArgumentError(`${file} names the program "${saved.program}", which there is not.`)
  const { seed, choices, records, disk, rescale = false } = saved
  const mutant = mutants.find(({ name }) => name === saved.mutant)
  if (mutant !== undefined) {
    const { problems } = await simulate(job, { seed, choices, records, disk, rescale, mutation: mutant.mutation })
    print(`${problems.length > 0 ? 'found' : 'NOT FOUND'}: ${mutant.name}: ${problems[0]?.message ?? ''}`)
    if (problems.length === 0) return false
    // The program of this mutant is itself the bug.
    if (mutant.mutation.claims !== undefined) return true
  }
  const { problems } = await simulate(job, { seed, choices, records, disk, rescale })
  for (const { checker, message } of problems) print(`${checker}: ${message}`)
  if (problems.length === 0) print(`${file}: nothing is wrong`)
  return problems.length === 0
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2), Math.min(4, availableParallelism()))
  if (given.case !== undefined) return (await runCase(given.case)) ? 0 : 1
  const began = realClock.monotonicMs()
  const tally = await runAll(given)
  print(tallyText(tally, (realClock.monotonicMs() - began) / 1_000))
  const found = given.mutants ? await findMutants() : []
  if (given.mutants) print(mutantsText(found))
  const failed = tally.failed.toSorted((a, b) => a.report.seed - b.report.seed)
  for (const run of failed.slice(0, shrunkMax)) await show(run, given.save)
  print(
    failed.length === 0
      ? 'no violation'
      : `\n${failed.length} seeds failed: ${failed.map(({ report }) => report.seed).join(', ')}`,
  )
  return failed.length > 0 || found.some((one) => one.found === undefined) ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  print(`simulate: ${messageOf(error)}`)
  process.exitCode = error instanceof ArgumentError ? 2 : 1
}
