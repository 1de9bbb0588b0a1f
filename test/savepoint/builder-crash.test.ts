/** The disk fails, or dies, at every single call of a savepoint that is made: it is there as a whole, or not at all. */
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/core/clock.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { writeOperator } from '../../src/savepoint/operator-output.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { type SavepointDraft, writeSavepoint } from '../../src/savepoint/write-savepoint.ts'
import { type Fault, MemoryFileSystem } from '../backends/memory-file-system.ts'

const dir = '/made/savepoint'
const builder = () =>
  SavepointBuilder.empty({ jobName: 'new', jobId: 'ab'.repeat(16) })
    .addOperator({
      uid: 'o',
      parallelism: 2,
      keyed: {
        v: {
          kind: 'value',
          rows: [
            ['a', 1],
            ['b', 2],
            ['c', 3],
          ],
        },
      },
      lists: { l: { mode: 'union', items: [1, 2] } },
    })
    .addOperator({ uid: 'p', whole: ['p'] })

const write = (fs: MemoryFileSystem) => builder().write(dir, { fs, clock: new VirtualClock(1) })

async function callsOfOne(): Promise<number> {
  const fs = new MemoryFileSystem()
  await write(fs)
  return fs.calls
}

async function withFault(fault: Fault) {
  const fs = new MemoryFileSystem()
  fs.fault = fault
  const done = await write(fs).then(
    () => true,
    () => false,
  )
  fs.fault = undefined
  return { fs, done }
}

describe('a savepoint that is made', () => {
  it('is whole, or none, wherever the disk dies and whatever of it survives', async () => {
    const calls = await callsOfOne()
    expect(calls).toBeGreaterThan(30)
    let whole = 0
    for (let at = 0; at < calls; at++) {
      const { fs, done } = await withFault({ at, kind: 'dies' })
      for (const what of ['synced', 'all', 'manifests', 'files'] as const) {
        const after = fs.survivors(what)
        const findings = await verifySavepoint(dir, { fs: after })
        const none = findings.length === 1 && findings[0]?.code === 'SAVEPOINT_NOT_FOUND'
        expect(findings.length === 0 || none, `${at} ${what}: ${JSON.stringify(findings)}`).toBe(true)
        if (done) expect(findings, `${at} ${what}`).toEqual([])
        if (findings.length === 0) whole++
      }
    }
    expect(whole).toBeGreaterThan(0)
  })

  it('is not there after a failure, and can be made again in its place', async () => {
    const calls = await callsOfOne()
    for (let at = 0; at < calls; at++) {
      const { fs, done } = await withFault({ at, kind: 'fails' })
      const findings = await verifySavepoint(dir, { fs })
      expect(
        findings.map(({ code }) => code),
        `${at}`,
      ).toEqual(done ? [] : ['SAVEPOINT_NOT_FOUND'])
      if (done) continue
      await write(fs)
      expect((await openSavepoint(dir, { fs })).operators.length).toBe(2)
    }
  })

  it('is made of nothing more than a draft', async () => {
    const fs = new MemoryFileSystem()
    const draft: SavepointDraft = {
      job: { id: 'cd'.repeat(16) as SavepointDraft['job']['id'], name: 'none' },
      checkpointId: undefined,
      operators: [],
      renamed: new Map(),
    }
    const made = await writeSavepoint(dir, draft, { fs, clock: new VirtualClock(7) })
    expect(made.manifest).toMatchObject({ checkpointId: 1, timestamp: 7, operators: [] })
    expect(writeOperator).toBeTypeOf('function')
  })
})
