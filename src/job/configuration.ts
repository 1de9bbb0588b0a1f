/**
 * Configuration as a whole: entries from every source, checked, the strongest source winning for each key.
 *
 * Owns names, aliases, precedence and the messages about what is wrong. Does not own where entries come from (files and
 * the environment are read by the command line) nor what the keys mean together (`configured-session.ts`).
 */
import { StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'
import type { ConfigurationKey } from './configuration-key.ts'
import { allConfigurationKeys } from './configuration-keys.ts'

export interface ConfigurationEntry {
  /** As it was written: any name of a key. */
  readonly key: string
  readonly value: unknown
  /** For messages: `tidemark.yaml, line 3`, `environment variable TIDEMARK_REST_PORT`, `-Drest.port`. */
  readonly origin: string
  /** The directory of the file that it is in; undefined when it is in none. */
  readonly base?: string | undefined
}

export interface ConfiguredValue<T> {
  readonly value: T
  /** The name by which it was set. */
  readonly writtenAs: string
  readonly origin: string
  readonly base: string | undefined
}

export interface Configuration {
  /** The value of a key, or its default. */
  get<T>(key: ConfigurationKey<T> & { readonly fallback: T }): T
  get<T>(key: ConfigurationKey<T>): T | undefined
  /** What was set, with where; undefined when nothing set the key. */
  find<T>(key: ConfigurationKey<T>): ConfiguredValue<T> | undefined
  /** The names of the keys that were set. */
  readonly names: readonly string[]
}

const byName = new Map(
  allConfigurationKeys.flatMap((key) => [key.name, ...key.aliases].map((name): [string, typeof key] => [name, key])),
)

export const knownConfigurationNames: readonly string[] = [...byName.keys()]

/** The key of this name or alias. Fails with `CONFIG_KEY_UNKNOWN`, suggesting the nearest name. */
export function configurationKeyOf(name: string, origin: string): ConfigurationKey<unknown> {
  const key = byName.get(name)
  if (key !== undefined) return key
  const guess = nearest(name, knownConfigurationNames)
  throw new StreamError(
    'CONFIG_KEY_UNKNOWN',
    `There is no configuration key "${name}" (${origin})${guess === undefined ? '' : `; did you mean "${guess}"?`}`,
    { details: { key: name, origin } },
  )
}

/**
 * Checks the entries of every source, the weakest source first, and gives the values that win. Fails with
 * `CONFIG_KEY_UNKNOWN` and `CONFIG_VALUE_INVALID`, naming key, value, origin and what was expected; the latter also
 * when one source sets a key twice, under two of its names, to different values.
 *
 * @example readConfiguration([[{ key: 'rest.port', value: '0', origin: 'here' }]]).get(configurationKeys.port) // 0
 */
export function readConfiguration(sources: readonly (readonly ConfigurationEntry[])[]): Configuration {
  const values = new Map<string, ConfiguredValue<unknown>>()
  for (const source of sources) {
    const own = new Map<string, ConfigurationEntry>()
    for (const entry of source) {
      const key = configurationKeyOf(entry.key, entry.origin)
      const earlier = own.get(key.name)
      if (earlier !== undefined && earlier.key !== entry.key && String(earlier.value) !== String(entry.value)) {
        throw invalid(entry, `expected the same as "${earlier.key}" (${earlier.origin}), which means the same key`)
      }
      own.set(key.name, entry)
      const { key: writtenAs, origin, base } = entry
      values.set(key.name, { value: readValue(key, entry), writtenAs, origin, base })
    }
  }
  return {
    get: <T>(key: ConfigurationKey<T>) => (values.get(key.name)?.value ?? key.fallback) as T,
    find: <T>(key: ConfigurationKey<T>) => values.get(key.name) as ConfiguredValue<T> | undefined,
    names: [...values.keys()],
  }
}

function readValue(key: ConfigurationKey<unknown>, entry: ConfigurationEntry): unknown {
  const { value } = entry
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const read = isScalar ? key.kind.read(String(value)) : undefined
  if (read === undefined) throw invalid(entry, `expected ${key.kind.expected}`)
  return read
}

const invalid = ({ key, value, origin }: ConfigurationEntry, expected: string): StreamError => {
  const got = value === null || value === undefined ? 'no value' : typeof value === 'string' ? `"${value}"` : undefined
  return new StreamError(
    'CONFIG_VALUE_INVALID',
    `"${key}" is ${key === 'rest.token' ? 'not a token' : (got ?? JSON.stringify(value))} (${origin}): ${expected}.`,
    { details: { key, origin } },
  )
}
