/**
 * The command line as a function: words in, exit code out. Owns the list of commands, help, and how errors are shown:
 * `error[CODE]: sentence`, without a stack unless asked for.
 */
import { type ErrorCode, StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'
import { type Command, helpFlag, helpOf, Invocation, verboseFlag } from './command.ts'
import { type CliContext, printable, printLine } from './context.ts'
import { describeError } from './failure.ts'
import { parseFlags, UsageError } from './flags.ts'
import { infoCommand } from './info-command.ts'
import { listCommand } from './list-command.ts'
import { runCommand } from './run-command.ts'
import { checkpointCommand, savepointCommand } from './savepoint-commands.ts'
import { savepointDiffCommand } from './savepoint-diff-command.ts'
import { savepointGcCommand } from './savepoint-gc-command.ts'
import { savepointInspectCommand } from './savepoint-inspect-command.ts'
import { savepointListCommand } from './savepoint-list-command.ts'
import { savepointQueryCommand } from './savepoint-query-command.ts'
import { savepointVerifyCommand } from './savepoint-verify-command.ts'
import { startCommand } from './start-command.ts'
import { cancelCommand, stopCommand } from './stop-commands.ts'

export const commands: readonly Command[] = [
  runCommand,
  startCommand,
  listCommand,
  infoCommand,
  savepointCommand,
  savepointInspectCommand,
  savepointVerifyCommand,
  savepointQueryCommand,
  savepointDiffCommand,
  savepointListCommand,
  savepointGcCommand,
  checkpointCommand,
  stopCommand,
  cancelCommand,
]

/** Errors after which a script has something else to do than after others. */
const exitCodes: Partial<Record<ErrorCode, number>> = { REQUEST_TIMEOUT: 2, STOP_INCOMPLETE: 3 }

/** Runs one command line. Never rejects. */
export async function runCommandLine(words: readonly string[], context: CliContext): Promise<number> {
  const [name, ...rest] = words
  const { stdout } = context
  if (name === undefined) {
    printLine(stdout, `${overview()}\n\nPlease specify an action.`)
    return 1
  }
  if (name === '-h' || name === '--help') {
    printLine(stdout, overview())
    return 0
  }
  if (name === '-v' || name === '--version') {
    printLine(stdout, `Version: ${context.version}`)
    return 0
  }
  // A job id has 32 digits, so that no word is taken for one.
  const longer = commands.find((one) => one.name === `${name} ${rest[0]}`)
  if (longer !== undefined) return runOne(longer, rest.slice(1), context)
  const guessed = guessedWord(name, rest[0])
  if (guessed !== undefined) {
    printLine(
      stdout,
      `"${printable(`${name} ${rest[0]}`)}" is not a valid action.\n\nDid you mean "${name} ${guessed}"?`,
    )
    return 1
  }
  const command = commands.find((one) => one.name === name)
  if (command === undefined) {
    const names = commands.map((one) => one.name)
    const guess = nearest(name, names)
    printLine(stdout, `"${printable(name)}" is not a valid action.`)
    printLine(stdout, guess === undefined ? `\nValid actions: ${names.join(', ')}.` : `\nDid you mean "${guess}"?`)
    printLine(stdout, '\nSpecify the help option (-h or --help) to get help.')
    return 1
  }
  return runOne(command, rest, context)
}

/** The second word of an action, when what was typed in its place looks like it; a job id and a flag do not. */
function guessedWord(name: string, typed: string | undefined): string | undefined {
  const words = commands.flatMap((one) => (one.name.startsWith(`${name} `) ? [one.name.slice(name.length + 1)] : []))
  return typed !== undefined && /^[a-z]+$/i.test(typed) ? nearest(typed, words) : undefined
}

async function runOne(command: Command, words: readonly string[], context: CliContext): Promise<number> {
  let verbose = context.env.TIDEMARK_DEBUG === '1'
  try {
    const rules = { ...command, flags: [...command.flags, verboseFlag, helpFlag] }
    const flags = parseFlags(words, rules)
    verbose ||= flags.has('--verbose')
    if (flags.has('--help')) {
      printLine(context.stdout, helpOf(command))
      return 0
    }
    return await command.run(new Invocation(context, flags))
  } catch (error) {
    if (error instanceof UsageError) {
      printLine(context.stdout, error.message)
      printLine(context.stdout, '\nUse the help option (-h or --help) to get help on the command.')
    } else {
      printLine(context.stderr, describeError(error))
    }
    if (verbose) printLine(context.stderr, stackOf(error))
    return error instanceof StreamError ? (exitCodes[error.code] ?? 1) : 1
  }
}

function stackOf(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.stack ?? at.message)
  return parts.join('\ncaused by ')
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'Usage: tidemark <action> [options] [arguments]',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    '  -h, --help     Show this text; after an action, the text of that action.',
    '  -v, --version  Show the version.',
    '',
    'Example: tidemark run job.ts',
  ].join('\n')
}
