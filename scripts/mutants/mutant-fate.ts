/** What became of a mutant, and the table of all of them. */

export interface MutantFate {
  readonly name: string
  /** The checker that had to find it. */
  readonly checker: string
  readonly by: 'explorer' | 'simulation'
  /** Choices of the shortest (shrunk) run that shows the bug, 0 when any run does; undefined: it survived. */
  readonly steps: number | undefined
  /** What finding it took. */
  readonly effort: string
  readonly message: string
}

/** One line for each, the survivors with what happened instead. */
export function fateText({ name, checker, by, steps, effort, message }: MutantFate): string {
  const how = `${by}, ${effort}`
  return steps === undefined
    ? `SURVIVED  ${checker.padEnd(4)} ${name} (${how}): ${message}`
    : `killed    ${checker.padEnd(4)} ${name}: ${steps === 0 ? 'in any run' : `in ${steps} steps`} (${how})`
}

/** Checkers that none of these mutants is for. */
export const unprovoked = (fates: readonly MutantFate[], checkers: readonly { readonly name: string }[]): string[] =>
  checkers.map(({ name }) => name).filter((name) => !fates.some((fate) => fate.checker === name))
