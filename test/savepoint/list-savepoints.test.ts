import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ListedSavepoint, listSavepoints } from '../../src/savepoint/list-savepoints.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { keepJob } from './kept-job.ts'

async function listed(dir: string): Promise<ListedSavepoint[]> {
  const found: ListedSavepoint[] = []
  for await (const one of listSavepoints(dir)) found.push(one)
  return found
}

describe('a list of savepoints', () => {
  it('has everything below a directory, with what pins what', async () => {
    const kept = await keepJob()
    const copy = join(kept.dir, 'copies', 'one')
    await SavepointBuilder.from(await openSavepoint(kept.savepoint)).write(copy)
    symlinkSync(copy, join(kept.dir, 'copies', 'link'))
    const job = { id: kept.jobId, name: 'many states' }
    expect(await listed(kept.dir)).toMatchObject([
      { path: kept.checkpoint, form: 'checkpoint', job, checkpointId: 2, pinnedBy: [kept.savepoint] },
      { path: copy, form: 'self-contained', job, checkpointId: 2, pinnedBy: [], pointsTo: undefined },
      { path: kept.savepoint, form: 'pointer', job, bytes: 0, pointsTo: kept.checkpoint },
    ])
    expect((await listed(copy))[0]!.bytes).toBeGreaterThan(0)
    expect((await listed(join(kept.dir, 'checkpoints', kept.jobId))).length).toBe(1)
  })

  it('has what is damaged, with its code, and nothing where nothing is', async () => {
    const kept = await keepJob()
    writeFileSync(join(kept.savepoint, '_metadata'), '{}')
    expect(await listed(join(kept.dir, 'savepoints'))).toMatchObject([
      { path: kept.savepoint, form: 'damaged', problem: { code: 'MANIFEST_DAMAGED' } },
    ])
    expect(await listed(join(kept.dir, 'nothing'))).toEqual([])
  })
})
