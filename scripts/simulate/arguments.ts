/** What a person asks of `npm run simulate`, checked. */
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'
import { type StrategyName, strategyNames } from '../../src/testing/simulation/simulation-exports.ts'
import { programs } from './programs.ts'

export interface SimulateArguments {
  readonly seeds: number
  readonly first: number
  readonly strategy: StrategyName | 'portfolio'
  /** Undefined: by seed. */
  readonly program: string | undefined
  readonly workers: number
  /** Runs this saved case and nothing else. */
  readonly case: string | undefined
  /** Writes shrunk failures into this directory. */
  readonly save: string | undefined
  /** Looks for each mutant, too. */
  readonly mutants: boolean
}

/** Something wrong with the command line: one sentence. */
export class ArgumentError extends Error {}

export function readArguments(words: readonly string[], workers: number): SimulateArguments {
  const given = parsed(words)
  const strategies: readonly string[] = [...strategyNames, 'portfolio']
  if (!strategies.includes(given.strategy)) {
    throw new ArgumentError(`--strategy must be one of ${strategies.join(', ')}, got "${given.strategy}".`)
  }
  if (given.program !== undefined && !(given.program in programs)) {
    throw new ArgumentError(`--program must be one of ${Object.keys(programs).join(', ')}, got "${given.program}".`)
  }
  return {
    seeds: whole('seeds', given.seeds, 1),
    first: whole('first', given.first, 0),
    strategy: given.strategy as SimulateArguments['strategy'],
    program: given.program,
    workers: given.workers === undefined ? workers : whole('workers', given.workers, 1),
    case: given.case,
    save: given.save,
    mutants: given.mutants !== 'no',
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seeds: { type: 'string', default: '200' },
        first: { type: 'string', default: '1' },
        strategy: { type: 'string', default: 'portfolio' },
        program: { type: 'string' },
        workers: { type: 'string' },
        case: { type: 'string' },
        save: { type: 'string' },
        mutants: { type: 'string', default: 'yes' },
      },
    }).values
  } catch (error) {
    throw new ArgumentError(messageOf(error))
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= least) return value
  throw new ArgumentError(`--${name} must be a whole number from ${least}, got "${text}".`)
}
