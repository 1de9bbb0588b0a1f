import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { SubtaskState } from '../../src/backends/manifest.ts'
import { type Alignment, type Barrier, endOfData, endOfPartition, recordBatch } from '../../src/core/elements.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { ck, jobId } from './probe.ts'
import { mapping, told, twice } from './subtask-programs.ts'
import { aborted, barrier, SubtaskRig, shown, trigger } from './subtask-rig.ts'

const travelling = (id: number, alignment: Alignment): Barrier => ({ ...(barrier(id) as Barrier), alignment })
const ahead = (id: number): Barrier => travelling(id, { type: 'unaligned' })
const timed = (id: number, timeoutMs: number): Barrier => travelling(id, { type: 'aligned-with-timeout', timeoutMs })

const two = {
  inputs: [input('a'), input('b')],
  outputs: [output(['out'])],
}
const subtask = descriptor(chainOf(['map', twice]), two)

async function start(options: Parameters<typeof SubtaskRig.make>[1] = {}) {
  const storage = jobmanagerCheckpointStorage()
  const rig = await SubtaskRig.make(subtask, { storage, ...options })
  await rig.deploy()
  const stateOf = () => (told(rig, 'subtask.acknowledged') as unknown as { state: SubtaskState }[])[0]?.state
  return { rig, storage, stateOf }
}

/** The channel state of what was acknowledged, as a new subtask would get it. */
async function restoredFrom(
  rig: SubtaskRig,
  state: SubtaskState,
  storage: ReturnType<typeof jobmanagerCheckpointStorage>,
) {
  const snapshot = await rig.checkpoints.putManifest({
    formatVersion: 1,
    kind: 'checkpoint',
    job: { id: jobId, name: 'job' },
    checkpointId: ck(1),
    timestamp: 0,
    operators: [],
  })
  const inFlight = state.inFlight?.map((handle) => ({ handle, from: handle.from }))
  const restore = { checkpointId: ck(1), finished: false, operators: [], inFlight }
  return SubtaskRig.make({ ...subtask, restore, attempt: 1 }, { storage, restoreFrom: snapshot })
}

const passes = async (rig: SubtaskRig, ms: number): Promise<void> => {
  rig.simulation.clock.advance(ms)
  await rig.simulation.settle()
}

describe('the barrier of an unaligned checkpoint', () => {
  it('is taken before what is queued, and forwarded before what is queued behind this subtask', async () => {
    const { rig } = await start()
    await rig.push('a', recordBatch([1]), recordBatch([2]))
    rig.channel('a').push(recordBatch([3]))
    rig.channel('b').push(recordBatch([10]))
    rig.channel('a').pushAhead(ahead(1))
    await rig.simulation.settle()
    const elements = [rig.channel('out').shift()!]
    // What came out before is overtaken: it stands behind the barrier, which says how much that is.
    expect(elements[0]).toMatchObject({
      type: 'barrier',
      checkpointId: 1,
      alignment: { type: 'unaligned' },
      overtook: 2,
    })
    expect(await rig.drain('out')).toEqual([[2], [4], [20], [6]])
  })

  it('does not wait for credit', async () => {
    const { rig } = await start({ channelCapacity: 1 })
    await rig.push('a', recordBatch([1]), recordBatch([2]))
    expect([rig.channel('a').size, rig.channel('out').size]).toEqual([1, 1])
    rig.channel('a').pushAhead(ahead(1))
    await rig.simulation.settle()
    expect(rig.channel('out').peek()).toMatchObject({ type: 'barrier', overtook: 1 })
    expect(rig.channel('a').size).toBe(1)
  })

  it('waits while its channel is blocked by an aligned one', async () => {
    const { rig } = await start()
    await rig.push('a', barrier(1, 'savepoint'))
    rig.channel('a').pushAhead(ahead(2))
    await rig.push('b', recordBatch([1]))
    expect(rig.effects).not.toContain('takeSnapshot')
    await rig.push('b', barrier(1, 'savepoint'))
    expect(await rig.drain('out')).toEqual(['barrier 2', [2], 'barrier 1'])
    expect(rig.unexpected).toEqual([])
  })

  it('stays before that of a newer one, in its own channel and in those behind this subtask', async () => {
    const { rig, stateOf } = await start({ channelCapacity: 100 })
    rig.channel('a').push(recordBatch([1]))
    rig.channel('a').pushAhead(ahead(1))
    rig.channel('a').push(recordBatch([2]))
    rig.channel('a').pushAhead(ahead(2))
    await rig.simulation.settle()
    expect(told(rig, 'subtask.declined')).toMatchObject([{ checkpointId: 1 }])
    expect(await rig.drain('out')).toEqual(['barrier 1', 'barrier 2', [2], [4]])
    await rig.push('b', ahead(2))
    expect(stateOf()?.inFlight).toHaveLength(1)
    expect(rig.unexpected).toEqual([])
  })

  it('leaves its channel unblocked, and a later one of it is old news', async () => {
    const { rig, stateOf } = await start()
    rig.channel('a').pushAhead(ahead(1))
    await rig.push('a', recordBatch([1]))
    expect(await rig.drain('out')).toEqual(['barrier 1', [2]])
    await rig.push('b', endOfData)
    expect(stateOf()).toEqual({ operators: [], bytes: 0, finished: false })
    await rig.push('b', ahead(1), endOfPartition)
    expect(rig.unexpected).toEqual([])
  })
})

describe('channel state', () => {
  it('is what a barrier overtook, and what came on other channels until theirs', async () => {
    const { rig, storage, stateOf } = await start({ channelCapacity: 100 })
    rig.channel('a').push(recordBatch([1, 2]))
    rig.channel('a').push({ type: 'watermark', timestamp: 5 })
    rig.channel('a').push(recordBatch([3], [7], ['key'], [9]))
    rig.channel('a').pushAhead(ahead(1))
    rig.channel('a').push(recordBatch([4]))
    await rig.simulation.settle()
    await rig.push('b', recordBatch([10]))
    rig.channel('b').push(recordBatch([20]))
    rig.channel('b').pushAhead(ahead(1))
    rig.channel('b').push(recordBatch([30]))
    await rig.simulation.settle()
    expect((await rig.drain('out')).flat()).toEqual(['barrier 1', 2, 4, 6, 8, 20, 40, 60])
    const state = stateOf()!
    expect(state.inFlight).toMatchObject([
      { gate: 0, input: 0, from: 0 },
      { gate: 1, input: 0, from: 0 },
    ])
    expect(state.bytes).toBe(state.inFlight!.reduce((sum, { length }) => sum + length, 0))

    const next = await restoredFrom(rig, state, storage)
    // An upstream subtask that was faster already sent something.
    next.channel('a').push(recordBatch([4]))
    await next.deploy()
    const out = (await next.drain('out')) as number[][]
    expect(out.flat().toSorted((a, b) => a - b)).toEqual([2, 4, 6, 8, 20, 40])
    expect(out.flat().indexOf(8)).toBeGreaterThan(out.flat().indexOf(6))
  })

  it('keeps timestamps, keys and key groups', async () => {
    const { rig, storage, stateOf } = await start()
    const words = ['x', 'y']
    rig.channel('a').push(recordBatch(words, [1, 2], words, [3, 4]))
    rig.channel('a').pushAhead(ahead(1))
    await rig.push('b', endOfData)
    await rig.drain('out')
    const next = await restoredFrom(rig, stateOf()!, storage)
    await next.hear({ type: 'subtask.deployed' })
    expect(next.actor.counts().recordsIn).toBe(2)
  })

  it('of a checkpoint that is aborted is dropped', async () => {
    const { rig, stateOf } = await start()
    rig.channel('a').push(recordBatch([1]))
    rig.channel('a').pushAhead(ahead(1))
    await rig.push('b', recordBatch([10]))
    await rig.hear(aborted(1))
    rig.channel('a').pushAhead(ahead(2))
    rig.channel('b').pushAhead(ahead(2))
    await rig.simulation.settle()
    expect(stateOf()).toEqual({ operators: [], bytes: 0, finished: false })
    expect(rig.channel('b').takeRecorded(ck(1))).toEqual([])
  })

  it('that cannot be encoded is declined, and says where', async () => {
    const { rig } = await start()
    rig.channel('a').push(recordBatch([{ call: () => {} }]))
    rig.channel('a').pushAhead(ahead(1))
    await rig.push('b', endOfData)
    expect(told(rig, 'subtask.declined')).toMatchObject([
      { checkpointId: 1, message: expect.stringMatching(/^A record on its way.*call/) },
    ])
  })
})

describe('a checkpoint with a time-out', () => {
  it('blocks until its time is over, then takes its snapshot and records the others', async () => {
    const { rig, stateOf } = await start()
    const begun = rig.simulation.clock.now()
    await rig.push('a', { ...timed(1, 100), timestamp: begun }, recordBatch([1]))
    await rig.push('b', recordBatch([10]))
    expect(await rig.drain('out')).toEqual([[20]])
    await passes(rig, 99)
    expect(rig.effects).not.toContain('takeSnapshot')
    await passes(rig, 1)
    expect((await rig.drain('out')).map((one) => one)).toEqual(['barrier 1', [2]])
    rig.channel('b').push(recordBatch([11]))
    rig.channel('b').pushAhead(ahead(1))
    await rig.simulation.settle()
    // The blocked channel had delivered all that belongs to it.
    expect(stateOf()!.inFlight).toMatchObject([{ gate: 1 }])
  })

  it('puts a barrier ahead that is still queued', async () => {
    const { rig } = await start({ channelCapacity: 1 })
    const begun = rig.simulation.clock.now()
    await rig.push('a', recordBatch([1]), recordBatch([2]), { ...timed(1, 50), timestamp: begun })
    expect(rig.channel('a').size).toBe(2)
    await passes(rig, 50)
    expect(rig.channel('out').peek()).toMatchObject({ type: 'barrier', alignment: { type: 'unaligned' }, overtook: 1 })
    expect([rig.channel('a').size, shown(rig.channel('a').peek()!)]).toEqual([1, [2]])
  })

  it('counts from the trigger, whenever the barrier comes', async () => {
    const { rig } = await start()
    await passes(rig, 1_000)
    const late = rig.simulation.clock.now() - 500
    await rig.push('a', { ...timed(1, 100), timestamp: late })
    await passes(rig, 0)
    expect(rig.effects).toContain('takeSnapshot')
  })

  it('sets no timer for a source', async () => {
    const rig = await mapping([])
    await rig.deploy()
    await rig.hear({ ...trigger(1), alignment: { type: 'aligned-with-timeout', timeoutMs: 10 } } as never)
    expect(rig.simulation.clock.nextDueMs()).toBeUndefined()
  })
})
