import { describe, expect, it } from 'vitest'
import { checkSavepointBackend, savepointPlace } from '../../src/job/savepoint-place.ts'

const disk = { kind: 'filesystem', dir: '/d' } as const
const memory = { kind: 'jobmanager' } as const
const custom = { kind: 'custom', url: 'bucket://main' } as const

describe('savepointPlace', () => {
  it('is what the job uses, or what was asked for', () => {
    const job = { savepoints: memory, storage: disk }
    expect(savepointPlace(job, undefined)).toEqual(memory)
    expect(savepointPlace(job, '/s')).toEqual({ kind: 'filesystem', dir: '/s' })
    expect(savepointPlace(job, 'bucket://main')).toEqual(custom)
  })

  it('is in the memory of the process as long as checkpoints are', () => {
    const job = { savepoints: memory, storage: memory }
    expect(savepointPlace(job, undefined)).toEqual(memory)
    for (const place of ['/s', 'bucket://main']) {
      expect(() => savepointPlace(job, place)).toThrow(
        expect.objectContaining({
          code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
          message: expect.stringContaining(`A savepoint in ${place} would point`),
        }),
      )
    }
  })
})

describe('checkSavepointBackend', () => {
  it('refuses filesystem savepoints over jobmanager checkpoints, naming both keys and the fix', () => {
    expect(() => checkSavepointBackend(disk, memory)).toThrow(
      expect.objectContaining({
        code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
        message: expect.stringMatching(
          /"savepoints.state.backend".*"state.backend".*Set .*"state.backend.fs.checkpointdir"/,
        ),
      }),
    )
    for (const [savepoints, checkpoints] of [
      [disk, disk],
      [custom, disk],
      [custom, custom],
      [memory, disk],
      [memory, memory],
    ] as const) {
      checkSavepointBackend(savepoints, checkpoints)
    }
  })
})
