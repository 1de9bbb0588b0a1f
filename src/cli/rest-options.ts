/** How configuration shapes the REST API of a process of ours. */
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import type { Session } from '../job/session.ts'
import type { SessionOptions } from '../job/session-options.ts'
import type { RestServerOptions } from '../rest/server.ts'
import type { Invocation } from './command.ts'
import { pathFrom } from './job-argument.ts'

/** The directories and URLs where checkpoints and savepoints go by these options. */
export const placesOf = ({
  checkpointStorage,
  savepoints,
}: {
  readonly checkpointStorage?: SessionOptions['checkpointStorage'] | undefined
  readonly savepoints?: SessionOptions['savepoints'] | undefined
}): readonly string[] =>
  [checkpointStorage, savepoints].flatMap((place) =>
    place === undefined || place.kind === 'jobmanager' ? [] : place.kind === 'custom' ? place.url : (place.dir ?? []),
  )

/** The options of a server over `session`. Paths in requests may lie in `roots` and in the configured directories. */
export function restOptionsOf(
  { context, configuration, log }: Invocation,
  session: Session,
  roots: readonly string[],
): RestServerOptions {
  const configured = [configuration.get(keys.checkpointDir), configuration.get(keys.savepointDir)]
  const more = [...configured.flatMap((dir) => dir ?? []), ...(configuration.get(keys.roots) ?? [])]
  return {
    session,
    clock: context.clock,
    random: context.random,
    version: context.version,
    address: configuration.get(keys.address),
    port: configuration.get(keys.port),
    token: configuration.get(keys.token),
    roots: [...new Set([...roots, ...more].map((place) => pathFrom(context.cwd, place)))],
    resultRetentionMs: configuration.get(keys.resultRetention),
    log,
  }
}
