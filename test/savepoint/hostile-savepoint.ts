/**
 * A sound savepoint in pieces that a case can spoil: a manifest as JSON, and the segments that it names. Whatever a case does,
 * the checksums are right, as those of somebody who knows the format would be.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksumOf } from '../../src/backends/checksum.ts'
import { FrameBuffer } from '../../src/backends/keyed-segment.ts'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { encodeValue } from '../../src/core/codec.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { idOfUid } from '../../src/graph/operator-ids.ts'

export type Json = Record<string, unknown>
/** `$` and `#` are not checked: a case reaches into what it knows. */
// biome-ignore lint/suspicious/noExplicitAny: what is spoilt has no type any more.
export type Spoilt = any

/** Where a case may put things. Only `root` is the savepoint's. */
export interface Places {
  /** Of the savepoint, which is `savepoint` in it. */
  readonly root: string
  /** Somebody else's: a file `secret.state` and a manifest. */
  readonly outside: string
}

export interface HostileCase {
  readonly name: string
  /** What each way to read it says; one of these. */
  readonly codes: readonly ErrorCode[]
  /** Spoils the manifest. */
  readonly manifest?: (manifest: Spoilt, places: Places) => void
  /** Gives the text of `_metadata` instead. */
  readonly text?: (manifest: Json, places: Places) => string | Uint8Array
  /** The segment of the keyed state, or the state of the source. */
  readonly keyed?: () => Uint8Array
  readonly operator?: () => Uint8Array
  /** Does things to the files when all is written; may return another path to open, which is a string. */
  readonly place?: (savepoint: string, places: Places) => unknown
  /** A restore takes no harm of it, and need not notice. */
  readonly restoreMayWork?: true
}

export const jobId = 'ab'.repeat(16)
const handle = (file: string, bytes: Uint8Array) => ({
  file,
  offset: 0,
  length: bytes.length,
  checksum: checksumOf(bytes),
  codec: 1,
})

/** Frames of values, or of bytes as they are. */
export function framed(...frames: readonly unknown[]): Uint8Array {
  const buffer = new FrameBuffer(64)
  for (const frame of frames) buffer.add(frame instanceof Uint8Array ? frame : encodeValue(frame))
  return Uint8Array.from(buffer.take())
}

export const states = [{ name: 'count', kind: 'value' }] as const
export const header = { format: 2, keyGroups: [0, 127], states: states.map(({ name, kind }) => [name, kind]) }
export const entry = (content: unknown): readonly unknown[] => [0, [keyGroupOf('to', 128)], 'to', content]
export const soundKeyed = (): Uint8Array => framed(header, entry(3), 1)
export const soundOperator = (): Uint8Array => encodeValue({ position: 1 })

const operator = (uid: string, subtask: Json): Json => ({
  id: idOfUid(uid),
  uid,
  name: uid,
  vertex: idOfUid(uid),
  parallelism: 1,
  maxParallelism: 128,
  subtasks: [{ index: 0, finished: false, ...subtask }],
})

/** Of the program that counts words. */
export const soundManifest = (keyed: Uint8Array, source: Uint8Array): Json => ({
  formatVersion: 4,
  kind: 'savepoint',
  job: { id: jobId, name: 'count' },
  checkpointId: 7,
  timestamp: 1_000,
  operators: [
    operator('words', { operator: handle('words-0.state', source) }),
    operator('count', {
      keyed: [{ ...handle('count-0.state', keyed), keyGroups: { start: 0, end: 127 }, states }],
    }),
  ],
})

export const keyedHandle = (manifest: Spoilt): Spoilt => manifest.operators[1].subtasks[0].keyed[0]
export const sourceHandle = (manifest: Spoilt): Spoilt => manifest.operators[0].subtasks[0].operator

/** Writes a case and returns the path to open. */
export function writeHostile(hostile: HostileCase, places: Places): string {
  const [keyed, source] = [(hostile.keyed ?? soundKeyed)(), (hostile.operator ?? soundOperator)()]
  const savepoint = join(places.root, 'savepoint')
  mkdirSync(savepoint)
  writeFileSync(join(savepoint, 'count-0.state'), keyed)
  writeFileSync(join(savepoint, 'words-0.state'), source)
  const manifest = soundManifest(keyed, source)
  hostile.manifest?.(manifest, places)
  writeFileSync(join(savepoint, '_metadata'), hostile.text?.(manifest, places) ?? printSealed(manifest))
  const other = hostile.place?.(savepoint, places)
  return typeof other === 'string' ? other : savepoint
}
