/**
 * What a declaration of state may say beside its kind: version and migration, a schema, a time to live. Checked when the
 * program is built, so that a slip of the pen does not wait for the first record, or for the first restore.
 */
import type { StateEvolution, TtlOptions } from '../backends/state-backend.ts'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import type { StandardSchemaV1 } from '../core/standard-schema.ts'
import { checkNames } from './option-names.ts'

/** `T` is the type of the value, of an item of a list, of the value of a map's entry, or of the accumulator. */
export interface StateOptions<T> {
  /** Of the shape of the values, an integer from 0; 0 when left out. Raise it with every change of their shape. */
  readonly version?: number
  /** Makes a value of this version from one that an earlier version wrote. Must be pure, and must not change `old`. */
  migrate?(old: unknown, version: number): T
  /** Any Standard Schema that validates at once. It only says yes or no: values are stored as they are given. */
  readonly schema?: StandardSchemaV1<T, unknown>
  /** How long a value stays that is not used. */
  readonly ttl?: TtlOptions
}

const known = ['version', 'migrate', 'schema', 'ttl']
const knownOfTtl = ['ms', 'refresh', 'expired']

/** As a descriptor carries them. Fails with `ARGUMENT_INVALID`, naming the option. */
export function stateEvolution(options: StateOptions<unknown>): StateEvolution {
  checkNames(options, known, 'The options of a state')
  const { version, migrate, schema, ttl } = options
  if (version !== undefined && !(Number.isSafeInteger(version) && version >= 0)) {
    throw invalid('version', version, 'an integer from 0')
  }
  if (migrate !== undefined && typeof migrate !== 'function') throw invalid('migrate', migrate, 'a function')
  if (migrate !== undefined && !version) {
    throw invalid(
      'version',
      version,
      'an integer from 1 beside migrate, which is called for what earlier versions wrote',
    )
  }
  if (schema !== undefined) checkSchema(schema)
  if (ttl !== undefined) checkTtl(ttl)
  return {
    ...(version !== undefined && { version }),
    ...(migrate !== undefined && { migrate: migrate.bind(options) }),
    ...(schema !== undefined && { schema }),
    ...(ttl !== undefined && { ttl: { ...ttl } }),
  }
}

function checkSchema(schema: unknown): void {
  const standard = isObject(schema) ? schema['~standard'] : undefined
  if (isObject(standard) && standard.version === 1 && typeof standard.validate === 'function') return
  throw invalid('schema', schema, 'a Standard Schema of version 1: an object with "~standard"')
}

function checkTtl(ttl: unknown): void {
  checkNames(ttl, knownOfTtl, 'The options of ttl')
  const { ms, refresh, expired } = ttl as Partial<TtlOptions>
  if (!(Number.isSafeInteger(ms) && ms! > 0 && ms! <= limits.ttlMsMax)) {
    throw invalid('ttl.ms', ms, `milliseconds, an integer from 1 to ${limits.ttlMsMax}`)
  }
  checkOneOf('ttl.refresh', refresh, ['write', 'read-and-write'])
  checkOneOf('ttl.expired', expired, ['hidden', 'visible-until-cleaned'])
}

function checkOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw invalid(name, value, choices.map((choice) => `"${choice}"`).join(' or '))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const invalid = (name: string, got: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `"${name}" of a state is ${describe(got)}: expected ${expected}.`, {
    details: { option: name },
  })

const describe = (value: unknown): string => (isObject(value) ? `a value of type ${typeof value}` : String(value))
