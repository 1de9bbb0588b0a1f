/**
 * Every configuration key that tidemark knows. Owns the table, from which `docs/configuration.md` is generated. Does not
 * own where values come from (`configuration.ts`), nor what they mean together (`configured-session.ts`).
 */
import { limits } from '../core/limits.ts'
import { checkpointKeys, storageKeys } from './checkpoint-keys.ts'
import { type ConfigurationKey, configurationKey as key } from './configuration-key.ts'
import { duration, integer, list, words } from './configuration-value.ts'
import { pipelineKeys, restartKeys } from './job-keys.ts'

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
    list("directories, or URLs of plugins' places"),
    undefined,
    'More places that paths in requests may lie in, besides the job root and those of checkpoints and savepoints.',
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
