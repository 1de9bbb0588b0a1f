/** Manifests, pointers and places that somebody made to do harm. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { limits } from '../../src/core/limits.ts'
import {
  type HostileCase,
  type Json,
  jobId,
  keyedHandle,
  type Places,
  type Spoilt,
  sourceHandle,
} from './hostile-savepoint.ts'

const outside: HostileCase['codes'] = ['PATH_OUTSIDE_ROOT']
const damaged: HostileCase['codes'] = ['MANIFEST_DAMAGED']
const stateDamaged: HostileCase['codes'] = ['STATE_FILE_DAMAGED']

const file = (name: string, path: string | ((places: Places) => string)): HostileCase => ({
  name: `a state file that is ${name}`,
  codes: outside,
  manifest: (manifest, places) => {
    keyedHandle(manifest).file = typeof path === 'string' ? path : path(places)
  },
})

const paths: readonly HostileCase[] = [
  file('above the directory', '../../outside/secret.state'),
  file('absolute', ({ outside }) => join(outside, 'secret.state')),
  file('/etc/passwd', '/etc/passwd'),
  file('above by a detour', 'a/../../../outside/secret.state'),
  file('above with backslashes', '..\\..\\outside\\secret.state'),
  file('cut by a zero byte', 'count-0.state\u0000.txt'),
  file('the directory itself', '.'),
  file('without a name', ''),
  file('a URL', 'file:///etc/passwd'),
  file('above in per cents', '%2e%2e/%2e%2e/outside/secret.state'),
  file('above with wide dots', '．．/．．/outside/secret.state'),
  file('above by way of the shared files', '../shared/../../outside/secret.state'),
  file('shared, although it is no checkpoint', '../shared/7-x-0.state'),
  file('in a home directory', '~/secret.state'),
  file('below with an empty name', 'a//count-0.state'),
]

const links: readonly HostileCase[] = [
  {
    name: 'a state file that is a link to a file outside',
    codes: outside,
    place: (savepoint, places) => {
      rmSync(join(savepoint, 'count-0.state'))
      symlinkSync(join(places.outside, 'secret.state'), join(savepoint, 'count-0.state'))
    },
  },
  {
    name: 'a directory that is a link to one outside',
    codes: outside,
    manifest: (manifest) => {
      keyedHandle(manifest).file = 'sub/secret.state'
    },
    place: (savepoint, places) => symlinkSync(places.outside, join(savepoint, 'sub')),
  },
  {
    name: 'a manifest that is a link to a file outside',
    codes: outside,
    place: (savepoint, places) => {
      rmSync(join(savepoint, '_metadata'))
      symlinkSync(join(places.outside, 'secret.state'), join(savepoint, '_metadata'))
    },
  },
  {
    name: 'a state file that is a link to itself',
    codes: ['STORAGE_FAILED'],
    place: (savepoint) => {
      rmSync(join(savepoint, 'count-0.state'))
      symlinkSync('count-0.state', join(savepoint, 'count-0.state'))
    },
  },
  {
    name: 'a link to a device',
    codes: outside,
    place: (savepoint) => {
      rmSync(join(savepoint, 'count-0.state'))
      symlinkSync('/dev/zero', join(savepoint, 'count-0.state'))
    },
  },
]

const pointer = (checkpoint: Json, more: Json = {}): string =>
  printSealed({
    formatVersion: 1,
    kind: 'savepoint-pointer',
    job: { id: jobId, name: 'count' },
    timestamp: 1_000,
    checkpoint,
    ...more,
  })

/** The savepoint is moved to where a checkpoint would be; a pointer to somewhere takes its place. */
const pointing = (
  name: string,
  codes: HostileCase['codes'],
  to: (checkpoint: string, savepoint: string, places: Places) => string,
): HostileCase => ({
  name: `a pointer ${name}`,
  codes,
  place: (savepoint, places) => {
    const checkpoint = join(places.root, 'checkpoints', jobId, 'chk-7')
    mkdirSync(dirname(checkpoint), { recursive: true })
    renameSync(savepoint, checkpoint)
    mkdirSync(savepoint)
    writeFileSync(join(savepoint, '_metadata'), to(checkpoint, savepoint, places))
  },
})

const pointers: readonly HostileCase[] = [
  pointing('to itself', outside, (_, savepoint) => pointer({ absolute: savepoint })),
  pointing('to itself by a dot', outside, () => pointer({ relative: '.', absolute: '/nowhere' })),
  pointing('to a pointer', damaged, (checkpoint) => {
    const text = pointer({ absolute: checkpoint })
    writeFileSync(join(checkpoint, '_metadata'), text)
    return text
  }),
  pointing('to the root of the disk', outside, () => pointer({ absolute: '/' })),
  pointing('to a directory of somebody else', outside, (_, __, places) => pointer({ absolute: places.outside })),
  pointing('that climbs', outside, () => pointer({ relative: '../../outside', absolute: '/nowhere' })),
  pointing('to a checkpoint of another job', outside, (checkpoint) =>
    pointer({ absolute: checkpoint }, { job: { id: 'cd'.repeat(16), name: 'count' } }),
  ),
  pointing('to a checkpoint of another time', damaged, (checkpoint) =>
    pointer({ absolute: checkpoint }, { timestamp: 999 }),
  ),
  pointing('of more bytes than one has', damaged, (checkpoint) =>
    pointer({ absolute: checkpoint }, { job: { id: jobId, name: 'x'.repeat(limits.pointerBytesMax) } }),
  ),
  pointing('to nothing', ['CHECKPOINT_NOT_FOUND'], (checkpoint) =>
    pointer({ absolute: join(checkpoint, '..', 'chk-8') }),
  ),
  pointing('with a number for a path', damaged, () => pointer({ absolute: 7 })),
  pointing('with unknown fields', damaged, (checkpoint) => pointer({ absolute: checkpoint, also: '/etc' })),
  pointing('of a later version', ['MANIFEST_VERSION_UNSUPPORTED'], (checkpoint) =>
    pointer({ absolute: checkpoint }, { formatVersion: 99 }),
  ),
  pointing('whose checkpoint is behind a link', outside, (checkpoint, _, places) => {
    renameSync(checkpoint, join(places.outside, '..', 'moved'))
    symlinkSync(join(places.outside, '..', 'moved'), checkpoint)
    return pointer({ absolute: checkpoint })
  }),
]

const replaced = (
  name: string,
  at: string,
  codes: HostileCase['codes'],
  make: (path: string) => void,
): HostileCase => ({
  name,
  codes,
  place: (savepoint) => {
    rmSync(join(savepoint, at))
    make(join(savepoint, at))
  },
})
const pipe = (path: string) => execFileSync('mkfifo', [path])

const kinds: readonly HostileCase[] = [
  replaced('a manifest that is a directory', '_metadata', damaged, (path) => mkdirSync(path)),
  replaced('a manifest that is a pipe', '_metadata', damaged, pipe),
  replaced('a state file that is a directory', 'count-0.state', stateDamaged, (path) => mkdirSync(path)),
  replaced('a state file that is a pipe', 'count-0.state', stateDamaged, pipe),
  replaced('a state file that is not there', 'count-0.state', ['STATE_FILE_MISSING'], () => {}),
  replaced('a state file of a source that is a pipe', 'words-0.state', stateDamaged, pipe),
  {
    name: 'a savepoint that is a file',
    codes: ['SAVEPOINT_NOT_FOUND'],
    place: (savepoint) => join(savepoint, 'count-0.state'),
  },
]

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

export const hostileManifests: readonly HostileCase[] = [
  ...paths,
  ...links,
  ...pointers,
  ...kinds,
  ...sizes,
  ...fields,
  ...texts,
]
