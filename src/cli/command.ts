/**
 * What a command is, and the flags that all of them have. Owns the table's shape and the help; each command is in its
 * own file.
 */
import type { Plugin } from '../backends/plugin.ts'
import type { Configuration, ConfigurationEntry } from '../job/configuration.ts'
import { sessionOptionsOf } from '../job/configured-session.ts'
import type { Log, SessionOptions } from '../job/session-options.ts'
import { definitionEntry, loadConfiguration } from './configuration-sources.ts'
import { type CliContext, printable, printLine } from './context.ts'
import { describeFlags, type Flag, type ParsedFlags, UsageError } from './flags.ts'
import { loadPlugins } from './load-plugins.ts'
import { RestClient } from './rest-client.ts'

export interface Command {
  readonly name: string
  /** What follows the name. */
  readonly usage: string
  readonly about: string
  readonly flags: readonly Flag[]
  readonly example: string
  /** Do flags end at the first argument, because the rest belongs to the job? */
  readonly stopAtArgument?: boolean
  /** Does the work and gives the exit code. */
  run(invocation: Invocation): Promise<number>
}

export const helpFlag: Flag = { names: ['-h', '--help'], value: 'none', about: 'Show this text.' }
export const verboseFlag: Flag = { names: ['--verbose'], value: 'none', about: 'Show stacks and information.' }
export const defineFlag: Flag = {
  names: ['-D'],
  value: 'list',
  valueName: 'key=value',
  about: 'Set a configuration key (docs/configuration.md).',
}
export const addressFlag: Flag = {
  names: ['-m', '--jobmanager'],
  value: 'needed',
  valueName: 'host:port',
  about: 'Where the session is. Default: rest.address and rest.port.',
}
export const typeFlag: Flag = {
  names: ['-type', '--type'],
  value: 'needed',
  valueName: 'canonical|native',
  about: 'Accepted for compatibility: there is one format.',
}
export const selfContainedFlag: Flag = {
  names: ['--self-contained'],
  value: 'none',
  about: 'Copy all state into the savepoint, which may then be moved. Default: as configured, else a pointer.',
}
export const detachedFlag: Flag = {
  names: ['-detached', '--detached'],
  value: 'none',
  about: 'Do not wait for the end; print the id of the operation.',
}

/** One call of a command, with what it may reach. */
export class Invocation {
  readonly context: CliContext
  readonly flags: ParsedFlags
  readonly verbose: boolean
  readonly log: Log
  readonly #entries: ConfigurationEntry[] = []
  #configuration: Configuration | undefined

  constructor(context: CliContext, flags: ParsedFlags) {
    this.context = context
    this.flags = flags
    this.verbose = flags.has('--verbose') || context.env.TIDEMARK_DEBUG === '1'
    this.log = (level, message) => {
      if (level === 'info' && !this.verbose) return
      printLine(context.stderr, `${level}: ${message.split('\n').map(printable).join('\n')}`)
    }
  }

  /** What the command line itself configures, beside `-D`; before the first use of `configuration`. */
  configure(key: string, value: string, origin: string): void {
    this.#entries.push({ key, value, origin })
  }

  /** What `-D` and its like say, without the other sources. */
  get definitions(): readonly ConfigurationEntry[] {
    return [...this.#entries, ...this.flags.values('-D').map(definitionEntry)]
  }

  get configuration(): Configuration {
    const { cwd, env } = this.context
    this.#configuration ??= loadConfiguration({ cwd, env, flags: this.definitions, log: this.log })
    return this.#configuration
  }

  /** The plugins that configuration names, loaded. Fails with `PLUGIN_INVALID`. */
  plugins(): Promise<readonly Plugin[]> {
    const { cwd, importModule } = this.context
    return loadPlugins({ configuration: this.configuration, cwd, importModule })
  }

  /** The options of a session of ours. Fails as `sessionOptionsOf` and `plugins` do. */
  async sessionOptions(): Promise<SessionOptions> {
    return sessionOptionsOf(this.configuration, this.log, await this.plugins())
  }

  client(): RestClient {
    return new RestClient(this.context, this.configuration, this.flags.value('--jobmanager'))
  }

  print(line = ''): void {
    printLine(this.context.stdout, line)
  }
}

/** The `--type` of a savepoint under the protocol's name. Fails with `UsageError`. */
export function formatOf(flags: ParsedFlags): 'CANONICAL' | 'NATIVE' {
  const text = (flags.value('--type') ?? 'canonical').toUpperCase()
  if (text === 'CANONICAL' || text === 'NATIVE') return text
  throw new UsageError(`Savepoint type "${flags.value('--type')}" is unknown: expected canonical or native.`)
}

/** What the body of a request for a savepoint says of its own format; nothing leaves it to the session. */
export const selfContainedField = (flags: ParsedFlags): { readonly selfContained?: true } =>
  flags.has('--self-contained') ? { selfContained: true } : {}

export const helpOf = ({ name, usage, about, flags, example }: Command): string =>
  [
    `${about}`,
    '',
    `Usage: tidemark ${name} ${usage}`.trimEnd(),
    '',
    describeFlags([...flags, verboseFlag, helpFlag]),
    '',
    `Example: ${example}`,
  ].join('\n')
