import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { recordBatch } from '../../src/core/elements.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { ck, jobId } from './probe.ts'
import { deferred } from './subtask-endpoints.ts'

import { mapping, sinking, sourcing, told, twice } from './subtask-programs.ts'
import { aborted, barrier, completed, keyedBatch, SubtaskRig, trigger } from './subtask-rig.ts'

describe('an alignment', () => {
  const start = async () => {
    const rig = await mapping(['a', 'b'])
    await rig.deploy()
    return rig
  }

  it('blocks the channel whose barrier has come, really', async () => {
    const rig = await start()
    await rig.push('a', recordBatch([1]), barrier(1), recordBatch([2]))
    expect(await rig.drain('out')).toEqual([[2]])
    expect(rig.channel('a').size).toBe(1)
    await rig.push('b', recordBatch([10]))
    expect(await rig.drain('out')).toEqual([[20]])
    await rig.push('b', barrier(1), recordBatch([11]))
    const after = await rig.drain('out')
    expect(after[0]).toBe('barrier 1')
    expect(after.slice(1).toSorted()).toEqual([[22], [4]])
  })

  it('forwards the barrier behind everything before it, once, and then acknowledges', async () => {
    const rig = await start()
    await rig.push('a', recordBatch([1]), barrier(1, 'savepoint', 7))
    await rig.push('b', recordBatch([2]), barrier(1, 'savepoint', 7))
    expect(await rig.drain('out')).toEqual([[2], [4], 'barrier 1'])
    expect(told(rig, 'subtask.acknowledged')).toEqual([
      {
        type: 'subtask.acknowledged',
        subtask: rig.actor.descriptor.id,
        attempt: 0,
        checkpointId: 1,
        state: { operators: [], bytes: 0, finished: false },
        metrics: { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 },
      },
    ])
  })

  it('that is aborted unblocks, and tells everyone downstream', async () => {
    const rig = await start()
    await rig.push('a', barrier(1), recordBatch([1]))
    await rig.hear(aborted(1))
    expect(await rig.drain('out')).toEqual(['cancel-checkpoint 1', [2]])
    await rig.push('b', barrier(1))
    expect([await rig.drain('out'), told(rig, 'subtask.acknowledged')]).toEqual([[], []])
  })

  it('that an upstream subtask gave up is declined', async () => {
    const rig = await start()
    await rig.push('a', barrier(1), recordBatch([1]))
    await rig.push('b', { type: 'cancel-checkpoint', checkpointId: ck(1) })
    expect(await rig.drain('out')).toEqual(['cancel-checkpoint 1', [2]])
    expect(told(rig, 'subtask.declined')).toMatchObject([
      { checkpointId: 1, reason: 'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER' },
    ])
  })

  it('blocks nothing in at-least-once mode', async () => {
    const rig = await SubtaskRig.make(
      descriptor(chainOf(['map', twice]), {
        inputs: [input('a'), input('b')],
        outputs: [output(['out'])],
        mode: 'at-least-once',
      }),
    )
    await rig.deploy()
    await rig.push('a', barrier(1), recordBatch([1]))
    expect(await rig.drain('out')).toEqual([[2]])
    await rig.push('b', barrier(1))
    expect(await rig.drain('out')).toEqual(['barrier 1'])
  })
})

describe('a snapshot', () => {
  it('of a source is taken where it is triggered, and forwarded with its facts', async () => {
    const { rig, hand } = await sourcing()
    await rig.deploy()
    hand.give([1, 2])
    await rig.simulation.settle()
    await rig.hear(trigger(1, 'savepoint', 42))
    rig.channel('out').shift()
    expect(rig.channel('out').shift()).toEqual(barrier(1, 'savepoint', 42))
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([
      { state: { finished: false, operators: [{ operatorId: 'numbers', keyed: [] }] } },
    ])
  })

  it('covers keyed state, which a new subtask restores', async () => {
    const counting = keyedProcessOperator({
      state: { count: { descriptor: { kind: 'value', initial: 0 } } as never },
      element(word: string, ctx) {
        const count = (ctx.state as { count: { value(): number; update(n: number): void } }).count
        count.update(count.value() + 1)
        ctx.emit(`${word} ${count.value()}`)
      },
    })
    const subtask = descriptor(chainOf(['count', counting]), { inputs: [input('a')], outputs: [output(['out'])] })
    const storage = jobmanagerCheckpointStorage()
    const rig = await SubtaskRig.make(subtask, { storage })
    await rig.deploy()
    await rig.push('a', keyedBatch('x', 'y', 'x'), barrier(1), keyedBatch('x'))
    expect(await rig.drain('out')).toEqual([['x 1', 'y 1', 'x 2'], 'barrier 1', ['x 3']])
    const [acknowledged] = told(rig, 'subtask.acknowledged') as unknown as [
      { state: { operators: [{ keyed: never }] } },
    ]
    const keyed = acknowledged!.state.operators[0].keyed
    const snapshot = await rig.checkpoints.putManifest({
      formatVersion: 1,
      kind: 'checkpoint',
      job: { id: jobId, name: 'job' },
      checkpointId: ck(1),
      timestamp: 0,
      operators: [],
    })
    const restore = {
      checkpointId: ck(1),
      finished: false,
      operators: [{ operatorId: subtask.operators[0]!.id, keyed: [{ handle: keyed[0] }], operator: [] }],
    }
    const next = await SubtaskRig.make({ ...subtask, restore, attempt: 1 }, { storage, restoreFrom: snapshot })
    await next.deploy()
    expect(next.statuses).toEqual(['restoring', 'running'])
    await next.push('a', keyedBatch('x', 'y'))
    expect(await next.drain('out')).toEqual([['x 3', 'y 2']])
  })

  it('that cannot be encoded is declined with the operator and the path, and the stream goes on', async () => {
    const { rig } = await sinking({ snapshot: () => ({ state: { file: () => {} } }) })
    await rig.deploy()
    await rig.push('a', barrier(1), recordBatch([1]))
    expect(told(rig, 'subtask.declined')).toMatchObject([
      {
        checkpointId: 1,
        reason: 'CHECKPOINT_ASYNC_EXCEPTION',
        message: expect.stringContaining('"out" → file is a func'),
      },
    ])
    expect([rig.actor.status, rig.actor.counts().recordsIn]).toEqual(['running', 1])
  })

  it('whose synchronous part throws is declined, and its barrier is canceled downstream', async () => {
    const { rig, hand } = await sourcing()
    await rig.deploy()
    Object.defineProperty(hand, 'position', {
      get() {
        throw new Error('no position')
      },
    })
    await rig.hear(trigger(1))
    expect(await rig.drain('out')).toEqual(['cancel-checkpoint 1'])
    expect(told(rig, 'subtask.declined')).toMatchObject([{ reason: 'CHECKPOINT_DECLINED' }])
    expect(rig.actor.status).toBe('running')
  })

  it('is acknowledged only when its side files are durable', async () => {
    const side = deferred()
    const held = (label: string) => label.includes('persist') && !released
    let released = false
    const { rig } = await sinking({ snapshot: () => ({ state: 1, durable: () => side.promise }) }, { held })
    await rig.deploy()
    await rig.push('a', barrier(1))
    expect(told(rig, 'subtask.acknowledged')).toEqual([])
    side.resolve()
    released = true
    await rig.simulation.settle()
    expect(told(rig, 'subtask.acknowledged')).toHaveLength(1)
  })

  it('aborted while it is written is not acknowledged, and the operators are told', async () => {
    let released = false
    const held = (label: string) => label.includes('persist') && !released
    const { rig, journal } = await sinking({}, { held })
    await rig.deploy()
    await rig.push('a', barrier(1))
    await rig.hear(aborted(1))
    released = true
    await rig.simulation.settle()
    expect([told(rig, 'subtask.acknowledged'), told(rig, 'subtask.declined')]).toEqual([[], []])
    expect(journal).toEqual(['snapshot 1', 'abort 1'])
    expect(await rig.checkpoints.sweep([])).toEqual([])
  })

  it('that finds the lease lost ends the subtask for good', async () => {
    const storage = jobmanagerCheckpointStorage()
    const { rig } = await sinking({}, { storage })
    await rig.deploy()
    await storage.open({ id: jobId, name: 'job' })
    await rig.push('a', barrier(1))
    expect(rig.statuses).toEqual(['running', 'failed LEASE_LOST'])
    expect(rig.job.received.at(-1)).toMatchObject({ failure: { restartable: false } })
  })

  it('that fails for another reason only declines it', async () => {
    const fault = (label: string) => (label.includes('persist checkpoint 1') ? new Error('disk full') : undefined)
    const { rig } = await sinking({}, { fault })
    await rig.deploy()
    await rig.push('a', barrier(1), barrier(2))
    expect(told(rig, 'subtask.declined')).toMatchObject([
      { checkpointId: 1, message: 'Checkpoint 1 of "out" failed: disk full' },
    ])
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([{ checkpointId: 2 }])
  })
})

describe('a completed checkpoint', () => {
  it('is told to the operators, once', async () => {
    const { rig, journal } = await sinking()
    await rig.deploy()
    await rig.push('a', recordBatch(['x']), barrier(1))
    expect(journal).toEqual(['write x', 'snapshot 1'])
    await rig.hear(completed(1), completed(1))
    expect(journal).toEqual(['write x', 'snapshot 1', 'commit 1'])
  })

  it('that a sink cannot commit ends the subtask', async () => {
    const { rig } = await sinking({ notifyCompleted: () => Promise.reject(new Error('no server')) })
    await rig.deploy()
    await rig.push('a', barrier(1))
    await rig.hear(completed(1))
    expect(rig.statuses).toEqual(['running', 'failed SINK_FAILED'])
  })
})
