import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { readJobRecord } from '../../src/backends/job-record.ts'
import { leaseHolder } from '../../src/backends/lease.ts'
import { pinHolders } from '../../src/backends/pins.ts'
import { collectGarbage } from '../../src/savepoint/collect-garbage.ts'
import { type GarbageLine, garbageIn, oddSavepointsIn } from '../../src/savepoint/garbage.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { type KeptJob, keepJob } from './kept-job.ts'

const collect = (job: string, now: number) => collectGarbage(nodeFileSystem, job, { now, isProcessAlive: () => false })

async function littered(): Promise<KeptJob & { readonly job: string }> {
  const kept = await keepJob()
  const job = join(kept.dir, 'checkpoints', kept.jobId)
  mkdirSync(join(job, 'chk-9'))
  writeFileSync(join(job, 'chk-9', 'x-0.state'), 'x')
  writeFileSync(join(kept.checkpoint, 'left.state'), 'x')
  writeFileSync(join(job, 'shared', `9-${'0'.repeat(32)}-0.state`), 'x')
  writeFileSync(join(job, 'shared', 'not-ours'), 'x')
  writeFileSync(join(job, 'job.json.tmp-1'), 'x')
  return { ...kept, job }
}

async function linesOf(dir: string): Promise<readonly GarbageLine[]> {
  const found: GarbageLine[] = []
  for await (const { lines } of garbageIn(nodeFileSystem, dir)) found.push(...lines)
  return found
}

const orphansOf = (lines: readonly GarbageLine[], job: string) =>
  lines.filter(({ verdict }) => verdict === 'orphan').map(({ path }) => path.slice(job.length + 1))

describe('garbage', () => {
  it('is what no manifest names; what holds the rest is told', async () => {
    const { job, dir, checkpoint, savepoint } = await littered()
    const lines = await linesOf(join(dir, 'checkpoints'))
    expect(orphansOf(lines, job)).toEqual([
      'chk-2/left.state',
      'chk-9',
      `shared/9-${'0'.repeat(32)}-0.state`,
      'job.json.tmp-1',
    ])
    expect(lines.filter(({ verdict }) => verdict === 'held')).toEqual([
      { path: checkpoint, verdict: 'held', why: `pinned by ${savepoint}` },
    ])
    const heir = '7'.repeat(32)
    writeFileSync(join(checkpoint, `claimed-${heir}`), '')
    writeFileSync(join(savepoint, '_metadata'), '{}')
    expect((await linesOf(join(dir, 'checkpoints'))).filter(({ verdict }) => verdict === 'held')).toMatchObject([
      { why: `claimed by job ${heir}` },
      { why: `pinned by ${savepoint}, which is self-contained and does not need it` },
    ])
    rmSync(join(checkpoint, `claimed-${heir}`))
    rmSync(savepoint, { recursive: true })
    expect((await linesOf(join(dir, 'checkpoints'))).find(({ verdict }) => verdict === 'held')?.why).toBe(
      `pinned by ${savepoint}, where no savepoint is (any more)`,
    )
  })

  it('is collected, and nothing else', async () => {
    const { job, dir, savepoint, checkpoint } = await littered()
    expect(await leaseHolder(nodeFileSystem, job)).toBeUndefined()
    const before = await readJobRecord(nodeFileSystem, job)
    const removed = await collect(job, 7)
    expect(removed!.map((path) => path.slice(job.length + 1)).sort()).toEqual(
      ['chk-2/left.state', 'chk-9', `shared/9-${'0'.repeat(32)}-0.state`].sort(),
    )
    expect(existsSync(join(job, 'job.json.tmp-1'))).toBe(false)
    expect(existsSync(join(job, 'shared', 'not-ours'))).toBe(true)
    expect(await verifySavepoint(savepoint)).toEqual([])
    expect(orphansOf(await linesOf(join(dir, 'checkpoints')), job)).toEqual([])
    // The id of what is gone is not used again, and whether the job had finished is still known.
    expect(await readJobRecord(nodeFileSystem, job)).toEqual({ ...before!, highestId: 9 })
    expect(await pinHolders(nodeFileSystem, checkpoint)).toEqual([savepoint])
    expect(await collect(job, 8)).toEqual([])
  })

  it('is left to a process that has the job by then, or is taking it up', async () => {
    const { job } = await littered()
    const leases = () => readdirSync(job).filter((name) => name.startsWith('lease'))
    const before = leases()
    const refused = async (isProcessAlive: (pid: number) => boolean) => {
      expect(await collectGarbage(nodeFileSystem, job, { now: 7, isProcessAlive })).toBeUndefined()
      expect(existsSync(join(job, 'chk-9'))).toBe(true)
    }
    writeFileSync(join(job, 'lease-7'), '')
    await refused(() => false)
    writeFileSync(join(job, 'lease-7'), `${JSON.stringify({ epoch: 7, pid: 4_711, time: 1 })}\n`)
    await refused((pid) => pid === 4_711)
    // Taken up between the look at its process and the lease.
    await refused(() => {
      writeFileSync(join(job, 'lease-8'), '')
      return false
    })
    expect(leases()).toEqual([...before, 'lease-7', 'lease-8'])
    writeFileSync(join(job, 'lease-8'), `${JSON.stringify({ epoch: 8, pid: 4_711, time: 1 })}\n`)
    expect(await collect(job, 7)).toContain(join(job, 'chk-9'))
    expect(leases()).toEqual(['lease-9'])
  })

  it('is nothing that cannot be read, nor what such a manifest may name', async () => {
    const { job, dir, checkpoint } = await littered()
    writeFileSync(join(checkpoint, '_metadata'), '{}')
    const before = readdirSync(join(job, 'shared'))
    const lines = await linesOf(join(dir, 'checkpoints'))
    expect(orphansOf(lines, job)).toEqual(['chk-9', 'job.json.tmp-1'])
    expect(lines.filter(({ verdict }) => verdict === 'unclear').length).toBe(1 + before.length - 1)
    await collect(job, 7)
    expect(readdirSync(join(job, 'shared'))).toEqual(before)
    expect(existsSync(join(checkpoint, 'left.state'))).toBe(true)
  })

  it('of a job without a record is left alone', async () => {
    const { job } = await littered()
    rmSync(join(job, 'job.json'))
    expect(await collect(job, 7)).toEqual([])
    expect(existsSync(join(job, 'chk-9'))).toBe(true)
  })

  it('of savepoints is for a person to judge', async () => {
    const kept = await keepJob()
    const savepoints = join(kept.dir, 'savepoints')
    const odd = async () => {
      const found: string[] = []
      for await (const { path, why } of oddSavepointsIn(nodeFileSystem, savepoints)) {
        found.push(`${path.slice(savepoints.length + 1)}: ${why}`)
      }
      return found
    }
    expect(await odd()).toEqual([])
    mkdirSync(join(savepoints, 'savepoint-abcdef-000000000000'))
    rmSync(kept.checkpoint, { recursive: true })
    expect(await odd()).toEqual(
      [
        'savepoint-abcdef-000000000000: has no manifest: it is being made, or its making was cut short',
        `${kept.savepoint.slice(savepoints.length + 1)}: points to ${kept.checkpoint}, where there is no checkpoint`,
      ].sort(),
    )
  })
})
