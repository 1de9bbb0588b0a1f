import { describe, expect, it } from 'vitest'
import { noTap } from '../../src/actors/tap.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { CheckpointId, JobId, SubtaskId } from '../../src/core/ids.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { LocalDeployment } from '../../src/job/job-deployment.ts'
import { StoredCheckpoints } from '../../src/job/stored-checkpoints.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'

const job = { id: 'b'.repeat(32) as JobId, name: 'a job' }
const graph = buildJobGraph(countProgram(new Feed<string>().source, [], {}).toProgram(), job.name)

async function deployment(retention: 'delete' | 'retain-on-failure' | 'retain-on-cancellation') {
  const storage = jobmanagerCheckpointStorage()
  const checkpoints = new StoredCheckpoints(await storage.open(job))
  const checkpointId = 7 as CheckpointId
  await checkpoints.putManifest({
    formatVersion: 1,
    kind: 'checkpoint',
    job,
    checkpointId,
    timestamp: 0,
    operators: [],
  })
  // What an aborted checkpoint left.
  const writer = checkpoints.openWriter(8 as CheckpointId, `${'c'.repeat(32)}/0` as SubtaskId)
  writer.beginSegment()
  writer.append(new Uint8Array([1]))
  writer.endSegment()
  await writer.close()
  const settings = {
    jobId: job.id,
    mode: 'exactly-once',
    checkpointing: true,
    batchRecords: 1,
    autoWatermarkIntervalMs: 0,
    freezeState: false,
    incremental: false,
  } as const
  const local = new LocalDeployment({
    graph,
    settings,
    initial: undefined,
    checkpoints,
    stateBackend: heapStateBackend,
    retention,
    completed: () => checkpoints.ids,
    tap: noTap,
  })
  return { local, storage, checkpoints }
}

describe('LocalDeployment', () => {
  it.each([
    ['FINISHED', 'retain-on-cancellation', false],
    ['FAILED', 'delete', false],
    ['FAILED', 'retain-on-failure', true],
    ['CANCELED', 'retain-on-failure', false],
    ['CANCELED', 'retain-on-cancellation', true],
    ['SUSPENDED', 'delete', true],
  ] as const)(
    'lets the checkpoints of a job go that ends %s with %s, or keeps them: %s',
    async (status, retention, kept) => {
      const { local, storage, checkpoints } = await deployment(retention)
      await local.release(status)
      expect((await storage.newest(job.name))?.manifest.checkpointId).toBe(kept ? 7 : undefined)
      // Rubbish goes, except from under a process that may still be writing.
      const swept = await checkpoints.sweep([])
      expect(swept.length).toBe(status === 'SUSPENDED' ? 1 : 0)
    },
  )

  it('deletes nothing when nobody knows what is being stored', async () => {
    const { local, storage, checkpoints } = await deployment('delete')
    local.loseTrack()
    await local.release('FAILED')
    expect((await storage.newest(job.name))?.manifest.checkpointId).toBe(7)
    expect((await checkpoints.sweep([])).length).toBe(1)
  })

  it('prepares from the checkpoint that it is told, from the beginning when there is none', async () => {
    const { local } = await deployment('delete')
    expect(await local.prepare(undefined)).toEqual({ snapshot: undefined, restores: new Map() })
    expect((await local.prepare(7 as CheckpointId)).snapshot?.manifest.checkpointId).toBe(7)
    await expect(local.prepare(9 as CheckpointId)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
    expect(local.taskPlan([])).toEqual({ tasks: [] })
  })
})
