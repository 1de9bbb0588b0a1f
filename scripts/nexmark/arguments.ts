/** The words of `npm run nexmark`. */
import { parseArgs } from 'node:util'
import { queries } from '../../examples/nexmark/queries.ts'
import type { NexmarkQuery } from '../../examples/nexmark/query.ts'

export interface Arguments {
  readonly verify: boolean
  readonly queries: readonly NexmarkQuery[]
  readonly events: number
  readonly seed: number
  readonly ratePerSecond: number
  readonly parallelism: readonly number[]
  readonly backends: readonly Backend[]
  /** Sizes of the groups that events are out of order in. */
  readonly groups: readonly number[]
  /** Combinations that are under way at the same time. */
  readonly jobs: number
  readonly keep: boolean
}

export type Backend = 'heap' | 'lmdb'

/** A mistake in the words, as a sentence for who typed them. */
export class ArgumentError extends Error {}

/** Fails with `ArgumentError`. */
export function readArguments(words: readonly string[]): Arguments {
  const args = parse(words)
  return {
    verify: args.verify,
    queries: args.queries === undefined ? queries : args.queries.split(',').map(queryNamed),
    events: integer('events', args.events ?? (args.verify ? '1000000' : '100000')),
    seed: integer('seed', args.seed),
    ratePerSecond: integer('rate', args.rate),
    parallelism: args.parallelism.split(',').map((text) => integer('parallelism', text)),
    backends: args.backends.split(',').map(backendNamed),
    groups: args.groups.split(',').map((text) => integer('groups', text)),
    jobs: integer('jobs', args.jobs),
    keep: args.keep,
  }
}

function parse(words: readonly string[]) {
  const options = {
    verify: { type: 'boolean', default: false },
    queries: { type: 'string' },
    events: { type: 'string' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '10000' },
    parallelism: { type: 'string', default: '1,2,4' },
    backends: { type: 'string', default: 'heap,lmdb' },
    groups: { type: 'string', default: '1,500' },
    jobs: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error))
  }
}

function queryNamed(wanted: string): NexmarkQuery {
  const found = queries.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  throw new ArgumentError(`--queries has "${wanted}": expected some of ${queries.map(({ name }) => name).join(',')}.`)
}

function integer(option: string, text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new ArgumentError(`--${option} has "${text}": expected an integer from 1.`)
}

function backendNamed(text: string): Backend {
  if (text === 'heap' || text === 'lmdb') return text
  throw new ArgumentError(`--backends has "${text}": expected heap or lmdb.`)
}
