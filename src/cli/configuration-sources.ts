/** Where configuration comes from: a file, the environment, `-D` and `-p`. Owns their order and their spelling. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'
import {
  type Configuration,
  type ConfigurationEntry,
  knownConfigurationNames,
  readConfiguration,
} from '../job/configuration.ts'
import type { Log } from '../job/session-options.ts'
import { readConfigurationFile } from './configuration-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigurationSources {
  readonly cwd: string
  readonly env: Environment
  /** What the command line says. */
  readonly flags: readonly ConfigurationEntry[]
  readonly log: Log
}

const fileNames = ['tidemark.yaml', 'tidemark.yml', 'flink-conf.yaml']

/** The configuration of a command: file, then environment, then flags. Fails as `readConfiguration` does. */
export const loadConfiguration = ({ cwd, env, flags, log }: ConfigurationSources): Configuration =>
  readConfiguration([fileEntries(cwd, env, log), environmentEntries(env), flags])

function fileEntries(cwd: string, env: Environment, log: Log): readonly ConfigurationEntry[] {
  const named = env.TIDEMARK_CONF
  const path = named === undefined ? fileNames.map((name) => resolve(cwd, name)).find(existsSync) : resolve(cwd, named)
  return path === undefined ? [] : readConfigurationFile(path, log)
}

/** Variables that are no keys. */
const otherVariables = new Set(['TIDEMARK_CONF', 'TIDEMARK_DEBUG'])

const variableOf = (name: string): string => `TIDEMARK_${name.toUpperCase().replace(/[.-]/g, '_')}`

const byVariable = new Map(knownConfigurationNames.map((name) => [variableOf(name), name]))

/** The entries among the variables of an environment. Fails with `CONFIG_KEY_UNKNOWN`. */
export function environmentEntries(env: Environment): readonly ConfigurationEntry[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    if (!variable.startsWith('TIDEMARK_') || otherVariables.has(variable) || value === undefined) return []
    const key = byVariable.get(variable)
    if (key !== undefined) return [{ key, value, origin: `environment variable ${variable}` }]
    const guess = nearest(
      variable.toLowerCase(),
      [...byVariable.keys()].map((name) => name.toLowerCase()),
    )
    throw new StreamError(
      'CONFIG_KEY_UNKNOWN',
      `The environment variable ${variable} names no configuration key` +
        `${guess === undefined ? '.' : `; did you mean ${guess.toUpperCase()}?`}`,
    )
  })
}

/** The entry of one `-Dkey=value`, given what follows the `-D`. Fails with `ARGUMENT_INVALID`. */
export function definitionEntry(text: string): ConfigurationEntry {
  const at = text.indexOf('=')
  if (at < 1) {
    throw new StreamError('ARGUMENT_INVALID', `"-D${text}" is not a setting: expected -Dkey=value.`)
  }
  const key = text.slice(0, at).trim()
  return { key, value: text.slice(at + 1), origin: `-D${key}` }
}
