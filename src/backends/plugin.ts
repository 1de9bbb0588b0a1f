/**
 * What others add to tidemark: a place for checkpoints, a place for savepoints, a way to keep keyed state. A plugin is plain
 * data with functions that make things; who asks for which is the session's business.
 *
 * A place is named by a URL, `<scheme>://…`, and so is everything in it: a checkpoint is at `<place>/<job id>/<name>`, a
 * savepoint at `<place>/<name>`. So a path alone says what it is read, pinned and disposed of with, when the job that
 * made it is long forgotten. Tests: test/backends/plugin.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { CheckpointStorage } from './checkpoint-storage.ts'
import { builtInSchemes, schemeForm } from './place-url.ts'
import type { SavepointStore } from './savepoint-store.ts'
import type { StateBackend } from './state-backend.ts'

export interface CheckpointStoragePlugin {
  /** The beginning of every URL that is answered: `bucket` for `bucket://main`. Small letters, digits, `+`, `.`, `-`. */
  readonly scheme: string
  /**
   * The checkpoints at one place. Called once per place and session, also for places that are only read from; it must
   * not reach outside yet.
   */
  create(url: string): CheckpointStorage
}

export interface SavepointStorePlugin {
  readonly scheme: string
  /**
   * The savepoints at one place, as for checkpoints. `checkpoints` finds the checkpoint that a savepoint points to,
   * wherever it is.
   */
  create(url: string, checkpoints: Pick<CheckpointStorage, 'resolve'>): SavepointStore
}

export interface StateBackendPlugin {
  /** What `state.backend` is set to. */
  readonly name: string
  create(): StateBackend
}

export interface Plugin {
  /** For messages. */
  readonly name: string
  readonly checkpointStorage?: CheckpointStoragePlugin
  readonly savepointStore?: SavepointStorePlugin
  readonly stateBackend?: StateBackendPlugin
}

/**
 * A plugin: the default export of a module that `tidemark.plugins` names, or an item of the session's option `plugins`.
 * Fails with `PLUGIN_INVALID`.
 *
 * @example
 * export default definePlugin({
 *   name: 'memory',
 *   checkpointStorage: { scheme: 'memory', create: () => jobmanagerCheckpointStorage() },
 * })
 */
export function definePlugin(plugin: Plugin): Plugin {
  checkPlugin(plugin)
  return plugin
}

/** `where` names what it came from, for a plugin without a name. Fails with `PLUGIN_INVALID`. */
export function checkPlugin(value: unknown, where = 'The plugin'): asserts value is Plugin {
  const plugin = objectOf(value)
  if (plugin === undefined) throw pluginInvalid(where, 'it is not an object')
  const { name, checkpointStorage, savepointStore, stateBackend, ...unknown } = plugin
  if (typeof name !== 'string' || name === '')
    throw pluginInvalid(where, 'its name is not a string of at least one character')
  const called = `Plugin "${name}"`
  const [strange] = Object.keys(unknown)
  if (strange !== undefined) throw pluginInvalid(called, `"${strange}" is no part of a plugin`)
  const parts = { checkpointStorage, savepointStore, stateBackend }
  const given = Object.entries(parts).filter(([, part]) => part !== undefined)
  if (given.length === 0) throw pluginInvalid(called, `it has none of ${Object.keys(parts).join(', ')}`)
  for (const [part, value] of given) checkPart(called, part, value)
}

function checkPart(called: string, part: string, value: unknown): void {
  const fields = objectOf(value)
  if (typeof fields?.create !== 'function') throw pluginInvalid(called, `${part}.create is not a function`)
  const key = part === 'stateBackend' ? 'name' : 'scheme'
  const name = fields[key]
  const form = `expected ${key} to be small letters, digits, "+", "." and "-", a letter first`
  if (typeof name !== 'string' || !schemeForm.test(name)) {
    throw pluginInvalid(called, `${part}.${key} is ${JSON.stringify(name) ?? 'missing'}: ${form}`)
  }
  const taken = key === 'scheme' ? builtInSchemes : builtInStateBackends
  if (taken.includes(name)) throw pluginInvalid(called, `${part}.${key} is "${name}", which tidemark has itself`)
}

/** Old names of storages count: `state.backend` takes them, too. */
export const builtInStateBackends: readonly string[] = ['heap', 'hashmap', 'lmdb', 'jobmanager', 'filesystem']

const objectOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined

export const pluginInvalid = (what: string, why: string): StreamError =>
  new StreamError('PLUGIN_INVALID', `${what} cannot be used: ${why}.`)
