/** What a person asks of `npm run explore`, checked. */
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'
import { type Target, targets } from './targets.ts'

export interface ExploreArguments {
  readonly targets: readonly Target[]
  /** Records of each source, in place of the scenario's own. */
  readonly records: number | undefined
  readonly maxStates: number
  /** For each scenario; undefined: no limit. */
  readonly seconds: number | undefined
  readonly short: boolean
  /** Where a counterexample is written. */
  readonly out: string | undefined
}

/** Something wrong with the command line: one sentence. */
export class ArgumentError extends Error {}

const options = {
  scenario: { type: 'string' },
  records: { type: 'string' },
  'max-states': { type: 'string', default: '100000000' },
  seconds: { type: 'string' },
  short: { type: 'boolean', default: false },
  out: { type: 'string' },
} as const

export function readArguments(words: readonly string[]): ExploreArguments {
  const given = parsed(words)
  return {
    targets: chosen(given.scenario),
    records: given.records === undefined ? undefined : whole('records', given.records, 0),
    maxStates: whole('max-states', given['max-states'], 1),
    seconds: given.seconds === undefined ? undefined : whole('seconds', given.seconds, 1),
    short: given.short,
    out: given.out,
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (thrown) {
    throw new ArgumentError(messageOf(thrown))
  }
}

function chosen(name: string | undefined): readonly Target[] {
  if (name === undefined) return targets
  const target = targets.find((one) => one.name === name)
  if (target !== undefined) return [target]
  const names = targets.map((one) => one.name).join(', ')
  throw new ArgumentError(`--scenario must be one of ${names}, got "${name}".`)
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
  throw new ArgumentError(`--${name} must be a whole number from ${least}, got "${text}".`)
}
