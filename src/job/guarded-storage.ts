/**
 * A storage of a plugin, whose own errors become `StreamError`s: a failed request to a bucket is `STORAGE_FAILED`, with the
 * plugin, what was tried and the message, and a restart may help. Errors with a code pass. Tests: test/job/guarded-storage.test.ts.
 */
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { SavepointStore } from '../backends/savepoint-store.ts'
import { asStreamError } from '../core/errors.ts'

/** `called` is who it is, for messages: `Plugin "buckets" (bucket://main)`. */
export const guardedStorage = (storage: CheckpointStorage, called: string): CheckpointStorage =>
  guarded(storage, called, {
    open: (job) => guarded(job as JobCheckpoints, called, snapshotResults),
    ...snapshotResults,
  })

export const guardedStore = (store: SavepointStore, called: string): SavepointStore =>
  guarded(store, called, snapshotResults)

/** What some methods give can fail later. */
type Results = Readonly<Record<string, (result: object, called: string) => object>>

const snapshot = (found: object, called: string): object => {
  const { path } = found as StoredSnapshot
  return guarded(found as StoredSnapshot, `${called}, of ${path}`, {})
}
const snapshotResults: Results = { newest: snapshot, resolve: snapshot, load: snapshot, putManifest: snapshot }

/** Methods that answer with a promise are guarded; what they answer, where `results` says how. */
function guarded<T extends object>(inner: T, called: string, results: Results): T {
  const failed = (name: string) => (thrown: unknown) => {
    throw asStreamError(thrown, 'STORAGE_FAILED', `${called} failed in ${name}`)
  }
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function' || typeof name !== 'string') return value
      return (...args: readonly unknown[]) => {
        let result: unknown
        try {
          result = Reflect.apply(value, target, args)
        } catch (thrown) {
          return failed(name)(thrown)
        }
        if (!(result instanceof Promise)) return result
        const wrap = results[name]
        const seen = (found: unknown) =>
          wrap === undefined || typeof found !== 'object' || found === null ? found : wrap(found, called)
        return result.then(seen, failed(name))
      }
    },
  })
}
