/**
 * Storages between a simulated job and what it stores: one that notes what is restored, and two that break their promise
 * and must be found out.
 */
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import type { CheckpointStorageOptions } from '../../src/job/session-options.ts'
import { Storages } from '../../src/job/storages.ts'
import { changed } from '../../src/testing/simulation/changed.ts'

/** Notes from which snapshot each segment was read. */
export class WatchedStorages extends Storages {
  /** Paths of the snapshots read from since the last `reset`. */
  readonly restoredFrom = new Set<string>()

  override checkpoints(options: CheckpointStorageOptions): CheckpointStorage {
    return changed(super.checkpoints(options), {
      newest: (newest) => async (name) => this.#watch(await newest(name)),
      open: (open) => async (job) =>
        changed(this.changeJob(await open(job)), { load: (load) => async (id) => this.#watch(await load(id)) }),
    })
  }

  /** Where those that break something break it. */
  protected changeJob(checkpoints: JobCheckpoints): JobCheckpoints {
    return checkpoints
  }

  #watch<S extends StoredSnapshot | undefined>(snapshot: S): S {
    if (snapshot === undefined) return snapshot
    const read: StoredSnapshot['read'] = (handle) => {
      this.restoredFrom.add(snapshot.path)
      return snapshot.read(handle)
    }
    return { path: snapshot.path, manifest: snapshot.manifest, read } as S
  }
}

/** Says that a checkpoint is stored, and stores it only when the next one comes. */
export class HastyStorages extends WatchedStorages {
  protected override changeJob(checkpoints: JobCheckpoints): JobCheckpoints {
    let later = (): Promise<unknown> => Promise.resolve()
    return changed(checkpoints, {
      putManifest: (put) => async (manifest) => {
        await later()
        later = () => put(manifest)
        const path = `jobmanager://checkpoints/${manifest.job.id}/${manifest.checkpointId}`
        return { path, manifest, read: () => Promise.reject(new Error('not there yet')) }
      },
    })
  }
}

/** Loses what one subtask stored of its keys. */
export class LosingStorages extends WatchedStorages {
  protected override changeJob(checkpoints: JobCheckpoints): JobCheckpoints {
    return changed(checkpoints, {
      putManifest: (put) => (manifest) => {
        const operators = manifest.operators.map((operator) => ({
          ...operator,
          subtasks: operator.subtasks.map((subtask) => (subtask.index === 0 ? { ...subtask, keyed: [] } : subtask)),
        }))
        return put({ ...manifest, operators })
      },
    })
  }
}
