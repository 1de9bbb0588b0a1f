import { describe, expect, it } from 'vitest'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import { usualTarget } from '../../src/core/elements.ts'
import { checkCopies, checkSavepointBackend, savepointPlace, savepointTarget } from '../../src/job/savepoint-place.ts'
import { Storages } from '../../src/job/storages.ts'

const disk = { kind: 'filesystem', dir: '/d' } as const
const memory = { kind: 'jobmanager' } as const
const custom = { kind: 'custom', url: 'bucket://main' } as const
const copied = (directory?: string) => ({ directory, format: 'self-contained' }) as const
const pointing = (directory?: string) => ({ ...usualTarget, directory })

describe('savepointTarget', () => {
  it('is what was asked for, over what is configured, over a pointer', () => {
    const copies = { savepoints: { ...disk, format: 'self-contained' } as const }
    expect(savepointTarget(copies, { dir: undefined, format: undefined })).toEqual(copied())
    expect(savepointTarget(copies, { dir: '/s', format: 'pointer' })).toEqual(pointing('/s'))
    for (const savepoints of [memory, disk, custom]) {
      expect(savepointTarget({ savepoints }, { dir: '/s', format: undefined })).toEqual(pointing('/s'))
    }
  })
})

describe('savepointPlace', () => {
  it('is what the job uses, or what was asked for', () => {
    const job = { savepoints: memory, storage: disk }
    expect(savepointPlace(job, pointing())).toEqual(memory)
    expect(savepointPlace(job, pointing('/s'))).toEqual({ kind: 'filesystem', dir: '/s' })
    expect(savepointPlace(job, pointing('bucket://main'))).toEqual(custom)
  })

  it('is in the memory of the process as long as checkpoints are, for what points to them', () => {
    const job = { savepoints: memory, storage: memory }
    expect(savepointPlace(job, pointing())).toEqual(memory)
    for (const place of ['/s', 'bucket://main']) {
      const refused = expect.objectContaining({
        code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
        message: expect.stringMatching(`A savepoint in ${place} would point .*--self-contained`),
      })
      expect(() => savepointPlace(job, pointing(place))).toThrow(refused)
    }
    expect(savepointPlace(job, copied('/s'))).toEqual({ kind: 'filesystem', dir: '/s' })
    expect(() => savepointPlace({ savepoints: disk, storage: memory }, pointing())).toThrow('A savepoint in /d')
  })
})

describe('checkCopies', () => {
  it('wants a store that holds state for a self-contained savepoint', () => {
    checkCopies(jobmanagerSavepointStore(), pointing())
    checkCopies(new Storages().savepoints(disk), copied())
    expect(() => checkCopies(jobmanagerSavepointStore(), copied())).toThrow(
      expect.objectContaining({ code: 'SAVEPOINT_DIR_MISSING', message: expect.stringContaining('"jobmanager"') }),
    )
  })
})

describe('checkSavepointBackend', () => {
  it('refuses filesystem savepoints over jobmanager checkpoints, naming both keys and the fix', () => {
    expect(() => checkSavepointBackend(disk, memory)).toThrow(
      expect.objectContaining({
        code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
        message: expect.stringMatching(
          /"savepoints.state.backend".*"state.backend".*Set .*"state.backend.fs.checkpointdir".*--self-contained/,
        ),
      }),
    )
    for (const [savepoints, checkpoints] of [
      [disk, disk],
      [custom, disk],
      [custom, custom],
      [memory, disk],
      [memory, memory],
      [{ ...disk, format: 'self-contained' }, memory],
    ] as const) {
      checkSavepointBackend(savepoints, checkpoints)
    }
  })
})
