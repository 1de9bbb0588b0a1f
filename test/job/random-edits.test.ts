/**
 * Random programs are edited at random between two runs: what is restored is what must be, and the plan had said so. A case
 * that fails is repeated with the command in its message, and becomes one of `found-cases.ts`. EDIT_RUNS=2000 tries that many,
 * EDIT_SEED starts somewhere else. What the programs say when they go on is in `edited-programs.test.ts`.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runCase } from './edits/edited-run.ts'
import { foundCases } from './edits/found-cases.ts'
import { cases } from './edits/random-program.ts'

const { EDIT_SEED: seed, EDIT_RUNS: runs, EDIT_PATH: path } = process.env

async function check(numRuns: number): Promise<ReadonlySet<string>> {
  const came = new Set<string>()
  const parameters = { seed: Number(seed ?? 1), numRuns, ...(path !== undefined && { path, endOnFailure: true }) }
  const property = fc.asyncProperty(cases, async (drawn) => {
    for (const what of await runCase(drawn)) came.add(what)
  })
  const { counterexample, counterexamplePath, errorInstance } = await fc.check(property, parameters)
  if (counterexample === null) return came
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  const repeat = `EDIT_SEED=${parameters.seed} EDIT_PATH=${counterexamplePath} npx vitest run test/job/random-edits.test.ts`
  throw new Error(`${message}\n${JSON.stringify(counterexample[0])}\nrepeat with: ${repeat}`, { cause: errorInstance })
}

describe('programs that are edited', () => {
  it('at random restore what they must, as their plan had said', { timeout: 3_600_000 }, async () => {
    const came = await check(Number(runs ?? 100))
    if (seed !== undefined || runs !== undefined) return
    const ends = [
      'RESTORE_MAX_PARALLELISM_MISMATCH',
      'RESTORE_PARALLELISM_MISMATCH',
      'RESTORE_STATE_INCOMPATIBLE',
      'RESTORE_STATE_UNMATCHED',
      'STATE_MAPPING_INVALID',
      ...['as-is', 'rescaled', 'migrated', 'new', 'stateless', 'dropped'],
    ]
    expect([...came]).toEqual(expect.arrayContaining(ends))
  })

  it.each(Object.keys(foundCases))('once showed that %s', async (found) => {
    await runCase(foundCases[found]!)
  })
})
