/** Explores a mutant with its one checker watching. */
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { checkpointSystem } from '../../src/testing/checkpoint-model/checkpoint-system.ts'
import { quiet } from '../../src/testing/checkpoint-model/model-options.ts'
import { explore } from '../../src/testing/explorer/explore.ts'
import { coordinatorMutants } from './coordinator-mutants.ts'
import type { ExploredMutant } from './explored-mutant.ts'
import { kernelMutants } from './kernel-mutants.ts'
import type { MutantFate } from './mutant-fate.ts'
import { subtaskMutants } from './subtask-mutants.ts'

export const exploredMutants: readonly ExploredMutant[] = [
  ...subtaskMutants.map((mutant) => ({ ...mutant, name: `a subtask ${mutant.name}` })),
  ...coordinatorMutants.map((mutant) => ({ ...mutant, name: `the coordinator ${mutant.name}` })),
  ...kernelMutants,
]

/** More states than any of these needs: a bug that hides longer has survived. */
const statesMax = 1_000_000

export function findExplored(mutant: ExploredMutant): MutantFate {
  const watching = checkers.filter(({ name }) => name === mutant.checker)
  const system = checkpointSystem({ ...quiet, ...mutant.options }, { parts: mutant.parts, checkers: watching })
  const { violation, states } = explore(system, [], { maxStates: statesMax })
  // A step that throws is found by chance, not by the checker.
  const isCaught = violation?.property === mutant.checker
  return {
    name: mutant.name,
    checker: mutant.checker,
    by: 'explorer',
    steps: isCaught ? violation.path.length : undefined,
    effort: `${states.toLocaleString('en')} states`,
    message: violation?.message ?? 'nothing was found',
  }
}
