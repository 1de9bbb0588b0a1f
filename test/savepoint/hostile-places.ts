/** Places that somebody made to do harm: paths, links, pointers, and what stands where a file should. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sharedFile } from '../../src/backends/manifest.ts'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { limits } from '../../src/core/limits.ts'
import { type HostileCase, type Json, jobId, keyedHandle, type Places } from './hostile-savepoint.ts'

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
  file('above by way of the shared files', sharedFile('../../outside/secret.state')),
  file('shared, although it is no checkpoint', sharedFile('7-x-0.state')),
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

export const hostilePlaces: readonly HostileCase[] = [...paths, ...links, ...pointers, ...kinds]
