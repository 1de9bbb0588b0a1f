/**
 * What configuration says about where things are kept: running state, checkpoints, savepoints. Owns which of the keys
 * decides, and what is said when they contradict each other or name what no plugin has.
 */
import { lmdbStateBackend } from '../backends/lmdb/lmdb-state.ts'
import { placeUrl, pluginScheme } from '../backends/place-url.ts'
import { builtInStateBackends, type Plugin } from '../backends/plugin.ts'
import { StreamError } from '../core/errors.ts'
import type { SavepointDefaults, SavepointOptions } from '../program/options.ts'
import type { Configuration, ConfiguredValue } from './configuration.ts'
import { configurationKeys as keys } from './configuration-keys.ts'
import { checkPlugins, pluginStateBackend } from './plugin-registry.ts'
import type { CheckpointStorageOptions, Log, SessionOptions } from './session-options.ts'

/**
 * `plugins` are those that the configuration names, loaded. Fails with `CONFIG_VALUE_INVALID`, `PLUGIN_INVALID`,
 * `PACKAGE_MISSING`.
 */
export function storageOptionsOf(
  configuration: Configuration,
  log: Log,
  plugins: readonly Plugin[],
): Pick<SessionOptions, 'stateBackend' | 'checkpointStorage' | 'savepoints' | 'plugins'> {
  checkPlugins(plugins)
  return {
    ...stateBackendOf(configuration, plugins),
    checkpointStorage: checkpointStorageOf(configuration, plugins),
    savepoints: savepointsOf(configuration, plugins, log),
    ...(plugins.length > 0 && { plugins }),
  }
}

function stateBackendOf(
  configuration: Configuration,
  plugins: readonly Plugin[],
): Pick<SessionOptions, 'stateBackend'> {
  const name = configuration.get(keys.stateBackend)
  if (name === 'lmdb') {
    const dir = configuration.get(keys.lmdbDir)
    const cacheEntries = configuration.get(keys.lmdbCacheEntries)
    const cacheBytes = configuration.get(keys.lmdbCacheSize)
    return { stateBackend: lmdbStateBackend({ dir, cacheEntries, cacheBytes }) }
  }
  if (builtInStateBackends.includes(name)) return {}
  const stateBackend = pluginStateBackend(plugins, name)
  if (stateBackend !== undefined) return { stateBackend }
  const names = plugins.flatMap((plugin) => plugin.stateBackend?.name ?? [])
  throw nobodyHas(configuration.find(keys.stateBackend)!, keys.stateBackend.kind.expected, names)
}

function checkpointStorageOf(configuration: Configuration, plugins: readonly Plugin[]): CheckpointStorageOptions {
  const backend = configuration.find(keys.stateBackend)
  const chosen =
    configuration.find(keys.checkpointStorage) ??
    (backend?.value === 'jobmanager' || backend?.value === 'filesystem' ? backend : undefined)
  const dir = configuration.find(keys.checkpointDir)
  const schemes = plugins.flatMap(({ checkpointStorage }) => checkpointStorage?.scheme ?? [])
  const place = placeOf({ chosen, dir, schemes })
  if (place.kind !== 'filesystem') return place
  if (place.dir !== undefined) return { kind: 'filesystem', dir: place.dir }
  throw new StreamError(
    'CONFIG_VALUE_INVALID',
    `"${chosen?.writtenAs}" is "filesystem" (${chosen?.origin}), but no directory is set: ` +
      `expected "${keys.checkpointDir.name}" (in old files "state.backend.fs.checkpointdir") beside it.`,
  )
}

function savepointsOf(configuration: Configuration, plugins: readonly Plugin[], log: Log): SavepointOptions {
  const chosen = configuration.find(keys.savepointBackend)
  const dir = configuration.find(keys.savepointDir)
  const schemes = plugins.flatMap(({ savepointStore }) => savepointStore?.scheme ?? [])
  const place = placeOf({ chosen, dir, schemes })
  if (place.kind === 'jobmanager') return place
  if (place.kind === 'custom' || place.dir !== undefined) return { ...place, ...formatOf(configuration) }
  log(
    'warn',
    `"${keys.savepointBackend.name}" is "filesystem" (${chosen?.origin}), but "savepoints.state.backend.fs.dir" is not ` +
      'set: savepoints are kept in this process (jobmanager) and are lost with it.',
  )
  return { kind: 'jobmanager' }
}

/** Only what was set, so that the default stays in one place. */
function formatOf(configuration: Configuration): SavepointDefaults {
  const found = configuration.find(keys.savepointFormat)
  return found === undefined ? {} : { format: found.value }
}

interface Settings {
  /** The kind, if it is said. */
  readonly chosen: ConfiguredValue<string> | undefined
  /** A directory or a URL. */
  readonly dir: ConfiguredValue<string> | undefined
  /** What plugins have. */
  readonly schemes: readonly string[]
}

/** The kind says what the place must be like; without a kind the place says it. */
function placeOf({ chosen, dir, schemes }: Settings): SavepointOptions {
  const scheme = dir === undefined ? undefined : pluginScheme(dir.value)
  const kind = chosen?.value ?? (dir === undefined ? 'jobmanager' : (scheme ?? 'filesystem'))
  if (kind === 'jobmanager') return { kind }
  if (kind === 'filesystem') {
    if (dir === undefined) return { kind }
    if (scheme === undefined) return { kind, dir: dir.value }
    throw contradiction(dir, chosen, 'a directory')
  }
  if (!schemes.includes(kind)) {
    throw chosen === undefined
      ? nobodyHas(dir!, keys.checkpointDir.kind.expected, schemes)
      : nobodyHas(chosen, keys.checkpointStorage.kind.expected, schemes)
  }
  if (dir === undefined) return { kind: 'custom', url: `${kind}://` }
  const url = placeUrl(dir.value)
  if (scheme === kind && url !== undefined) return { kind: 'custom', url }
  throw contradiction(dir, chosen, `${kind}://<names>, without ".", "..", "%", "?", "#" and spaces`)
}

/** `expected` fits `chosen`, but `dir` is something else. */
const contradiction = (
  { value, writtenAs, origin }: ConfiguredValue<string>,
  chosen: ConfiguredValue<string> | undefined,
  expected: string,
): StreamError =>
  new StreamError(
    'CONFIG_VALUE_INVALID',
    `"${writtenAs}" is "${value}" (${origin}): expected ${expected}` +
      (chosen === undefined ? '.' : `, because "${chosen.writtenAs}" is "${chosen.value}" (${chosen.origin}).`),
    { details: { key: writtenAs, origin } },
  )

function nobodyHas(
  { value, writtenAs, origin }: ConfiguredValue<string>,
  expected: string,
  names: readonly string[],
): StreamError {
  const there = names.length === 0 ? 'no plugin with one is loaded' : `those of the loaded plugins: ${names.join(', ')}`
  return new StreamError(
    'CONFIG_VALUE_INVALID',
    `"${writtenAs}" is "${value}" (${origin}): expected ${expected} (${there}; "${keys.plugins.name}" names their modules).`,
    { details: { key: writtenAs, origin, name: pluginScheme(value) ?? value } },
  )
}
