/**
 * The plugins of a session, by what they answer for: the scheme of a URL, or the name of a state backend.
 *
 * Owns which plugin it is, and what is said when there is none. Makes one storage and one store per place, and keeps it.
 * Tests: test/job/plugin-registry.test.ts.
 */
import type { CheckpointStorage } from '../backends/checkpoint-storage.ts'
import { placeAbove, placeUrl, pluginScheme } from '../backends/place-url.ts'
import { checkPlugin, type Plugin, pluginInvalid } from '../backends/plugin.ts'
import type { SavepointStore } from '../backends/savepoint-store.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import { asStreamError, StreamError } from '../core/errors.ts'
import { guardedStorage, guardedStore } from './guarded-storage.ts'

/** What every object of a contract has, as a table that does not compile when one is forgotten. */
type Methods<T> = { readonly [K in keyof T as K extends 'kind' ? never : undefined extends T[K] ? never : K]: true }

const storageMethods: Methods<CheckpointStorage> = {
  open: true,
  newest: true,
  finishedJob: true,
  jobNames: true,
  resolve: true,
  pin: true,
  unpin: true,
}
const storeMethods: Methods<SavepointStore> = {
  reserve: true,
  publish: true,
  clear: true,
  resolve: true,
  entry: true,
  list: true,
  remove: true,
}

export class PluginRegistry {
  readonly #plugins: readonly Plugin[]
  readonly #checkpoints: Pick<CheckpointStorage, 'resolve'>
  readonly #storages = new Map<string, CheckpointStorage>()
  readonly #stores = new Map<string, SavepointStore>()

  /** `checkpoints` finds the checkpoints that savepoints of plugins point to. Fails with `PLUGIN_INVALID`. */
  constructor(plugins: readonly Plugin[], checkpoints: Pick<CheckpointStorage, 'resolve'>) {
    checkPlugins(plugins)
    this.#plugins = plugins
    this.#checkpoints = checkpoints
  }

  /** Those that were asked for so far. */
  get savepointStores(): readonly SavepointStore[] {
    return [...this.#stores.values()]
  }

  /** Fails with `STORAGE_UNKNOWN`, `PLUGIN_INVALID`. */
  checkpoints(url: string): CheckpointStorage {
    const place = placeOf(url)
    const plugin = this.#withScheme('checkpointStorage', place)
    if (plugin === undefined) throw this.#keepsOnly('checkpoints', place)
    const create = () => plugin.part.create(place)
    return kept(this.#storages, place, () =>
      guardedStorage(made(plugin.of, 'checkpointStorage', storageMethods, create), nameOf(plugin.of, place)),
    )
  }

  /** Fails with `STORAGE_UNKNOWN`, `PLUGIN_INVALID`. */
  savepoints(url: string): SavepointStore {
    const place = placeOf(url)
    const plugin = this.#withScheme('savepointStore', place)
    if (plugin === undefined) throw this.#keepsOnly('savepoints', place)
    const create = () => plugin.part.create(place, this.#checkpoints)
    return kept(this.#stores, place, () =>
      guardedStore(made(plugin.of, 'savepointStore', storeMethods, create), nameOf(plugin.of, place)),
    )
  }

  /** What a checkpoint of this path would be in; undefined when the plugin has no checkpoints. Fails with `STORAGE_UNKNOWN`. */
  storageOf(path: string): CheckpointStorage | undefined {
    const has = this.#withScheme('checkpointStorage', path) !== undefined
    return has ? this.checkpoints(placeAbove(placeOf(path), 2)) : undefined
  }

  /** What a savepoint of this path would be in; undefined when the plugin has no savepoints. Fails with `STORAGE_UNKNOWN`. */
  storeOf(path: string): SavepointStore | undefined {
    const has = this.#withScheme('savepointStore', path) !== undefined
    return has ? this.savepoints(placeAbove(placeOf(path), 1)) : undefined
  }

  /** Undefined when the plugin of the scheme lacks the part. */
  #withScheme<Part extends 'checkpointStorage' | 'savepointStore'>(part: Part, path: string) {
    const scheme = pluginScheme(path)
    const ours = this.#plugins.filter((plugin) => schemesOf(plugin).includes(scheme ?? ''))
    if (ours.length === 0) throw this.#unknown(path)
    for (const of of ours) {
      const found = of[part]
      if (found?.scheme === scheme) return { of, part: found as NonNullable<Plugin[Part]> }
    }
    return undefined
  }

  #unknown(path: string): StreamError {
    const scheme = pluginScheme(path) ?? ''
    const schemes = [...new Set(this.#plugins.flatMap(schemesOf))]
    return new StreamError(
      'STORAGE_UNKNOWN',
      `There is no storage for ${path}: ${registered(scheme, schemes)} ${howToRegister}`,
      { details: { path, scheme, key: pluginsKey } },
    )
  }

  #keepsOnly(wanted: 'checkpoints' | 'savepoints', place: string): StreamError {
    const other = wanted === 'checkpoints' ? 'savepoints' : 'checkpoints'
    return new StreamError(
      'STORAGE_UNKNOWN',
      `${place} cannot keep ${wanted}: the plugin of the scheme "${pluginScheme(place)}" is for ${other} only. Put ${wanted} ` +
        'into a directory, or into a place that another plugin has.',
      { details: { path: place, scheme: pluginScheme(place) ?? '' } },
    )
  }
}

const pluginsKey = 'tidemark.plugins'
const howToRegister = `Set "${pluginsKey}" to the module with the plugin, or pass it to createSession in "plugins".`

const registered = (scheme: string, schemes: readonly string[]): string =>
  `no plugin for "${scheme}://" is registered ` +
  (schemes.length === 0 ? '(none is, for any scheme).' : `(only for ${schemes.join(', ')}).`)

/** What plugins have, for the messages and checks of configuration. */
export const schemesOf = ({ checkpointStorage, savepointStore }: Plugin): readonly string[] =>
  [checkpointStorage?.scheme, savepointStore?.scheme].filter((scheme) => scheme !== undefined)

/** The state backend of this name; undefined when no plugin has it. Fails with `PLUGIN_INVALID`. */
export function pluginStateBackend(plugins: readonly Plugin[], name: string): StateBackend | undefined {
  const of = plugins.find(({ stateBackend }) => stateBackend?.name === name)
  const part = of?.stateBackend
  if (of === undefined || part === undefined) return undefined
  return made(of, 'stateBackend', { create: true }, () => part.create())
}

/** Each of them, and no two for one thing. Fails with `PLUGIN_INVALID`. */
export function checkPlugins(plugins: readonly Plugin[]): void {
  const owners = new Map<string, string>()
  for (const [index, plugin] of plugins.entries()) {
    checkPlugin(plugin, `plugins[${index}]`)
    const { checkpointStorage, savepointStore, stateBackend } = plugin
    for (const [thing, name] of [
      ['checkpoints at', checkpointStorage && `${checkpointStorage.scheme}://`],
      ['savepoints at', savepointStore && `${savepointStore.scheme}://`],
      ['the state backend', stateBackend && `"${stateBackend.name}"`],
    ]) {
      if (name === undefined) continue
      const owner = owners.get(`${thing} ${name}`)
      if (owner !== undefined) {
        throw pluginInvalid(`Plugin "${plugin.name}"`, `plugin "${owner}" is for ${thing} ${name} already`)
      }
      owners.set(`${thing} ${name}`, plugin.name)
    }
  }
}

function placeOf(url: string): string {
  const place = placeUrl(url)
  if (place !== undefined) return place
  throw new StreamError(
    'ARGUMENT_INVALID',
    `"${url}" is not the URL of a place: expected <scheme>://<names>, without ".", "..", "%", "?", "#" and spaces.`,
  )
}

const nameOf = ({ name }: Plugin, place: string): string => `Plugin "${name}" (${place})`

function kept<T>(known: Map<string, T>, place: string, make: () => T): T {
  const found = known.get(place) ?? make()
  known.set(place, found)
  return found
}

/** What a plugin makes, looked at: it was written elsewhere, perhaps without types. */
function made<T>({ name }: Plugin, part: string, methods: Methods<T>, make: () => T): T {
  const called = `Plugin "${name}"`
  let value: T
  try {
    value = make()
  } catch (thrown) {
    throw asStreamError(thrown, 'PLUGIN_INVALID', `${called} failed in ${part}.create`, false)
  }
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  const missing = Object.keys(methods).filter((method) => typeof fields[method] !== 'function')
  if (missing.length > 0) throw pluginInvalid(called, `what ${part}.create returned has no ${missing.join(', ')}`)
  return value
}
