/**
 * The manifest of a savepoint on disk: a pointer to the checkpoint that it pins. Formats: docs/formats.md.
 * The relative path is tried first, so that savepoints and checkpoints may be moved together.
 * Tests: test/backends/savepoint-stores.test.ts.
 */
import type { JobId } from '../core/ids.ts'
import { JsonFields } from './json-fields.ts'
import { parseSealed, printSealed } from './manifest-json.ts'

export const pointerVersion = 1
const kind = 'savepoint-pointer'

export interface SavepointPointer {
  readonly job: { readonly id: JobId; readonly name: string }
  /** When the checkpoint was triggered, in milliseconds since 1970. */
  readonly timestamp: number
  readonly checkpoint: {
    /** From the savepoint's directory; undefined when there is no such way (another drive). */
    readonly relative: string | undefined
    readonly absolute: string
  }
}

export const printPointer = ({ job, timestamp, checkpoint }: SavepointPointer): string =>
  printSealed({ formatVersion: pointerVersion, kind, job, timestamp, checkpoint })

/** Does this text claim to be a pointer? Says nothing about its health. */
export function isPointer(text: string): boolean {
  try {
    return (JSON.parse(text) as { kind?: unknown } | null)?.kind === kind
  } catch {
    return false
  }
}

/** Fails with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`. */
export function parsePointer(text: string, where: string): SavepointPointer {
  const fields = new JsonFields('Savepoint', where)
  const body = parseSealed(text, fields, pointerVersion, where)
  fields.object(body, '', ['formatVersion', 'kind', 'job', 'timestamp', 'checkpoint'])
  fields.oneOf(body.kind, 'kind', [kind])
  const job = fields.object(body.job, 'job', ['id', 'name'])
  const checkpoint = fields.object(body.checkpoint, 'checkpoint', ['relative', 'absolute'])
  return {
    job: {
      id: fields.matching(job.id, 'job.id', /^[0-9a-f]{32}$/, '32 hex digits') as JobId,
      name: fields.string(job.name, 'job.name'),
    },
    timestamp: fields.integer(body.timestamp, 'timestamp', 0),
    checkpoint: {
      relative:
        checkpoint.relative === undefined ? undefined : fields.string(checkpoint.relative, 'checkpoint.relative'),
      absolute: fields.string(checkpoint.absolute, 'checkpoint.absolute'),
    },
  }
}
