/** A plugin for tests: the storages of the jobmanager, one for each place, under URLs `mem://…`. They outlive sessions. */
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import { definePlugin, type Plugin } from '../../src/backends/plugin.ts'
import type { SavepointStore } from '../../src/backends/savepoint-store.ts'
import { changed } from '../../src/testing/simulation/changed.ts'

const checkpointsAt = 'jobmanager://checkpoints'
const savepointsAt = 'jobmanager://savepoints'

/** Paths of one form said in another; a path of neither is left alone. */
const swap = (from: string, to: string) => (path: string) =>
  path.startsWith(`${from}/`) ? `${to}${path.slice(from.length)}` : path

function storageAt(url: string): CheckpointStorage {
  const [inner, outer] = [swap(url, checkpointsAt), swap(checkpointsAt, url)]
  const seen = (snapshot: StoredSnapshot): StoredSnapshot => ({ ...snapshot, path: outer(snapshot.path) })
  const job = (checkpoints: JobCheckpoints): JobCheckpoints =>
    changed(checkpoints, {
      putManifest: (put) => async (manifest) => seen(await put(manifest)),
      load: (load) => async (id) => seen(await load(id)),
    })
  return changed(jobmanagerCheckpointStorage(), {
    open: (open) => async (stored) => job(await open(stored)),
    newest: (newest) => async (name) => {
      const found = await newest(name)
      return found && seen(found)
    },
    resolve: (resolve) => async (path) => {
      const found = path.startsWith(`${url}/`) ? await resolve(inner(path)) : undefined
      return found && seen(found)
    },
    pin: (pin) => (path, holder) => pin(inner(path), holder),
    unpin: (unpin) => (path, holder) => unpin(inner(path), holder),
  })
}

function storeAt(url: string): SavepointStore {
  const mark = `${url}/savepoint-`
  const ours = (path: string) => path.startsWith(mark)
  const inner = (path: string) => (ours(path) ? `${savepointsAt}/${path.slice(mark.length)}` : path)
  const outer = (path: string) => path.replace(`${savepointsAt}/`, mark)
  return changed(jobmanagerSavepointStore(), {
    reserve: (reserve) => async (jobId, _dir, random) => outer(await reserve(jobId, undefined, random)),
    publish: (publish) => (path, snapshot) => publish(inner(path), snapshot),
    resolve: (resolve) => async (path) => (ours(path) ? resolve(inner(path)) : undefined),
    entry: (entry) => async (path) => {
      const found = ours(path) ? await entry(inner(path)) : undefined
      return found && { ...found, path: outer(found.path) }
    },
    list: (list) => async () => (await list()).map((entry) => ({ ...entry, path: outer(entry.path) })),
    remove: (remove) => (path) => remove(inner(path)),
    clear: (clear) => (path) => clear(inner(path)),
  })
}

/** `made` hears of every place that is asked for. */
export function memoryPlugin(scheme = 'mem', made: string[] = []): Plugin {
  const storages = new Map<string, CheckpointStorage>()
  const stores = new Map<string, SavepointStore>()
  return definePlugin({
    name: `memory of ${scheme}`,
    checkpointStorage: {
      scheme,
      create(url) {
        made.push(`checkpoints ${url}`)
        const storage = storages.get(url) ?? storageAt(url)
        storages.set(url, storage)
        return storage
      },
    },
    savepointStore: {
      scheme,
      create(url) {
        made.push(`savepoints ${url}`)
        const store = stores.get(url) ?? storeAt(url)
        stores.set(url, store)
        return store
      },
    },
  })
}
