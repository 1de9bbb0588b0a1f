import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Bucket, directoryBucket, memoryBucket } from '../../examples/plugins/bucket.ts'
import { BucketCheckpoints } from '../../examples/plugins/bucket-checkpoints.ts'
import { BucketSavepoints } from '../../examples/plugins/bucket-savepoints.ts'
import {
  type CheckpointStorageSubject,
  checkpointStorageSuite,
  runCases,
  type SavepointStoreSubject,
  savepointStoreSuite,
} from '../../src/testing/backend-suites.ts'
import { storeCheckpoint, suiteJob, suiteManifest, writeState } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from '../backends/temporary.ts'

const place = 'bucket://main/checkpoints'
const at = { url: place, prefix: 'checkpoints/' }
const saved = { url: 'bucket://main/saved', prefix: 'saved/' }

/** A bucket, and a look at the same from another process. */
type Opened = { readonly bucket: Bucket; readonly again: () => Bucket }
const buckets: Readonly<Record<string, () => Opened>> = {
  memory: () => {
    const bucket = memoryBucket()
    return { bucket, again: () => bucket }
  },
  directory: () => {
    const root = temporaryDir()
    return { bucket: directoryBucket(root), again: () => directoryBucket(root) }
  },
}

const storageOver = (open: () => Opened) => (): CheckpointStorageSubject => {
  const { bucket, again } = open()
  return {
    storage: new BucketCheckpoints(bucket, at),
    place,
    reopen: () => new BucketCheckpoints(again(), at),
    async damage({ path }, file) {
      const key = `${at.prefix}${path.slice(place.length + 1)}/${file}`
      const { bytes, version } = (await bucket.get(key))!
      const damaged = Buffer.from(bytes)
      damaged[3]! ^= 1
      await bucket.put(key, damaged, version)
    },
  }
}

const storeOver = (open: () => Opened) => (): SavepointStoreSubject => {
  const { bucket, again } = open()
  const storage = new BucketCheckpoints(bucket, at)
  return {
    store: new BucketSavepoints(bucket, saved, storage),
    place: saved.url,
    storage,
    reopen: () => new BucketSavepoints(again(), saved, storage),
  }
}

for (const [kind, open] of Object.entries(buckets)) {
  describe(`checkpoints in a bucket (${kind}) conform`, () => {
    for (const { name, skip, run } of checkpointStorageSuite(storageOver(open), {
      reopen: true,
      damage: true,
      claims: 'its snapshots belong to the job that made them',
      starts: 'it does not remember where jobs started',
    }))
      it(skip === undefined ? name : `does not need: ${name} (${skip})`, skip === undefined ? run : () => {})
  })

  describe(`savepoints in a bucket (${kind}) conform`, () => {
    const capabilities = {
      reopen: true,
      directories: 'a place of its own is asked for with another URL',
      copies: 'it only points',
    } as const
    for (const { name, skip, run } of savepointStoreSuite(storeOver(open), capabilities))
      it(skip === undefined ? name : `does not need: ${name} (${skip})`, skip === undefined ? run : () => {})
  })

  describe(`a bucket (${kind})`, () => {
    it('puts under a condition, one of many at once, and lists by prefix', async () => {
      const { bucket, again } = open()
      const put = (text: string, expected: number) => again().put('a/b', Buffer.from(text), expected)
      expect((await Promise.all(['1', '2', '3'].map((text) => put(text, 0)))).filter((stored) => stored)).toEqual([
        true,
      ])
      expect((await bucket.get('a/b'))?.version).toBe(1)
      expect([await put('x', 0), await put('x', 2), await put('second', 1)]).toEqual([false, false, true])
      expect(String((await again().get('a/b'))?.bytes)).toBe('second')
      await bucket.put('a/bc/d', Buffer.alloc(0), 0)
      await bucket.put('c', Buffer.alloc(0), 0)
      expect([await bucket.list('a/b'), await bucket.list(''), await bucket.list('x/')]).toEqual([
        ['a/b', 'a/bc/d'],
        ['a/b', 'a/bc/d', 'c'],
        [],
      ])
      await bucket.delete('a/b')
      await bucket.delete('a/b')
      expect([await bucket.get('a/b'), await bucket.list('a/')]).toEqual([undefined, ['a/bc/d']])
    })
  })
}

/** A bucket that fails at one of its calls, before or after it has done what it was asked for. */
function failing(inner: Bucket, at: number, done: boolean): Bucket {
  let calls = 0
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const fails = ++calls === at
    if (!fails || done) {
      const result = await work()
      if (!fails) return result
    }
    throw new Error(`call ${at} failed`)
  }
  return {
    get: (key) => call(() => inner.get(key)),
    put: (key, bytes, expected) => call(() => inner.put(key, bytes, expected)),
    delete: (key) => call(() => inner.delete(key)),
    list: (prefix) => call(() => inner.list(prefix)),
  }
}

describe('a bucket that fails', () => {
  it.each([false, true])('leaves a whole checkpoint or none, at every call (done nevertheless: %s)', async (done) => {
    let failures = 0
    for (let call = 1; call < 40; call++) {
      const bucket = memoryBucket()
      const job = await new BucketCheckpoints(bucket, at).open(suiteJob)
      await storeCheckpoint(job, 1)
      const next = failing(bucket, call, done)
      const storage = new BucketCheckpoints(next, at)
      const outcome = await (async () => {
        const opened = await storage.open(suiteJob)
        await opened.putManifest(suiteManifest(2, await writeState(opened, 2)))
        return opened
      })().catch((error: unknown) => error)
      const seen = await new BucketCheckpoints(bucket, at).newest('suite')
      if (outcome instanceof Error) failures++
      expect(seen?.manifest.checkpointId, `call ${call}: ${outcome}`).toBe(outcome instanceof Error ? 1 : 2)
      const after = await new BucketCheckpoints(bucket, at).open(suiteJob)
      await after.sweep([])
      const ids = (await bucket.list('')).flatMap((key) => /chk-(\d+)/.exec(key)?.[1] ?? [])
      expect(new Set(ids)).toEqual(new Set(outcome instanceof Error ? ['1'] : ['1', '2']))
    }
    expect(failures).toBeGreaterThan(8)
  })

  it.each([false, true])('deletes as a whole, or leaves it to the sweep (done nevertheless: %s)', async (done) => {
    for (let call = 1; call < 30; call++) {
      const bucket = memoryBucket()
      const job = await new BucketCheckpoints(bucket, at).open(suiteJob)
      await storeCheckpoint(job, 1)
      await storeCheckpoint(job, 2)
      const storage = new BucketCheckpoints(failing(bucket, call, done), at)
      await storage
        .open(suiteJob)
        .then((opened) => opened.discard(suiteManifest(1, undefined).checkpointId))
        .catch(() => undefined)
      const after = await new BucketCheckpoints(bucket, at).open(suiteJob)
      expect(after.unreadable, `call ${call}`).toEqual([])
      await after.sweep([])
      const whole = after.existing.map(({ manifest }) => `${manifest.checkpointId}`)
      const ids = (await bucket.list('')).flatMap((key) => /chk-(\d+)/.exec(key)?.[1] ?? [])
      expect([...new Set(ids)].sort(), `call ${call}`).toEqual(whole)
    }
  })
})

describe('the suites', () => {
  it('find a storage that lets an owner of before write on', async () => {
    const broken = (): CheckpointStorageSubject => {
      const bucket = memoryBucket()
      // An epoch that never rises.
      const forgetful: Bucket = {
        ...bucket,
        put: (key, bytes, expected) =>
          bucket.put(key, Buffer.from(String(bytes).replace(/"epoch":\d+/, '"epoch":1')), expected),
      }
      return { storage: new BucketCheckpoints(forgetful, at), place }
    }
    const skip = 'not what is broken'
    const failed = await runCases(
      checkpointStorageSuite(broken, { reopen: skip, damage: skip, claims: skip, starts: skip }),
    )
    expect(failed.map(({ name }) => name)).toContain(
      'opening again takes over: the earlier owner can write nothing more',
    )
  })
})

describe('the plugins example', () => {
  it('holds all its claims', { timeout: 180_000 }, async () => {
    const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
    const loader = pathToFileURL(inRepository('bin/source-loader.js')).href
    const words = ['--import', loader, inRepository('examples/plugins/main.ts')]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    const [code] = await once(child, 'close')
    expect(output.trimEnd().split('\n').at(-1), output).toBe('all 9 claims hold')
    expect(code).toBe(0)
    expect(output).not.toContain('✘')
  })
})
