/** Manifests that somebody made to do harm: sizes that lie, fields of any type, bombs. */
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { limits } from '../../src/core/limits.ts'
import { type HostileCase, type Json, keyedHandle, type Spoilt, sourceHandle } from './hostile-savepoint.ts'

const damaged: HostileCase['codes'] = ['MANIFEST_DAMAGED']
const stateDamaged: HostileCase['codes'] = ['STATE_FILE_DAMAGED']

const keyed = (name: string, change: Json, codes: HostileCase['codes'] = stateDamaged): HostileCase => ({
  name: `a segment with ${name}`,
  codes,
  manifest: (manifest) => void Object.assign(keyedHandle(manifest), change),
})
const inlined = (handle: Spoilt, inline: string): void => {
  delete handle.file
  delete handle.offset
  handle.inline = inline
}

const sizes: readonly HostileCase[] = [
  keyed('a length beyond its file', { length: 1_000_000_000 }),
  keyed('the largest length', { length: Number.MAX_SAFE_INTEGER }),
  keyed('an offset beyond its file', { offset: 1_000_000_000 }),
  keyed('the largest offset and length', { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER }),
  keyed('no bytes', { length: 0, checksum: '00000000' }),
  keyed('another checksum', { checksum: '00000000' }),
  keyed('another codec', { codec: 2 }, ['STATE_CODEC_UNSUPPORTED']),
  keyed('a negative offset', { offset: -1 }, damaged),
  keyed('half a byte', { length: 1.5 }, damaged),
  keyed('a length in words', { length: '10' }, damaged),
  {
    name: 'a state file of a terabyte of nothing',
    codes: stateDamaged,
    manifest: (manifest) => {
      sourceHandle(manifest).length = 2 ** 40
    },
    place: (savepoint) => truncateSync(join(savepoint, 'words-0.state'), 2 ** 40),
  },
  {
    name: 'an inline segment of another length',
    codes: damaged,
    manifest: (manifest) => {
      inlined(keyedHandle(manifest), 'AAAA')
    },
  },
  {
    name: 'an inline segment of megabytes',
    codes: damaged,
    manifest: (manifest) => {
      inlined(keyedHandle(manifest), 'A'.repeat(4 * 1024 * 1024))
      keyedHandle(manifest).length = 3 * 1024 * 1024
    },
  },
  {
    name: 'an inline segment that is no base64',
    codes: damaged,
    manifest: (manifest) => {
      inlined(keyedHandle(manifest), `${'A'.repeat(2 ** 21 - 1)}!`)
    },
  },
]

const spoilt = (name: string, codes: HostileCase['codes'], manifest: (manifest: Spoilt) => void): HostileCase => ({
  name: `a manifest with ${name}`,
  codes,
  manifest,
})
const count = (manifest: Spoilt): Spoilt => manifest.operators[1]

const fields: readonly HostileCase[] = [
  spoilt('more parallelism than there is', damaged, (m) => {
    count(m).parallelism = 1_000_000_000
  }),
  spoilt('parallelism without subtasks', damaged, (m) => {
    count(m).parallelism = 100
  }),
  spoilt('no key groups', damaged, (m) => {
    count(m).maxParallelism = 0
  }),
  spoilt('key groups beyond the last', damaged, (m) => {
    keyedHandle(m).keyGroups.end = 128
  }),
  spoilt('key groups that end before they begin', damaged, (m) => {
    keyedHandle(m).keyGroups = { start: 5, end: 4 }
  }),
  spoilt('an operator twice', damaged, (m) => void m.operators.push(m.operators[1])),
  spoilt('an operator, the first of twenty thousand, twice', damaged, (m) => {
    const bare = { ...count(m), subtasks: [{ index: 0, finished: false }] }
    m.operators = Array.from({ length: 20_000 }, (_, i) => ({ ...bare, id: i.toString(16).padStart(32, '0') }))
    m.operators.push(m.operators[0])
  }),
  spoilt('a list twice', damaged, (m) => {
    const list = { name: 'l', mode: 'split', items: 1 }
    sourceHandle(m).states = [list, list]
  }),
  spoilt('more items than can be', stateDamaged, (m) => {
    sourceHandle(m).states = [{ name: 'l', mode: 'split', items: Number.MAX_SAFE_INTEGER }]
  }),
  spoilt('a mode that there is not', damaged, (m) => {
    sourceHandle(m).states = [{ name: 'l', mode: 'steal', items: 1 }]
  }),
  spoilt('a state of a kind that there is not', damaged, (m) => {
    keyedHandle(m).states = [{ name: 'count', kind: '__proto__' }]
  }),
  spoilt('a segment of changes first', damaged, (m) => {
    keyedHandle(m).delta = true
  }),
  spoilt('more segments than there can be', damaged, (m) => {
    const delta = { ...keyedHandle(m), delta: true }
    m.operators[1].subtasks[0].keyed = [keyedHandle(m), ...Array(limits.keyedSegmentsMax).fill(delta)]
  }),
  spoilt('the same changes after everything, which are not changes', stateDamaged, (m) => {
    m.operators[1].subtasks[0].keyed = [keyedHandle(m), { ...keyedHandle(m), delta: true }]
  }),
  spoilt('a field that nobody knows', damaged, (m) => {
    m.constructor = { prototype: { polluted: true } }
  }),
  spoilt('a kind that there is not', damaged, (m) => {
    m.kind = 'secret'
  }),
  spoilt('a later version', ['MANIFEST_VERSION_UNSUPPORTED'], (m) => {
    m.formatVersion = 99
  }),
  spoilt('a version that is no number', damaged, (m) => {
    m.formatVersion = '4'
  }),
  spoilt('an id that is a path', damaged, (m) => {
    count(m).id = '../../../../../../../../outside!'
  }),
  spoilt('a job whose id is a path', damaged, (m) => {
    m.job.id = '../outside'
  }),
  spoilt('a checkpoint id beyond counting', damaged, (m) => {
    m.checkpointId = Number.MAX_SAFE_INTEGER
  }),
  spoilt('operators that are an object', damaged, (m) => {
    m.operators = { length: 2 ** 32 - 1 }
  }),
  spoilt('a channel twice', damaged, (m) => {
    const { file, offset, length, checksum, codec } = keyedHandle(m)
    const channel = { file, offset, length, checksum, codec, gate: 0, input: 0, from: 0 }
    m.operators[1].subtasks[0].inFlight = [channel, channel]
  }),
  spoilt('a channel that is keyed state', ['STATE_CODEC_UNSUPPORTED', 'RESTORE_CHANNEL_MISMATCH'], (m) => {
    const { file, offset, length, checksum, codec } = keyedHandle(m)
    m.operators[1].subtasks[0].inFlight = [{ file, offset, length, checksum, codec, gate: 0, input: 0, from: 0 }]
  }),
]

const text = (name: string, codes: HostileCase['codes'], make: NonNullable<HostileCase['text']>): HostileCase => ({
  name: `a manifest ${name}`,
  codes,
  text: make,
})

const texts: readonly HostileCase[] = [
  text('without a byte', damaged, () => ''),
  text('that is cut', damaged, (m) => printSealed(m).slice(0, 700)),
  text('that was changed', damaged, (m) => printSealed(m).replace('"timestamp": 1000', '"timestamp": 1001')),
  text('that is a list', damaged, () => '[]'),
  text('that is null', damaged, () => 'null'),
  text('of rubbish', damaged, () => Uint8Array.from({ length: 5_000 }, (_, i) => (i * 37) & 0xff)),
  text('a million levels deep', damaged, () => `{"operators":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`),
  text('a million levels deep that does not end', damaged, () => '{"a":'.repeat(1_000_000)),
  text('of ten million empty objects', damaged, () => `{"operators":[${'{},'.repeat(10_000_000)}{}]}`),
  text('of more bytes than one has', damaged, (m) => printSealed(m) + ' '.repeat(limits.manifestBytesMax)),
  text('with a number beyond all numbers', damaged, (m) =>
    printSealed(m).replace('"timestamp": 1000', '"timestamp": 1e999'),
  ),
  text('that sets a prototype', damaged, (m) =>
    printSealed(JSON.parse(`{"__proto__":{"polluted":true},${JSON.stringify(m).slice(1)}`)),
  ),
]

export const hostileManifests: readonly HostileCase[] = [...sizes, ...fields, ...texts]
