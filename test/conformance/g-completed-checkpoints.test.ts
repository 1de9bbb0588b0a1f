/** Which completed checkpoints are kept, while the job runs and after it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { CheckpointId, JobId } from '../../src/core/ids.ts'
import { readConfiguration } from '../../src/job/configuration.ts'
import { newest, retain } from '../../src/machines/checkpoint-coordinator/retention.ts'
import { checkJobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import { begun, CoordinatorScript, of } from './coordinator-script.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const job = { id: 'a'.repeat(32) as JobId, name: 'job' }
const manifest = (n: number, kind: SnapshotKind = 'checkpoint') => ({
  formatVersion: 1,
  kind,
  job,
  checkpointId: n as CheckpointId,
  timestamp: n,
  operators: [],
})
const id = (n: number) => n as CheckpointId

describe('how many are kept', () => {
  it.each([0, -1, 1.5])('G1 to retain %d is refused, by the program and by the configuration', (retained) => {
    const invalid = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
    expect(() => checkJobOptions({ checkpoint: { retained } })).toThrow(invalid)
    expect(() => checkJobOptions({ checkpoint: { retained: 1 } })).not.toThrow()
    const configure = (value: number) => () =>
      readConfiguration([[{ key: 'state.checkpoints.num-retained', value, origin: 'test' }]])
    expect(configure(retained)).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE_INVALID' }))
    expect(configure(1)).not.toThrow()
  })

  it('G2 they are listed in the order of their ids, and with none there is no newest', async () => {
    expect([newest([]), retain([], id(3), 2)]).toEqual([undefined, { kept: [3], retired: [] }])
    const coordinator = new CoordinatorScript({ retained: 3 })
    expect(of(coordinator.feed(on.running(), on.jobStopping()), 'settled')[0]?.params.latest).toBeUndefined()
    const storage = jobmanagerCheckpointStorage()
    const first = await storage.open(job)
    expect(first.existing).toEqual([])
    for (const n of [2, 10, 9]) await first.putManifest(manifest(n))
    const found = (await storage.open(job)).existing.map((one) => one.manifest.checkpointId)
    expect(found).toEqual([2, 9, 10])
  })

  it('G3 beyond that number the oldest go first; nobody waits for their removal', () => {
    const coordinator = new CoordinatorScript({ retained: 2, slowToClean: true })
    const retired = [1, 2, 3, 4].map((n) => {
      const started = coordinator.feed(...(n === 1 ? [on.running()] : []), on.request(`c${n}`, 'checkpoint'))
      expect(begun(started)).toEqual([n])
      return of(coordinator.complete(n), 'retire').flatMap(({ params }) => params.checkpointIds)
    })
    expect(retired).toEqual([[], [], [1], [2]])
    expect(coordinator.state.main.context.completed).toEqual([3, 4])
  })

  it('G5 the newest never goes, not even for one that completes late and is older', () => {
    expect(retain([id(4)], id(3), 1)).toEqual({ kept: [4], retired: [3] })
    expect(retain([id(4)], id(5), 0)).toEqual({ kept: [5], retired: [4] })
  })

  it('G5 what a savepoint pins keeps its files when it is no longer among those that are kept', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const options = {
      checkpoint: { intervalMs: 100, storage: { kind: 'filesystem', dir } },
      savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
    } as const
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('RUNNING')
    const path = await process.settle(observed.job.triggerSavepoint())
    const saved = observed.of('savepoint-completed')[0]!.checkpointId
    await observed.completes(3)
    expect(existsSync(join(dir, observed.job.id, `chk-${saved}`, '_metadata'))).toBe(true)
    await process.settle(observed.job.cancel())
    const again = await process.submit(countProgram(new Feed(words).source, [], options), { fromSavepoint: path })
    await again.is('RUNNING')
    expect(again.job.checkpointStats().restored?.checkpointId).toBe(saved)
  })

  it('G6 failing to remove an old one is logged, and the new one is complete all the same', async () => {
    let failing = true
    const fault = (label: string) => (failing && label.includes('clean') ? new Error('stuck') : undefined)
    const dir = temporaryDir()
    const process = new SimulatedProcess({ fault })
    const checkpoint = { intervalMs: 100, storage: { kind: 'filesystem' as const, dir } }
    const observed = await process.submit(countProgram(new Feed(words).source, [], { checkpoint }))
    await observed.completes(5)
    expect(observed.of('checkpoint-aborted')).toEqual([])
    expect(process.logged.filter((line) => line.includes('could not be removed')).length).toBeGreaterThan(2)
    expect(readdirSync(join(dir, observed.job.id))).toContain('chk-1')
    failing = false
    await process.settle(observed.job.cancel())
  })
})

describe('what is kept when the job ends', () => {
  const kept = async (process: SimulatedProcess) => {
    const found = await process.storages.checkpoints({ kind: 'jobmanager' }).newest('count')
    return found !== undefined
  }
  const retentions = ['delete', 'retain-on-failure', 'retain-on-cancellation'] as const
  const run = async (retention: (typeof retentions)[number], feed = new Feed(words)) => {
    const process = new SimulatedProcess()
    const options = { checkpoint: { intervalMs: 10, retention }, restart: { strategy: 'none' } } as const
    const before = (word: string) => {
      if (word === 'bad') throw new Error('unlucky')
    }
    const observed = await process.submit(countProgram(feed.source, [], options, { before }))
    await observed.completes(2)
    return { process, observed, feed }
  }

  it.each(retentions)(
    'G4 nothing of a job that has finished, and all of one that is suspended: %s',
    async (retention) => {
      const finished = await run(retention)
      finished.feed.end()
      await finished.observed.is('FINISHED')
      const suspended = await run(retention)
      await suspended.process.settle(suspended.process.session.close())
      expect(suspended.observed.statuses.at(-1)).toBe('SUSPENDED')
      expect([await kept(finished.process), await kept(suspended.process)]).toEqual([false, true])
    },
  )

  it.each([
    ['delete', false, false],
    ['retain-on-failure', true, false],
    ['retain-on-cancellation', true, true],
  ] as const)(
    'G7 with %s: after a failure %s, after a cancellation %s',
    async (retention, onFailure, onCancellation) => {
      const failed = await run(retention)
      failed.feed.push('bad')
      await failed.observed.is('FAILED')
      const canceled = await run(retention)
      await canceled.process.settle(canceled.observed.job.cancel())
      expect([await kept(failed.process), await kept(canceled.process)]).toEqual([onFailure, onCancellation])
    },
  )
})
