import { describe, expect, it } from 'vitest'
import { deleteCheckpoint, type HeapJob, pathOf, snapshotOf, wholeCheckpoints } from '../../src/backends/heap-job.ts'
import { sharedFile } from '../../src/backends/manifest.ts'
import { idOf, suiteJob, suiteManifest } from '../../src/testing/checkpoint-storage-subject.ts'

const job = (...whole: readonly number[]): HeapJob => ({
  name: 'suite',
  epoch: 1,
  highestId: idOf(3),
  opened: 1,
  finished: false,
  claimed: undefined,
  startedFrom: undefined,
  checkpoints: new Map(
    [3, 1, 2].map((id) => [
      idOf(id),
      {
        files: new Map(),
        pins: new Set<string>(),
        manifest: whole.includes(id) ? suiteManifest(id, undefined) : undefined,
        retired: false,
        owner: undefined,
      },
    ]),
  ),
  shared: new Map([1, 2, 3].map((id) => [sharedFile(`${id}-a.state`), new Uint8Array(1)])),
})

describe('the checkpoints of a job in memory', () => {
  it('are whole with a manifest, and found oldest first', () => {
    const stored = job(1, 3)
    expect(wholeCheckpoints(suiteJob.id, stored).map(({ path }) => path)).toEqual(
      [1, 3].map((id) => pathOf(suiteJob.id, idOf(id))),
    )
    expect(snapshotOf(suiteJob.id, idOf(2), stored)).toBeUndefined()
  })

  it('take with them what no manifest names, but nothing of one in the making', () => {
    const stored = job(1, 3)
    deleteCheckpoint(stored, idOf(1))
    expect([...stored.checkpoints.keys()]).toEqual([3, 2])
    expect([...stored.shared.keys()]).toEqual([sharedFile('2-a.state')])
  })
})
