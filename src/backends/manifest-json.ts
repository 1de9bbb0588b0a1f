/**
 * The manifest as text that a person can read, and back. docs/formats.md describes the fields.
 *
 * One function checks a manifest before it is written and after it is read. The text carries a CRC-32 of its own
 * content without white space, so that a damaged manifest is told from a strange one.
 * Tests: test/backends/manifest-json.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { checksumOf } from './checksum.ts'
import { JsonFields, type JsonObject } from './json-fields.ts'
import { type Manifest, type ManifestSubtask, manifestVersion } from './manifest.ts'
import { checkManifest } from './manifest-check.ts'

/**
 * The text of a manifest; `where` is for messages. Fails with `MANIFEST_DAMAGED` or `PATH_OUTSIDE_ROOT` when it breaks its
 * own rules.
 *
 * @example await bucket.put(`${path}/_metadata`, Buffer.from(printManifest(manifest, path)))
 */
export function printManifest(manifest: Manifest, where: string): string {
  return printSealed(asText(checkManifest(manifest, new JsonFields('Manifest', where))))
}

/** As it is written: no list where there is nothing, and in the versions before 3 no list at all. */
function asText({ operators, ...manifest }: Manifest): object {
  const keyedOf = ({ keyed }: ManifestSubtask) =>
    keyed.length === 0 ? undefined : manifest.formatVersion < 3 ? keyed[0] : keyed
  return {
    ...manifest,
    operators: operators.map(({ subtasks, ...operator }) => ({
      ...operator,
      subtasks: subtasks.map((subtask) => ({ ...subtask, keyed: keyedOf(subtask) })),
    })),
  }
}

/**
 * What `printManifest` made, checked. Fails with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED` or `PATH_OUTSIDE_ROOT`.
 *
 * @example parseManifest(String(await bucket.get(`${path}/_metadata`)), path).checkpointId
 */
export function parseManifest(text: string, where: string): Manifest {
  const fields = new JsonFields('Manifest', where)
  return checkManifest(parseSealed(text, fields, manifestVersion, where), fields)
}

/** Pretty-printed JSON with its checksum as the last field. */
export const printSealed = (body: object): string =>
  `${JSON.stringify({ ...body, checksum: checksumOf(JSON.stringify(body)) }, undefined, 2)}\n`

/** Parses what `printSealed` made, checks version (1 to `newest`) and checksum, and returns the rest. */
export function parseSealed(text: string, fields: JsonFields, newest: number, where: string): JsonObject {
  if (text.length > limits.manifestBytesMax) {
    throw fields.fail(`it has ${text.length} bytes, expected at most ${limits.manifestBytesMax}`)
  }
  const { checksum, ...body } = fields.parse(text)
  if (typeof body.formatVersion === 'number' && (body.formatVersion < 1 || body.formatVersion > newest)) {
    const readable = newest === 1 ? 'version 1' : `versions 1 to ${newest}`
    throw new StreamError(
      'MANIFEST_VERSION_UNSUPPORTED',
      `${where} has format version ${body.formatVersion}: this build reads ${readable}.`,
      { details: { file: where, expected: newest, got: body.formatVersion } },
    )
  }
  const got = checksumOf(JSON.stringify(body))
  if (checksum !== got) throw fields.damaged('checksum', `"${got}" (the CRC-32 of the content)`, checksum)
  return body
}
