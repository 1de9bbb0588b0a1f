/** Properties of whole jobs: how many cases are tried, and how the one that fails is tried again. */
import fc from 'fast-check'

const { WINDOW_SEED: seed, WINDOW_RUNS: runs, WINDOW_PATH: path } = process.env
const runsDefault = 40
/** Smaller cases that are tried when one has failed. */
const shrinksMax = 150

/**
 * Tries a property and gives all that came up; undefined where a run of somebody's own is under way, whose cases may be few. A
 * failure says how to repeat it.
 */
export async function holds<T>(
  name: string,
  cases: fc.Arbitrary<T>,
  property: (drawn: T) => Promise<ReadonlySet<string>>,
): Promise<ReadonlySet<string> | undefined> {
  const came = new Set<string>()
  const parameters = {
    seed: Number(seed ?? 1),
    numRuns: Number(runs ?? runsDefault),
    ...(path !== undefined && { path, endOnFailure: true }),
  }
  let shrinks: number | undefined
  const checked = fc.asyncProperty(cases, async (drawn) => {
    if (shrinks !== undefined && ++shrinks > shrinksMax) return
    try {
      for (const what of await property(drawn)) came.add(what)
    } catch (error) {
      shrinks ??= 0
      throw error
    }
  })
  const { counterexample, counterexamplePath, errorInstance } = await fc.check(checked, parameters)
  if (counterexample === null) return seed === undefined && runs === undefined ? came : undefined
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  const repeat = `WINDOW_SEED=${parameters.seed} WINDOW_PATH=${counterexamplePath} npx vitest run test/job/random-windows.test.ts -t '${name}'`
  throw new Error(`${message}\n${JSON.stringify(counterexample[0])}\nrepeat with: ${repeat}`, { cause: errorInstance })
}
