import { beforeEach, describe, expect, it } from 'vitest'
import type { Self } from '../../src/actors/kernel.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { SubtaskSnapshots } from '../../src/actors/subtask-snapshots.ts'
import type { JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { KeyedSnapshot } from '../../src/backends/state-backend.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import type { OperatorSnapshotPart } from '../../src/operators/chain-options.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor } from './descriptors.ts'
import { at, ck, jobId, Probe } from './probe.ts'

let simulation: SimulatedKernel
let probe: Probe
let snapshots: SubtaskSnapshots
let checkpoints: JobCheckpoints
let released: number

beforeEach(async () => {
  released = 0
  simulation = new SimulatedKernel({ seed: 1, startMs: 1_000 })
  checkpoints = await jobmanagerCheckpointStorage().open({ id: jobId, name: 'job' })
  let self: Self | undefined
  probe = simulation.kernel.spawn(at('subtask'), (own) => {
    self = own
    return new Probe()
  })
  snapshots = new SubtaskSnapshots(self!, descriptor(chainOf(['map', mapOperator((x) => x)])), checkpoints)
})

const part = (state: unknown, keyed?: KeyedSnapshot): OperatorSnapshotPart => ({
  operatorId: 'map' as OperatorId,
  state,
  keyed,
  durable: undefined,
})

const keyed = (pieces: number): KeyedSnapshot => ({
  range: { start: 0, end: 127 },
  version: 0,
  since: undefined,
  empty: false,
  states: [],
  write: () => (pieces-- > 0 ? new Uint8Array(1) : undefined),
  release: () => void released++,
})

const facts = (id: number) => ({ checkpointId: ck(id), timestamp: 900, kind: 'checkpoint', ended: false }) as const
const take = (id: number, parts: OperatorSnapshotPart[] = []) => snapshots.take(facts(id), () => parts)
const stored = (id: number) => snapshots.stored(ck(id))

describe('the snapshots of a subtask', () => {
  it('measure how long the barrier took to come, to align, to snapshot and to be stored', () => {
    const { clock } = simulation
    snapshots.barrierSeen(ck(1))
    clock.advance(20)
    snapshots.barrierSeen(ck(1))
    clock.advance(10)
    const taken = snapshots.take(facts(1), () => {
      clock.advance(3)
      return [part(undefined, keyed(1))]
    })
    expect(taken).toEqual({ type: 'snapshot.taken', checkpointId: 1 })
    expect(snapshots.persist(ck(1))).toBeUndefined()
    while (snapshots.writing) snapshots.writeSlice(1_000)
    clock.advance(40)
    expect(stored(1)).toMatchObject({
      type: 'snapshot.stored',
      metrics: { startDelayMs: 100, alignmentMs: 30, syncMs: 3, asyncMs: 40, bytes: 1 },
    })
  })

  it('forget the barriers of checkpoints that came to nothing', () => {
    for (let id = 1; id <= limits.alignmentsTrackedMax + 1; id++) snapshots.barrierSeen(ck(id))
    simulation.clock.advance(5)
    const alignmentMs = (id: number) => {
      take(id)
      return (stored(id) as { metrics: { alignmentMs: number } }).metrics.alignmentMs
    }
    expect([alignmentMs(1), alignmentMs(2)]).toEqual([0, 5])
  })

  it('without anything to write are stored at once', () => {
    take(1, [part(undefined)])
    expect(snapshots.persist(ck(1))).toMatchObject({ type: 'snapshot.stored', state: { operators: [], bytes: 0 } })
    expect(snapshots.writing).toBe(false)
  })

  it('are written in slices, one after the other, and durable by message', async () => {
    take(1, [part(undefined, keyed(2))])
    take(2, [part('second')])
    snapshots.persist(ck(1))
    snapshots.persist(ck(2))
    let slices = 0
    for (; snapshots.writing; slices++) expect(snapshots.writeSlice(0)).toBeUndefined()
    expect([slices, released]).toEqual([4, 1])
    await simulation.settle()
    expect(probe.received.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { type: 'snapshot.durable', checkpointId: 1 },
      { type: 'snapshot.durable', checkpointId: 2 },
    ])
    expect(stored(1)).toMatchObject({ state: { operators: [{ keyed: [{ length: 2 }] }], bytes: 2 } })
  })

  it('that are discarded release what was marked, and are skipped by the writer', async () => {
    take(1, [part(undefined, keyed(9))])
    take(2, [part(undefined, keyed(9))])
    take(3, [part('kept')])
    snapshots.discard(ck(1))
    expect(released).toBe(1)
    snapshots.persist(ck(1))
    snapshots.persist(ck(2))
    snapshots.persist(ck(3))
    snapshots.writeSlice(0)
    snapshots.discard(ck(2))
    snapshots.discard(ck(2))
    expect(released).toBe(2)
    while (snapshots.writing) snapshots.writeSlice(1_000)
    await simulation.settle()
    expect(probe.received).toEqual([{ type: 'snapshot.durable', checkpointId: 3 }])
  })

  it('are all released when everything is given up', () => {
    take(1, [part(undefined, keyed(1))])
    take(2, [part(undefined, keyed(1))])
    snapshots.discardAll()
    snapshots.discardAll()
    expect(released).toBe(2)
  })

  it('that fail say of which subtask and why, and are released', () => {
    const failure = { code: 'CHECKPOINT_FAILED', message: 'Checkpoint 1 of "map" failed: no memory', restartable: true }
    const failed = snapshots.take(facts(1), () => {
      throw new Error('no memory')
    })
    expect(failed).toEqual({ type: 'snapshot.failed', checkpointId: 1, failure })
    take(2, [part(() => {}, keyed(0))])
    snapshots.persist(ck(2))
    let event = snapshots.writeSlice(1_000)
    while (event === undefined && snapshots.writing) event = snapshots.writeSlice(1_000)
    expect(event).toMatchObject({
      type: 'snapshot.failed',
      checkpointId: 2,
      failure: { code: 'STATE_NOT_SERIALIZABLE' },
    })
    expect([released, snapshots.writing]).toEqual([1, false])
  })

  it('that find the lease lost end the subtask', async () => {
    const storage = jobmanagerCheckpointStorage()
    const own = await storage.open({ id: jobId, name: 'job' })
    await storage.open({ id: jobId, name: 'job' })
    Object.assign(checkpoints, { openWriter: own.openWriter.bind(own) })
    take(1, [part('state')])
    snapshots.persist(ck(1))
    snapshots.writeSlice(1_000)
    await simulation.settle()
    expect(probe.received).toMatchObject([{ type: 'subtask.crashed', failure: { code: 'LEASE_LOST' } }])
  })

  it('that nobody knows any more are answered all the same', () => {
    expect(snapshots.persist(ck(9))).toBeUndefined()
    expect(stored(9)).toMatchObject({ type: 'snapshot.stored', state: { operators: [], finished: false } })
  })
})
