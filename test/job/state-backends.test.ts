import '../../src/job/state-backend-check.ts'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { StateBackend } from '../../src/backends/state-backend.ts'
import { createSession } from '../../src/job/create-session.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

it.each(['lmdb', {}, null])('is refused when it is none: %o', (backend) => {
  expect(() => createSession({ stateBackend: backend as never })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining('stateBackend') }),
  )
})

it('goes on from the checkpoints of another state backend, and back', async () => {
  const scratch = temporaryDir()
  const lmdb = lmdbStateBackend({ dir: scratch, cacheEntries: 2 })
  const output: Counted[] = []
  const words: string[] = []
  const feed = new Feed(words)
  const storage = { kind: 'filesystem', dir: temporaryDir() } as const
  const environment = countProgram(feed.source, output, {
    checkpoint: { intervalMs: 100, storage, retention: 'retain-on-cancellation' },
  })
  const backends: readonly StateBackend[] = [lmdb, heapStateBackend, lmdb]
  for (const [index, stateBackend] of backends.entries()) {
    const process = new SimulatedProcess({ seed: index, stateBackend })
    const observed = await process.submit(environment, { resume: index > 0 })
    const more = ['to', 'be', 'or', 'not', 'to', `be ${index}`]
    feed.push(...more)
    words.push(...more)
    await process.until(() => output.length === words.length)
    await observed.completes(2)
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(readdirSync(scratch).length).toBe(stateBackend === lmdb ? 1 : 0)
    if (stateBackend === lmdb) {
      const canceled = observed.job.cancel()
      await process.until(() => observed.job.endedAt !== undefined)
      await canceled
    }
    expect([readdirSync(scratch), process.crashes]).toEqual([[], []])
  }
})
