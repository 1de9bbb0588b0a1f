/** The words of `npm run bench`. */
import { parseArgs } from 'node:util'
import { type SizeName, sizes } from './sizes.ts'

export interface Arguments {
  readonly size: SizeName
  /** Undefined: as many as the size says. */
  readonly runs: number | undefined
  readonly only: string
  readonly json: boolean
  /** Run this contender once: for the processes that a run of the benchmarks starts. */
  readonly contender: string | undefined
}

/** A mistake in the words, as a sentence for who typed them. */
export class ArgumentError extends Error {}

/** Fails with `ArgumentError`. */
export function readArguments(words: readonly string[]): Arguments {
  const { size, runs, ...rest } = parse(words)
  if (!isSize(size)) throw new ArgumentError(`--size is "${size}": expected ${Object.keys(sizes).join(', ')}.`)
  if (runs !== undefined && !/^[1-9]\d{0,3}$/.test(runs)) {
    throw new ArgumentError(`--runs is "${runs}": expected an integer from 1.`)
  }
  const { only = '', json = false, contender } = rest
  return { size, runs: runs === undefined ? undefined : Number(runs), only, json, contender }
}

const isSize = (text: string): text is SizeName => Object.hasOwn(sizes, text)

function parse(words: readonly string[]) {
  const options = {
    size: { type: 'string', default: 'small' },
    runs: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean' },
    contender: { type: 'string' },
  } as const
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error))
  }
}
