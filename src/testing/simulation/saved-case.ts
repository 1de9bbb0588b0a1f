/**
 * A run as a file: what was run, from which seed, and every choice. A case that a mutant gave must fail with the mutant
 * and pass without; a case that was a bug of ours must pass.
 */
import { StreamError } from '../../core/errors.ts'
import type { ShrunkRun } from './shrink.ts'

export interface SavedCase {
  readonly format: 1
  /** The name of the program. */
  readonly program: string
  /** The mutant that it was found with, if any. */
  readonly mutant: string | null
  readonly seed: number
  readonly strategy: string
  readonly disk: boolean
  /** Left out: no. */
  readonly rescale?: boolean
  readonly records: number
  readonly checker: string
  readonly message: string
  readonly choices: readonly string[]
}

export const caseOf = (
  { seed, strategy, records, checker, message, choices }: ShrunkRun,
  where: {
    readonly program: string
    readonly mutant: string | null
    readonly disk: boolean
    readonly rescale: boolean
  },
): SavedCase => ({ format: 1, ...where, seed, strategy, records, checker, message, choices })

export const printCase = (saved: SavedCase): string => `${JSON.stringify(saved, undefined, 2)}\n`

/** Reads a case. Fails with `ARGUMENT_INVALID`, naming the file. */
export function parseCase(text: string, file: string): SavedCase {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const saved = value as Partial<SavedCase> | undefined
  const sound =
    saved?.format === 1 &&
    typeof saved.program === 'string' &&
    Number.isSafeInteger(saved.seed) &&
    Number.isSafeInteger(saved.records) &&
    Array.isArray(saved.choices) &&
    saved.choices.every((choice) => typeof choice === 'string')
  if (sound) return saved as SavedCase
  throw new StreamError('ARGUMENT_INVALID', `${file} is not a saved run: expected JSON of format 1 with its choices.`)
}
