/**
 * Runs contenders round by round, each run in a process of its own, so that a machine that slows down slows all of them.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Contender } from './workload.ts'

/** What one round measured, by row. A contender that failed has no rows in it. */
export type Round = ReadonlyMap<string, number>

export interface Turns {
  readonly rounds: readonly Round[]
  readonly failures: readonly string[]
}

export interface TurnOptions {
  readonly runs: number
  /** Contenders that run at the same time. */
  readonly sideBySide: number
  /** The arguments of Node that make a process run one contender once and print its rows as JSON. */
  readonly command: (contender: string) => readonly string[]
  readonly progress: (text: string) => void
}

const execute = promisify(execFile)

export async function takeTurns(contenders: readonly Contender[], options: TurnOptions): Promise<Turns> {
  const { runs, sideBySide, command, progress } = options
  const rounds = Array.from({ length: runs }, () => new Map<string, number>())
  const failures: string[] = []
  const waiting = rounds.flatMap((round, index) => contenders.map((contender) => ({ round, index, contender })))
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { round, index, contender } = next
      progress(`round ${index + 1} of ${runs}: ${contender.name}`)
      try {
        const { stdout } = await execute(process.execPath, command(contender.name))
        for (const [row, value] of rowsIn(contender, stdout)) round.set(row, value)
      } catch (error) {
        failures.push(`${contender.name} in round ${index + 1}: ${reasonOf(error)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, lane))
  return { rounds, failures }
}

/** What the process printed, if it is a number for every row and nothing else. */
function rowsIn({ name, rows }: Contender, stdout: string): readonly [row: string, value: number][] {
  const printed = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  const expected = Object.keys(rows).sort().join(', ')
  const got = Object.keys(printed).sort().join(', ')
  if (got !== expected) throw new Error(`${name} measured ${got}: expected ${expected}.`)
  return Object.entries(printed).map(([row, value]) => {
    if (typeof value === 'number' && Number.isFinite(value)) return [row, value]
    throw new Error(`${name} measured ${row} as ${value}: expected a number.`)
  })
}

/** The line of a stack trace that says what went wrong, rather than all that the process printed. */
function reasonOf(error: unknown): string {
  const { message, stderr } = error as { readonly message: string; readonly stderr?: string }
  return stderr?.split('\n').find((line) => /^\w*Error\b|FATAL/.test(line)) ?? message
}
