/**
 * The plugin: `bucket://<bucket>/<prefix>` for checkpoints and savepoints. The buckets are directories here, below the one
 * that the environment variable BUCKETS names.
 */
import { resolve } from 'node:path'
import { definePlugin, type Plugin } from 'tidemark'
import { type Bucket, directoryBucket } from './bucket.ts'
import { BucketCheckpoints, type BucketPlace } from './bucket-checkpoints.ts'
import { BucketSavepoints } from './bucket-savepoints.ts'

const scheme = 'bucket'

/** `open` gives a bucket by its name, always the same one. */
export function bucketPlugin(open: (name: string) => Bucket): Plugin {
  return definePlugin({
    name: 'buckets',
    checkpointStorage: { scheme, create: (url) => new BucketCheckpoints(open(bucketOf(url)), placeOf(url)) },
    savepointStore: {
      scheme,
      create: (url, checkpoints) => new BucketSavepoints(open(bucketOf(url)), placeOf(url), checkpoints),
    },
  })
}

const [start, noName] = [`${scheme}://`.length, `expected ${scheme}://<bucket>, and a prefix perhaps`]

function bucketOf(url: string): string {
  const [name = ''] = url.slice(start).split('/')
  if (!/^[\w-]+$/.test(name)) throw new Error(`${url} names no bucket: ${noName}`)
  return name
}

function placeOf(url: string): BucketPlace {
  const [, ...names] = url.slice(start).split('/')
  return { url, prefix: names.map((name) => `${name}/`).join('') }
}

export default bucketPlugin((name) => directoryBucket(resolve(process.env.BUCKETS ?? 'buckets', name)))
