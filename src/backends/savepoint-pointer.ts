/**
 * The manifest of a savepoint: a pointer to the checkpoint that it pins. Formats: docs/formats.md.
 * Of a checkpoint on this machine the relative path is tried first, so that both may be moved together.
 * Tests: test/backends/savepoint-pointer.test.ts, test/backends/savepoint-stores.test.ts.
 */
import { basename, dirname } from 'node:path'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { JsonFields } from './json-fields.ts'
import { localPath } from './local-path.ts'
import { parseSealed, printSealed } from './manifest-json.ts'
import { placeUrl, pluginScheme } from './place-url.ts'

/** The newest that is read. */
export const pointerVersion = 2
const kind = 'savepoint-pointer'

/** Where a checkpoint on this machine is. */
export interface LocalTarget {
  /** From the savepoint's directory; undefined when there is no such way (another drive). */
  readonly relative: string | undefined
  readonly absolute: string
}

/** Where a checkpoint is that a plugin keeps. Since version 2. */
export interface UrlTarget {
  /** `<place>/<job id>/<name>`: with its scheme it says who reads and deletes it. */
  readonly url: string
}

export interface SavepointPointer {
  readonly job: { readonly id: JobId; readonly name: string }
  /** When the checkpoint was triggered, in milliseconds since 1970. */
  readonly timestamp: number
  readonly checkpoint: LocalTarget | UrlTarget
}

/**
 * The pointer of a new savepoint, whose path is for messages. Fails with `SAVEPOINT_BACKEND_INCOMPATIBLE` for a checkpoint
 * that is lost with its session.
 *
 * @example await bucket.put(`${name}/_metadata`, Buffer.from(printPointer(pointerTo(snapshot, path))))
 */
export function pointerTo({ path, manifest }: StoredSnapshot, savepoint: string): SavepointPointer {
  const { job, timestamp } = manifest
  if (pluginScheme(path) !== undefined) return { job, timestamp, checkpoint: { url: path } }
  const absolute = localPath(path)
  if (absolute !== undefined) return { job, timestamp, checkpoint: { relative: undefined, absolute } }
  throw new StreamError(
    'SAVEPOINT_BACKEND_INCOMPATIBLE',
    `Savepoint ${savepoint} cannot point to ${path}, which is lost with its session: expected a checkpoint that outlives it, ` +
      'or a self-contained savepoint (--self-contained).',
  )
}

/** Where the checkpoint was when the savepoint was made. */
export const pointedTo = ({ checkpoint }: SavepointPointer): string =>
  'url' in checkpoint ? checkpoint.url : checkpoint.absolute

/**
 * As text. A newer version is for what needs it, so that an earlier build still reads everything else.
 *
 * @example printPointer({ job, timestamp, checkpoint: { url: 'bucket://main/0e0c2b1f…/chk-17' } })
 */
export const printPointer = ({ job, timestamp, checkpoint }: SavepointPointer): string =>
  printSealed({ formatVersion: 'url' in checkpoint ? 2 : 1, kind, job, timestamp, checkpoint })

/** Does this text claim to be a pointer? Says nothing about its health. */
export function isPointer(text: string): boolean {
  if (text.length > limits.pointerBytesMax) return false
  try {
    return (JSON.parse(text) as { kind?: unknown } | null)?.kind === kind
  } catch {
    return false
  }
}

/**
 * What `printPointer` made; `where` is for messages. Fails with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`.
 *
 * @example pointedTo(parsePointer(text, path)) // 'bucket://main/0e0c2b1f…/chk-17'
 */
export function parsePointer(text: string, where: string): SavepointPointer {
  const fields = new JsonFields('Savepoint', where)
  const body = parseSealed(text, fields, pointerVersion, where)
  fields.object(body, '', ['formatVersion', 'kind', 'job', 'timestamp', 'checkpoint'])
  fields.oneOf(body.kind, 'kind', [kind])
  const job = fields.object(body.job, 'job', ['id', 'name'])
  const version = fields.integer(body.formatVersion, 'formatVersion', 1, pointerVersion)
  return {
    job: {
      id: fields.matching(job.id, 'job.id', /^[0-9a-f]{32}$/, '32 hex digits') as JobId,
      name: fields.string(job.name, 'job.name'),
    },
    timestamp: fields.integer(body.timestamp, 'timestamp', 0),
    checkpoint: version === 1 ? localTarget(body.checkpoint, fields) : urlTarget(body.checkpoint, fields),
  }
}

function localTarget(value: unknown, fields: JsonFields): LocalTarget {
  const { relative, absolute } = fields.object(value, 'checkpoint', ['relative', 'absolute'])
  return {
    relative: relative === undefined ? undefined : fields.string(relative, 'checkpoint.relative'),
    absolute: fields.string(absolute, 'checkpoint.absolute'),
  }
}

function urlTarget(value: unknown, fields: JsonFields): UrlTarget {
  const { url } = fields.object(value, 'checkpoint', ['url'])
  if (typeof url === 'string' && placeUrl(url) === url) return { url }
  throw fields.damaged('checkpoint.url', 'a URL <scheme>://<names> of a plugin', url)
}

/**
 * Is this where a pointer may lead, if it is on this machine? Nowhere but to a checkpoint of its own job: what is there is read,
 * and deleted with the savepoint. Fails with `PATH_OUTSIDE_ROOT`.
 */
export function checkTarget(target: string, { job }: SavepointPointer, savepoint: string): string {
  if (/^chk-[1-9]\d*$/.test(basename(target)) && basename(dirname(target)) === job.id) return target
  throw new StreamError(
    'PATH_OUTSIDE_ROOT',
    `Savepoint ${savepoint} points to ${target}: expected the directory of a checkpoint of its job, …/${job.id}/chk-<n>.`,
    { details: { path: savepoint, checkpoint: target } },
  )
}

/** Is this the checkpoint that the pointer means, and not another that came into its place? Fails with `MANIFEST_DAMAGED`. */
export function checkPointed<S extends Pick<StoredSnapshot, 'path' | 'manifest'>>(
  snapshot: S,
  { job, timestamp }: SavepointPointer,
  savepoint: string,
): S {
  const { path, manifest } = snapshot
  if (manifest.job.id === job.id && manifest.timestamp === timestamp) return snapshot
  throw new StreamError(
    'MANIFEST_DAMAGED',
    `Savepoint ${savepoint} is of job ${job.id} and was triggered at ${timestamp}, but points to ${path}, ` +
      `which is of job ${manifest.job.id} and was triggered at ${manifest.timestamp}.`,
    { details: { path: savepoint, checkpoint: path } },
  )
}
