import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import type { CheckpointId, SubtaskId } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { storeCheckpoint, suiteJob, suiteSubtask } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from './temporary.ts'

async function opened() {
  const dir = temporaryDir()
  const job = await filesystemCheckpointStorage({ dir }).open(suiteJob)
  return { job, jobDir: join(dir, suiteJob.id) }
}

describe('a subtask that is still writing when its checkpoint is deleted', () => {
  it('fails, and leaves no directory behind', async () => {
    const { job, jobDir } = await opened()
    const id = 1 as CheckpointId
    const writers = ['a', 'b'].map((vertex) => job.openWriter(id, `${vertex.repeat(32)}/0` as SubtaskId))
    expect(await job.discard(id)).toBe(true)
    for (const writer of writers) {
      writer.beginSegment()
      writer.append(Buffer.alloc(limits.stateWriteBytes))
      writer.endSegment()
    }
    const closed = await Promise.allSettled(writers.map((writer) => writer.close()))
    expect(closed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(existsSync(join(jobDir, 'chk-1'))).toBe(false)
  })

  it('keeps the directory of a checkpoint that others still write', async () => {
    const { job, jobDir } = await opened()
    const id = 1 as CheckpointId
    const writer = job.openWriter(id, suiteSubtask)
    writer.beginSegment()
    writer.append(Buffer.alloc(limits.stateWriteBytes))
    writer.endSegment()
    await writer.close()
    await writer.abort()
    expect(readdirSync(join(jobDir, 'chk-1'))).toEqual([])
    await storeCheckpoint(job, 1)
  })
})
