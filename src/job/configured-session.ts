/**
 * What configuration means: session options, the defaults of its jobs, and which settings do not go together.
 *
 * Owns the rules between keys. Does not own the keys (`configuration-keys.ts`) or how a program's own options are merged
 * over the defaults (the session).
 */
import { lmdbStateBackend } from '../backends/lmdb/lmdb-state.ts'
import { StreamError } from '../core/errors.ts'
import type { RestartOptions, SavepointOptions } from '../program/options.ts'
import type { Configuration } from './configuration.ts'
import type { ConfigurationKey } from './configuration-key.ts'
import { configurationKeys as keys } from './configuration-keys.ts'
import type {
  CheckpointStorageOptions,
  EffectiveCheckpointing,
  JobDefaults,
  Log,
  SessionOptions,
} from './session-options.ts'

/**
 * The options of a session that runs under this configuration. `log` hears of settings that cannot be honoured. Fails
 * with `CONFIG_VALUE_INVALID` when filesystem checkpoints have no directory, `PACKAGE_MISSING` without the package that a
 * state backend needs.
 *
 * @example createSession(sessionOptionsOf(readConfiguration([entries]), (level, message) => report(level, message)))
 */
export function sessionOptionsOf(configuration: Configuration, log: Log): SessionOptions {
  return {
    ...stateBackendOf(configuration),
    checkpointStorage: checkpointStorageOf(configuration),
    savepoints: savepointsOf(configuration, log),
    defaults: jobDefaultsOf(configuration),
    log,
  }
}

function stateBackendOf(configuration: Configuration): Pick<SessionOptions, 'stateBackend'> {
  if (configuration.get(keys.stateBackend) !== 'lmdb') return {}
  const dir = configuration.get(keys.lmdbDir)
  const cacheEntries = configuration.get(keys.lmdbCacheEntries)
  const cacheBytes = configuration.get(keys.lmdbCacheSize)
  return { stateBackend: lmdbStateBackend({ dir, cacheEntries, cacheBytes }) }
}

function checkpointStorageOf(configuration: Configuration): CheckpointStorageOptions {
  const dir = configuration.get(keys.checkpointDir)
  const backend = configuration.find(keys.stateBackend)
  const chosen =
    configuration.find(keys.checkpointStorage) ??
    (backend?.value === 'jobmanager' || backend?.value === 'filesystem' ? backend : undefined)
  if ((chosen?.value ?? (dir === undefined ? 'jobmanager' : 'filesystem')) === 'jobmanager') {
    return { kind: 'jobmanager' }
  }
  if (dir !== undefined) return { kind: 'filesystem', dir }
  throw new StreamError(
    'CONFIG_VALUE_INVALID',
    `"${chosen?.writtenAs}" is "filesystem" (${chosen?.origin}), but no directory is set: ` +
      `expected "${keys.checkpointDir.name}" (in old files "state.backend.fs.checkpointdir") beside it.`,
  )
}

function savepointsOf(configuration: Configuration, log: Log): SavepointOptions {
  const dir = configuration.get(keys.savepointDir)
  const chosen = configuration.find(keys.savepointBackend)
  if ((chosen?.value ?? (dir === undefined ? 'jobmanager' : 'filesystem')) === 'jobmanager') {
    return { kind: 'jobmanager' }
  }
  if (dir !== undefined) return { kind: 'filesystem', dir }
  log(
    'warn',
    `"${keys.savepointBackend.name}" is "filesystem" (${chosen?.origin}), but "savepoints.state.backend.fs.dir" is not ` +
      'set: savepoints are kept in this process (jobmanager) and are lost with it.',
  )
  return { kind: 'jobmanager' }
}

/**
 * Refuses unaligned checkpoints where they promise nothing or cannot be told apart. To be called with what a job really
 * uses. Fails with `UNALIGNED_INCOMPATIBLE`, naming both settings and the fix.
 */
export function checkUnaligned({ unaligned, mode, maxConcurrent }: EffectiveCheckpointing): void {
  if (unaligned === undefined) return
  const both = (setting: string, fix: string): StreamError =>
    new StreamError(
      'UNALIGNED_INCOMPATIBLE',
      `Unaligned checkpoints ("unaligned", "${keys.unaligned.name}") are on, but ${setting}. ${fix}, or leave them off.`,
      { details: { mode, maxConcurrent } },
    )
  if (mode !== 'exactly-once') {
    throw both(`the mode is "${mode}", in which no barrier waits`, 'Set "mode" to "exactly-once"')
  }
  if (maxConcurrent > 1) {
    throw both(`up to ${maxConcurrent} checkpoints may be under way at once`, 'Set "maxConcurrent" to 1')
  }
}

/** What configuration says about jobs: only what was set, so that built-in defaults stay in one place. */
export function jobDefaultsOf(configuration: Configuration): JobDefaults {
  const set = <Name extends string, T>(name: Name, key: ConfigurationKey<T>) => {
    const found = configuration.find(key)
    return (found === undefined ? {} : { [name]: found.value }) as { readonly [N in Name]?: T }
  }
  const checkpoint = {
    ...set('intervalMs', keys.interval),
    ...set('mode', keys.mode),
    ...set('timeoutMs', keys.timeout),
    ...set('minPauseMs', keys.minPause),
    ...set('maxConcurrent', keys.maxConcurrent),
    ...set('tolerableFailures', keys.tolerableFailures),
    ...set('retained', keys.retained),
    ...set('retention', keys.retention),
    ...set('afterTasksFinish', keys.afterTasksFinish),
    ...set('unaligned', keys.unaligned),
    ...set('alignedTimeoutMs', keys.alignedTimeout),
    ...set('incremental', keys.incremental),
    ...set('inlineStateBytes', keys.inlineStateBytes),
  }
  const restart = restartOf(configuration)
  return {
    ...set('name', keys.name),
    ...set('parallelism', keys.parallelism),
    ...set('maxParallelism', keys.maxParallelism),
    ...set('autoGeneratedUids', keys.autoGeneratedUids),
    ...set('chaining', keys.chaining),
    ...(Object.keys(checkpoint).length === 0 ? {} : { checkpoint }),
    ...(restart === undefined ? {} : { restart }),
  }
}

function restartOf(configuration: Configuration): RestartOptions | undefined {
  const get = <T>(key: ConfigurationKey<T> & { readonly fallback: T }) => configuration.get(key)
  const strategy = configuration.get(keys.restart)
  switch (strategy) {
    case undefined:
    case 'none':
      return strategy === undefined ? undefined : { strategy }
    case 'fixed-delay':
      return { strategy, attempts: get(keys.fixedAttempts), delayMs: get(keys.fixedDelay) }
    case 'failure-rate':
      return {
        strategy,
        maxFailuresPerInterval: get(keys.failureRateMax),
        failureRateIntervalMs: get(keys.failureRateInterval),
        delayMs: get(keys.failureRateDelay),
      }
    case 'exponential-delay': {
      const attempts = configuration.get(keys.exponentialAttempts)
      return {
        strategy,
        initialBackoffMs: get(keys.initialBackoff),
        maxBackoffMs: get(keys.maxBackoff),
        backoffMultiplier: get(keys.backoffMultiplier),
        resetBackoffThresholdMs: get(keys.resetBackoff),
        jitterFactor: get(keys.jitter),
        ...(attempts === undefined ? {} : { attempts }),
      }
    }
  }
}
