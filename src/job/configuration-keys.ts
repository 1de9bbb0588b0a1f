/**
 * Every configuration key that tidemark knows: its names, its kind of value, its default, and one sentence about it.
 *
 * Owns the table, from which `docs/configuration.md` is generated. Does not own where values come from
 * (`configuration.ts`), nor what they mean together (`configured-session.ts`).
 */
import { limits } from '../core/limits.ts'
import { decimal, duration, flag, integer, list, oneOf, type ValueKind, words } from './configuration-value.ts'

/** Who reads a key: a `job` key may come with a submission, a `session` key is set when the process starts. */
export type KeyScope = 'job' | 'session' | 'client'

export interface ConfigurationKey<T> {
  readonly name: string
  /** Other names, those of Flink's earlier and later versions. */
  readonly aliases: readonly string[]
  readonly scope: KeyScope
  readonly kind: ValueKind<T>
  /** The value when nothing sets the key; undefined when there is none. */
  readonly fallback: T | undefined
  readonly about: string
}

const key = <T, Fallback extends T | undefined>(
  scope: KeyScope,
  names: string,
  kind: ValueKind<T>,
  fallback: Fallback,
  about: string,
): ConfigurationKey<T> & { readonly fallback: Fallback } => {
  const [name = '', ...aliases] = names.split(' ')
  return { name, aliases, scope, kind, fallback, about }
}

const directory = words('a directory')

const storageKeys = {
  stateBackend: key(
    'session',
    'state.backend state.backend.type',
    oneOf(['heap', 'jobmanager', 'filesystem'], { hashmap: 'heap' }),
    'heap',
    'Where running jobs keep state: `heap`. The old values `jobmanager` and `filesystem` choose the checkpoint storage.',
  ),
  checkpointStorage: key(
    'session',
    'state.checkpoint-storage execution.checkpointing.storage',
    oneOf(['jobmanager', 'filesystem']),
    undefined,
    'Where checkpoints are kept: in this process, or in `state.checkpoints.dir`. When left out: `filesystem` if that directory is set, else `jobmanager`.',
  ),
  checkpointDir: key(
    'session',
    'state.checkpoints.dir state.backend.fs.checkpointdir execution.checkpointing.dir',
    directory,
    undefined,
    'The directory of checkpoints.',
  ),
  savepointBackend: key(
    'session',
    'savepoints.state.backend',
    oneOf(['jobmanager', 'filesystem']),
    undefined,
    'Where savepoints are kept: in this process (lost with it), or in `state.savepoints.dir`. When left out: `filesystem` if that directory is set, else `jobmanager`.',
  ),
  savepointDir: key(
    'session',
    'state.savepoints.dir savepoints.state.backend.fs.dir execution.checkpointing.savepoint-dir',
    directory,
    undefined,
    'The directory of savepoints for which no other is given.',
  ),
}

const checkpointKeys = {
  interval: key(
    'job',
    'execution.checkpointing.interval',
    duration(1),
    undefined,
    'Time between the starts of two checkpoints. When left out, no checkpoint is taken on its own.',
  ),
  mode: key(
    'job',
    'execution.checkpointing.mode',
    oneOf(['exactly-once', 'at-least-once']),
    'exactly-once',
    'What a restore guarantees for state.',
  ),
  timeout: key(
    'job',
    'execution.checkpointing.timeout',
    duration(1),
    limits.checkpointTimeoutMs,
    'A checkpoint that takes longer is given up.',
  ),
  minPause: key(
    'job',
    'execution.checkpointing.min-pause',
    duration(0),
    0,
    'Time between the end of a checkpoint and the start of the next, at least.',
  ),
  maxConcurrent: key(
    'job',
    'execution.checkpointing.max-concurrent-checkpoints',
    integer(1),
    1,
    'Checkpoints under way at once, at most.',
  ),
  tolerableFailures: key(
    'job',
    'execution.checkpointing.tolerable-failed-checkpoints',
    integer(0),
    0,
    'Failed checkpoints in a row that the job survives.',
  ),
  retention: key(
    'job',
    'execution.checkpointing.externalized-checkpoint-retention',
    oneOf(['delete', 'retain-on-failure', 'retain-on-cancellation'], {
      'no-externalized-checkpoints': 'delete',
      'delete-on-cancellation': 'retain-on-failure',
    }),
    'retain-on-failure',
    'Which checkpoints outlive their job.',
  ),
  retained: key(
    'job',
    'execution.checkpointing.num-retained state.checkpoints.num-retained',
    integer(1),
    limits.retainedCheckpoints,
    'Completed checkpoints that are kept.',
  ),
  afterTasksFinish: key(
    'job',
    'execution.checkpointing.checkpoints-after-tasks-finish.enabled',
    flag,
    true,
    'Go on taking checkpoints when some tasks have finished?',
  ),
}

const restartKeys = {
  restart: key(
    'job',
    'restart-strategy.type restart-strategy',
    oneOf(['none', 'fixed-delay', 'exponential-delay', 'failure-rate'], {
      off: 'none',
      disable: 'none',
      fixeddelay: 'fixed-delay',
      exponentialdelay: 'exponential-delay',
      failurerate: 'failure-rate',
    }),
    undefined,
    'What happens when a job fails. When left out: restart without end if the job takes checkpoints, else `none`.',
  ),
  fixedAttempts: key('job', 'restart-strategy.fixed-delay.attempts', integer(0), 1, 'Restarts before the job fails.'),
  fixedDelay: key(
    'job',
    'restart-strategy.fixed-delay.delay',
    duration(0),
    limits.restartDelayMs,
    'Time between a failure and the restart.',
  ),
  initialBackoff: key(
    'job',
    'restart-strategy.exponential-delay.initial-backoff',
    duration(1),
    1_000,
    'Time between the first failure and its restart.',
  ),
  maxBackoff: key(
    'job',
    'restart-strategy.exponential-delay.max-backoff',
    duration(1),
    60_000,
    'The longest time between a failure and the restart.',
  ),
  backoffMultiplier: key(
    'job',
    'restart-strategy.exponential-delay.backoff-multiplier',
    decimal(1, Number.POSITIVE_INFINITY),
    1.5,
    'The backoff grows by this factor with each failure.',
  ),
  resetBackoff: key(
    'job',
    'restart-strategy.exponential-delay.reset-backoff-threshold',
    duration(0),
    3_600_000,
    'After so long without a failure the backoff starts again.',
  ),
  jitter: key(
    'job',
    'restart-strategy.exponential-delay.jitter-factor',
    decimal(0, 1),
    0.1,
    'Share of the backoff by which it varies at random.',
  ),
  exponentialAttempts: key(
    'job',
    'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    integer(0),
    undefined,
    'Restarts before the job fails. When left out, there is no end.',
  ),
  failureRateMax: key(
    'job',
    'restart-strategy.failure-rate.max-failures-per-interval',
    integer(1),
    1,
    'Failures within the interval that the job survives.',
  ),
  failureRateInterval: key(
    'job',
    'restart-strategy.failure-rate.failure-rate-interval',
    duration(1),
    60_000,
    'The interval in which failures are counted.',
  ),
  failureRateDelay: key(
    'job',
    'restart-strategy.failure-rate.delay',
    duration(0),
    1_000,
    'Time between a failure and the restart.',
  ),
}

const pipelineKeys = {
  parallelism: key(
    'job',
    'parallelism.default',
    integer(1, limits.parallelismMax),
    1,
    'Subtasks of each operator that sets none.',
  ),
  maxParallelism: key(
    'job',
    'pipeline.max-parallelism',
    integer(1, limits.parallelismMax),
    undefined,
    'Key groups of each operator that sets none. When left out, derived from the parallelism.',
  ),
  autoGeneratedUids: key(
    'job',
    'pipeline.auto-generate-uids',
    flag,
    true,
    'May operators without a uid have a generated one?',
  ),
  chaining: key(
    'job',
    'pipeline.operator-chaining.enabled pipeline.operator-chaining',
    flag,
    true,
    'May operators be fused into chains?',
  ),
  name: key('job', 'pipeline.name', words('a name'), undefined, 'The name of the job.'),
  restorePath: key(
    'client',
    'execution.state-recovery.path execution.savepoint.path',
    words('a path'),
    undefined,
    'What `run` restores from when there is no `-s`.',
  ),
  allowNonRestored: key(
    'client',
    'execution.state-recovery.ignore-unclaimed-state execution.savepoint.ignore-unclaimed-state',
    flag,
    false,
    'May a savepoint have state for operators that the program lacks? As `run -n`.',
  ),
}

const interfaceKeys = {
  address: key(
    'session',
    'rest.address rest.bind-address',
    words('a host name or an address'),
    '127.0.0.1',
    'Where the REST API listens, and where commands look for it. Any address but loopback needs `rest.token`.',
  ),
  port: key(
    'session',
    'rest.port',
    integer(-1, 65_535),
    8081,
    'The port of the REST API; 0 for any free one; -1 for no REST API in `run`.',
  ),
  token: key(
    'session',
    'rest.token',
    words('a token'),
    undefined,
    'Every request must carry it, as `Authorization: Bearer …`.',
  ),
  roots: key(
    'session',
    'rest.roots',
    list('directories'),
    undefined,
    'More directories that paths in requests may lie in, besides the job root and those of checkpoints and savepoints.',
  ),
  resultRetention: key(
    'session',
    'rest.async.store-duration',
    duration(1_000),
    limits.operationResultMs,
    'How long the result of a savepoint, stop, checkpoint or disposal can be asked for.',
  ),
  clientTimeout: key(
    'client',
    'client.timeout',
    duration(1),
    limits.clientTimeoutMs,
    'How long a command waits for a savepoint, stop, checkpoint or disposal. The operation itself goes on.',
  ),
}

/** The table: by group, for the documentation, and flat, for lookups. */
export const configurationGroups = {
  'Checkpoints and savepoints': storageKeys,
  Checkpointing: checkpointKeys,
  Restarting: restartKeys,
  Jobs: pipelineKeys,
  'REST and commands': interfaceKeys,
} as const

export const configurationKeys = {
  ...storageKeys,
  ...checkpointKeys,
  ...restartKeys,
  ...pipelineKeys,
  ...interfaceKeys,
} as const

export const allConfigurationKeys: readonly ConfigurationKey<unknown>[] = Object.values(configurationKeys)
