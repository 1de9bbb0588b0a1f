/**
 * The rules of a manifest, field by field. Returns a fresh object with exactly the known fields in a fixed order, so that
 * text and checksum depend on the content only. Tests: test/backends/manifest-json.test.ts.
 */
import type { SnapshotKind } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, OperatorId, VertexId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { JsonFields } from './json-fields.ts'
import {
  type ChannelStateHandle,
  isShared,
  type KeyedStateHandle,
  type Manifest,
  type ManifestOperator,
  type ManifestSubtask,
  manifestVersion,
  type OperatorStateHandle,
  type StateHandle,
  type StoredState,
  sharedFile,
  sharedName,
} from './manifest.ts'

const kinds: readonly SnapshotKind[] = ['checkpoint', 'savepoint', 'stop-suspend', 'stop-drain']
const stateKinds = ['value', 'list', 'map', 'reducing', 'aggregating', 'timers'] as const
const operatorStateModes = ['split', 'union', 'broadcast'] as const
const hex32 = /^[0-9a-f]{32}$/

export function checkManifest(value: unknown, fields: JsonFields): Manifest {
  const known = ['formatVersion', 'kind', 'job', 'checkpointId', 'timestamp', 'operators']
  const manifest = fields.object(value, '', known)
  const formatVersion = fields.integer(manifest.formatVersion, 'formatVersion', 1, manifestVersion)
  const job = fields.object(manifest.job, 'job', ['id', 'name'])
  const checked: Manifest = {
    formatVersion,
    kind: fields.oneOf(manifest.kind, 'kind', kinds),
    job: {
      id: fields.matching(job.id, 'job.id', hex32, '32 hex digits') as JobId,
      name: fields.string(job.name, 'job.name'),
    },
    checkpointId: fields.integer(manifest.checkpointId, 'checkpointId', 1, limits.checkpointIdMax) as CheckpointId,
    timestamp: fields.integer(manifest.timestamp, 'timestamp', 0),
    operators: fields
      .list(manifest.operators, 'operators')
      .map((operator, index) => checkOperator(operator, formatVersion, `operators[${index}]`, fields)),
  }
  const twice = firstTwice(checked.operators.map(({ id }) => id))
  if (twice !== undefined) throw fields.fail(`operators: ${twice} is there twice`)
  return checked
}

function checkOperator(value: unknown, version: number, path: string, fields: JsonFields): ManifestOperator {
  const known = ['id', 'uid', 'name', 'vertex', 'parallelism', 'maxParallelism', 'subtasks']
  const operator = fields.object(value, path, known)
  const maxParallelism = fields.integer(operator.maxParallelism, `${path}.maxParallelism`, 1, limits.parallelismMax)
  const parallelism = fields.integer(operator.parallelism, `${path}.parallelism`, 1, maxParallelism)
  const subtasks = fields.list(operator.subtasks, `${path}.subtasks`)
  if (subtasks.length !== parallelism) {
    throw fields.fail(`${path}.subtasks: expected ${parallelism} of them (the parallelism), got ${subtasks.length}`)
  }
  return {
    id: fields.matching(operator.id, `${path}.id`, hex32, '32 hex digits') as OperatorId,
    uid: operator.uid === undefined ? undefined : fields.string(operator.uid, `${path}.uid`),
    name: fields.string(operator.name, `${path}.name`),
    vertex: fields.matching(operator.vertex, `${path}.vertex`, hex32, '32 hex digits') as VertexId,
    parallelism,
    maxParallelism,
    subtasks: subtasks.map((subtask, index) =>
      checkSubtask(subtask, { index, maxParallelism, version }, `${path}.subtasks[${index}]`, fields),
    ),
  }
}

function checkSubtask(
  value: unknown,
  of: { readonly index: number; readonly maxParallelism: number; readonly version: number },
  path: string,
  fields: JsonFields,
): ManifestSubtask {
  const { index, maxParallelism: groups, version } = of
  const known = ['index', 'finished', 'keyed', 'operator', ...(version === 1 ? [] : ['inFlight'])]
  const subtask = fields.object(value, path, known)
  return {
    index: fields.integer(subtask.index, `${path}.index`, index, index),
    finished: fields.boolean(subtask.finished, `${path}.finished`),
    keyed: checkChain(subtask.keyed, { groups, version }, `${path}.keyed`, fields),
    operator:
      subtask.operator === undefined
        ? undefined
        : checkOperatorState(subtask.operator, version, `${path}.operator`, fields),
    ...(subtask.inFlight !== undefined && {
      inFlight: checkInFlight(subtask.inFlight, version, `${path}.inFlight`, fields),
    }),
  }
}

/** One handle in the versions before 3, a list of them since. */
function checkChain(
  value: unknown,
  of: { readonly groups: number; readonly version: number },
  path: string,
  fields: JsonFields,
): readonly KeyedStateHandle[] {
  if (value === undefined) return []
  if (of.version < 3 && !Array.isArray(value)) return [checkKeyed(value, of, path, fields)]
  const handles = fields.list(value, path).map((entry, index) => checkKeyed(entry, of, `${path}[${index}]`, fields))
  if (handles.length > limits.keyedSegmentsMax || (of.version < 3 && handles.length > 1)) {
    throw fields.fail(
      `${path}: expected at most ${of.version < 3 ? 1 : limits.keyedSegmentsMax} handles, got ${handles.length}`,
    )
  }
  const wrong = handles.findIndex(({ delta }, index) => (delta === true) !== index > 0)
  if (wrong >= 0) {
    const expected = wrong === 0 ? 'everything' : 'only changes'
    throw fields.fail(`${path}[${wrong}]: expected a segment with ${expected} in this place`)
  }
  return handles
}

function checkInFlight(
  value: unknown,
  version: number,
  path: string,
  fields: JsonFields,
): readonly ChannelStateHandle[] {
  const handles = fields.list(value, path).map((entry, index): ChannelStateHandle => {
    const at = `${path}[${index}]`
    const handle = fields.object(entry, at, [...handleFields, 'gate', 'input', 'from', 'feeder'])
    return {
      ...checkHandle(entry, version, at, fields),
      gate: fields.integer(handle.gate, `${at}.gate`, 0, limits.parallelismMax),
      input: fields.integer(handle.input, `${at}.input`, 0, 1) as 0 | 1,
      from: fields.integer(handle.from, `${at}.from`, 0, limits.parallelismMax - 1),
      ...(handle.feeder !== undefined && {
        feeder: fields.matching(handle.feeder, `${at}.feeder`, hex32, '32 hex digits') as OperatorId,
      }),
    }
  })
  if (handles.length === 0) throw fields.fail(`${path}: expected at least one channel, got an empty list`)
  const names = handles.map(({ gate, from }) => `gate ${gate} from subtask ${from}`)
  const twice = firstTwice(names)
  if (twice !== undefined) throw fields.fail(`${path}: ${twice} is there twice`)
  return handles
}

const handleFields = ['file', 'offset', 'inline', 'length', 'checksum', 'codec']

function checkOperatorState(value: unknown, version: number, path: string, fields: JsonFields): OperatorStateHandle {
  const { states } = fields.object(value, path, [...handleFields, ...(version < 4 ? [] : ['states'])])
  const handle = checkHandle(value, version, path, fields)
  if (states === undefined) return handle
  const lists = fields.list(states, `${path}.states`).map((entry, index) => {
    const at = `${path}.states[${index}]`
    const { name, mode, items } = fields.object(entry, at, ['name', 'mode', 'items'])
    return {
      name: fields.string(name, `${at}.name`),
      mode: fields.oneOf(mode, `${at}.mode`, operatorStateModes),
      items: fields.integer(items, `${at}.items`, 0),
    }
  })
  refuseTwice(lists, `${path}.states`, fields)
  return { ...handle, states: lists }
}

/** In one walk, since there may be very many. */
function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

function refuseTwice(states: readonly { readonly name: string }[], path: string, fields: JsonFields): void {
  const twice = firstTwice(states.map(({ name }) => name))
  if (twice !== undefined) throw fields.fail(`${path}: "${twice}" is there twice`)
}

function checkState(value: unknown, version: number, path: string, fields: JsonFields): StoredState {
  const state = fields.object(value, path, ['name', 'kind', ...(version < 4 ? [] : ['version', 'ttl'])])
  return {
    name: fields.string(state.name, `${path}.name`),
    kind: fields.oneOf(state.kind, `${path}.kind`, stateKinds),
    ...(state.version !== undefined && { version: fields.integer(state.version, `${path}.version`, 0) }),
    ...(state.ttl !== undefined && { ttl: checkTrue(state.ttl, `${path}.ttl`, fields) }),
  }
}

function checkKeyed(
  value: unknown,
  { groups, version }: { readonly groups: number; readonly version: number },
  path: string,
  fields: JsonFields,
): KeyedStateHandle {
  const handle = fields.object(value, path, [...handleFields, 'keyGroups', 'states', ...(version < 3 ? [] : ['delta'])])
  const range = fields.object(handle.keyGroups, `${path}.keyGroups`, ['start', 'end'])
  const start = fields.integer(range.start, `${path}.keyGroups.start`, 0, groups - 1)
  const states = fields.list(handle.states, `${path}.states`)
  return {
    ...checkHandle(value, version, path, fields),
    keyGroups: { start, end: fields.integer(range.end, `${path}.keyGroups.end`, start, groups - 1) },
    states: states.map((entry, index) => checkState(entry, version, `${path}.states[${index}]`, fields)),
    ...(handle.delta !== undefined && { delta: checkTrue(handle.delta, `${path}.delta`, fields) }),
  }
}

function checkTrue(value: unknown, path: string, fields: JsonFields): true {
  if (fields.boolean(value, path)) return true
  throw fields.fail(`${path}: expected true, or nothing`)
}

function checkHandle(value: unknown, version: number, path: string, fields: JsonFields): StateHandle {
  const handle = fields.object(value, path)
  const bytes = {
    length: fields.integer(handle.length, `${path}.length`, 0),
    checksum: fields.matching(handle.checksum, `${path}.checksum`, /^[0-9a-f]{8}$/, '8 hex digits'),
    codec: fields.integer(handle.codec, `${path}.codec`, 1),
  }
  if (handle.inline !== undefined && version >= 3) {
    if (handle.file !== undefined || handle.offset !== undefined) throw fields.fail(`${path}: expected inline or file`)
    const text = fields.string(handle.inline, `${path}.inline`)
    // Twice the most that can be configured, for what a later version may; a pattern must not be tried on megabytes.
    if (text.length > 2 * limits.inlineStateBytesMax) {
      throw fields.fail(
        `${path}.inline: expected at most ${2 * limits.inlineStateBytesMax} characters, got ${text.length}`,
      )
    }
    const inline = fields.matching(text, `${path}.inline`, base64, 'base64')
    if (base64Length(inline) !== bytes.length) {
      throw fields.fail(`${path}.inline: expected ${bytes.length} bytes, got ${base64Length(inline)}`)
    }
    return { inline, ...bytes }
  }
  if (handle.inline !== undefined) throw fields.fail(`${path}.inline: unknown field`)
  const file = checkFileName(fields.string(handle.file, `${path}.file`), `${path}.file`, version >= 3)
  return { file, offset: fields.integer(handle.offset, `${path}.offset`, 0), ...bytes }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const base64Length = (text: string): number =>
  (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)

/** A path that stays below the directory of the manifest, or with the shared files beside it. Fails with `PATH_OUTSIDE_ROOT`. */
export function checkFileName(file: string, path: string, sharing = true): string {
  const parts = sharing && isShared(file) ? [sharedName(file)] : file.split('/')
  const inside = parts.every((part) => /^[\w.-]+$/.test(part) && part !== '.' && part !== '..')
  if (!inside) {
    throw new StreamError(
      'PATH_OUTSIDE_ROOT',
      `${path} is ${JSON.stringify(file)}: expected a relative path below the directory of the manifest${sharing ? `, or ${sharedFile('<name>')}` : ''}.`,
    )
  }
  return file
}
