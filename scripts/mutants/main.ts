/**
 * `npm run mutants -- [--only explorer|simulation] [--name part of a name]`
 *
 * Breaks the protocol on purpose, in one place at a time, and lets the one checker watch that is meant to notice: in the
 * explorer for bugs of the charts and of the model's kernel, in the simulation for those of the runtime. Ends with 1 when
 * a mutant survives or a checker has none, with 2 when the command line is wrong.
 */
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { findMutant } from '../simulate/find-mutants.ts'
import { mutants as simulatedMutants } from '../simulate/mutants.ts'
import { exploredMutants, findExplored } from './find-explored.ts'
import { fateText, type MutantFate, unprovoked } from './mutant-fate.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
// Who reads only the beginning (`| head`) closes the pipe: nothing is left to say then.
process.stdout.on('error', () => process.exit())

/** A function per mutant, so that each line is printed when it is known. */
type Hunt = { readonly name: string; readonly by: MutantFate['by']; run(): Promise<MutantFate> }

const hunts: readonly Hunt[] = [
  ...exploredMutants.map(
    (mutant): Hunt => ({ name: mutant.name, by: 'explorer', run: async () => findExplored(mutant) }),
  ),
  ...simulatedMutants.map(
    (mutant): Hunt => ({ name: mutant.name, by: 'simulation', run: () => findSimulated(mutant) }),
  ),
]

async function findSimulated(mutant: (typeof simulatedMutants)[number]): Promise<MutantFate> {
  const { found, seeds } = await findMutant(mutant)
  const shrunk = found === undefined ? '' : `, shrunk from ${found.choicesBefore} choices in ${found.replays} replays`
  return {
    name: mutant.name,
    checker: mutant.checker,
    by: 'simulation',
    steps: found?.choices.length,
    effort: `${seeds} seed${seeds === 1 ? '' : 's'}${shrunk}`,
    message: found?.message ?? 'nothing was found',
  }
}

function chosen(words: readonly string[]): readonly Hunt[] | string {
  try {
    const { only, name } = parseArgs({
      args: [...words],
      options: { only: { type: 'string' }, name: { type: 'string' } },
    }).values
    if (only !== undefined && only !== 'explorer' && only !== 'simulation') {
      return `--only must be explorer or simulation, got "${only}".`
    }
    const found = hunts.filter((hunt) => (only ?? hunt.by) === hunt.by && hunt.name.includes(name ?? ''))
    return found.length > 0 ? found : `No mutant is called "${name}".`
  } catch (thrown) {
    return messageOf(thrown)
  }
}

async function main(words: readonly string[]): Promise<number> {
  const asked = chosen(words)
  if (typeof asked === 'string') {
    print(asked)
    return 2
  }
  const fates: MutantFate[] = []
  for (const { run } of asked) {
    const fate = await run()
    fates.push(fate)
    print(fateText(fate))
  }
  const survivors = fates.filter(({ steps }) => steps === undefined)
  print(`\n${fates.length} mutants, ${survivors.length === 0 ? 'none survives' : `${survivors.length} survive`}`)
  if (asked.length < hunts.length) return survivors.length > 0 ? 1 : 0
  const idle = unprovoked(fates, checkers)
  print(idle.length === 0 ? `each of the ${checkers.length} checkers found one` : `no mutant for ${idle.join(', ')}`)
  return survivors.length > 0 || idle.length > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
