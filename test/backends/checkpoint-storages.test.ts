import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CheckpointStorage, JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { type CheckpointStorageSubject, checkpointStorageSuite, runCases } from '../../src/testing/backend-suites.ts'
import { temporaryDir } from './temporary.ts'

const filesystem = (): CheckpointStorageSubject => {
  const dir = temporaryDir()
  return {
    storage: filesystemCheckpointStorage({ dir }),
    place: dir,
    reopen: () => filesystemCheckpointStorage({ dir }),
    async damage({ path }, file) {
      const bytes = readFileSync(join(path, file))
      bytes[3]! ^= 1
      writeFileSync(join(path, file), bytes)
    },
  }
}

const inMemory = (): CheckpointStorageSubject => ({
  storage: jobmanagerCheckpointStorage(),
  place: 'jobmanager://checkpoints',
})

const suites = {
  jobmanager: checkpointStorageSuite(inMemory, {
    reopen: 'memory belongs to one process',
    damage: 'memory is not damaged',
    claims: true,
    starts: true,
  }),
  filesystem: checkpointStorageSuite(filesystem, { reopen: true, damage: true, claims: true, starts: true }),
}

for (const [kind, cases] of Object.entries(suites)) {
  describe(`${kind} checkpoint storage conforms`, () => {
    for (const { name, skip, run } of cases)
      it(skip === undefined ? name : `does not need: ${name} (${skip})`, skip === undefined ? run : () => {})
  })
}

/** A storage whose jobs behave differently in one method. */
const breaking = (
  change: (job: JobCheckpoints, storage: CheckpointStorage) => Partial<JobCheckpoints>,
): (() => CheckpointStorageSubject) => {
  return () => {
    const storage = jobmanagerCheckpointStorage()
    const open: CheckpointStorage['open'] = async (job) => {
      const inner = await storage.open(job)
      const methods = ['openWriter', 'putManifest', 'load', 'hold', 'discard', 'sweep', 'finish', 'close'] as const
      const bound = Object.fromEntries(methods.map((name) => [name, inner[name].bind(inner)]))
      const { jobId, epoch, existing, highestId, hadFinished } = inner
      return { jobId, epoch, existing, highestId, hadFinished, ...bound, ...change(inner, storage) } as JobCheckpoints
    }
    return {
      ...inMemory(),
      storage: {
        kind: storage.kind,
        open,
        newest: (name) => storage.newest(name),
        finishedJob: (name) => storage.finishedJob(name),
        jobNames: () => storage.jobNames(),
        resolve: (path) => storage.resolve(path),
        pin: (path, holder) => storage.pin(path, holder),
        unpin: (path, holder) => storage.unpin(path, holder),
      },
    }
  }
}

const failuresOf = async (make: () => CheckpointStorageSubject): Promise<readonly string[]> => {
  const skip = 'not what is broken'
  return (await runCases(checkpointStorageSuite(make, { reopen: skip, damage: skip, claims: skip, starts: skip }))).map(
    ({ name }) => name,
  )
}

describe('the suite', () => {
  it('passes the storage that the broken ones are made of', async () => {
    expect(await failuresOf(breaking(() => ({})))).toEqual([])
  })

  it('fails a storage that discards pinned checkpoints', async () => {
    const forgetful = breaking((job, storage) => ({
      async discard(id) {
        const found = await job.load(id).catch(() => undefined)
        if (found !== undefined) {
          await storage.unpin(found.path, 'savepoint a')
          await storage.unpin(found.path, 'savepoint b')
        }
        return job.discard(id)
      },
    }))
    expect(await failuresOf(forgetful)).toEqual([
      'a pinned checkpoint outlives its discard until the last pin goes',
      'what was let go is gone on from while a pin keeps it, and is no checkpoint of the job any more',
      'a pinned checkpoint keeps what it shares until the last pin goes',
    ])
  })

  it('fails a storage that stores the manifest before its files', async () => {
    const hasty = breaking((job) => ({
      async putManifest(manifest) {
        for (const [index, { vertex, subtasks }] of manifest.operators.entries()) {
          if ((subtasks[0]?.keyed.length ?? 0) === 0 || index > 0) continue
          const writer = job.openWriter(manifest.checkpointId, `${vertex}/0` as never)
          writer.beginSegment()
          writer.append(Buffer.alloc(100))
          writer.endSegment()
          await writer.close().catch(() => {})
        }
        return job.putManifest(manifest)
      },
    }))
    expect(await failuresOf(hasty)).toContain('a manifest whose state is not stored is refused, and stays absent')
  })

  it('fails a storage without fencing', async () => {
    const shared = breaking((job, storage) => ({
      async putManifest(manifest) {
        const owner = await storage.open(manifest.job)
        return owner.putManifest(manifest)
      },
      jobId: job.jobId,
    }))
    expect(await failuresOf(shared)).toContain('opening again takes over: the earlier owner can write nothing more')
  })
})
