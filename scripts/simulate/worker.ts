/** One thread of `npm run simulate`: runs the seeds that it is sent, one share after the other. */
import { parentPort } from 'node:worker_threads'
import { type StrategyName, simulate } from '../../src/testing/simulation/simulation-exports.ts'
import { programOf, programs } from './programs.ts'
import { countRun, newTally, type Tally } from './tally.ts'

export interface Share {
  readonly first: number
  readonly seeds: number
  readonly strategy: StrategyName | 'portfolio'
  readonly program: string | undefined
}

/** Runs the seeds of one share. */
export async function runShare({ first, seeds, strategy, program }: Share): Promise<Tally> {
  const tally = newTally()
  for (let seed = first; seed < first + seeds; seed++) {
    const name = program ?? programOf(seed)
    countRun(tally, name, await simulate(programs[name]!, { seed, strategy }))
  }
  return tally
}

parentPort?.on('message', async (share: Share) => parentPort?.postMessage(await runShare(share)))
