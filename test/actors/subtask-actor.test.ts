import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { endOfData, endOfPartition, recordBatch } from '../../src/core/elements.ts'
import { noCounts } from '../../src/core/metrics.ts'
import { sinkOperator } from '../../src/operators/endpoint-operators.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { ck } from './probe.ts'
import { deferred } from './subtask-endpoints.ts'

import { delaying, mapping, sinking, sourcing, twice } from './subtask-programs.ts'
import { aborted, barrier, completed, keyedBatch, type RigOptions, SubtaskRig } from './subtask-rig.ts'

describe('a subtask that runs', () => {
  it('says so when it is deployed, and not before', async () => {
    const rig = await mapping(['a'])
    await rig.simulation.settle()
    expect([rig.statuses, rig.actor.status]).toEqual([[], 'created'])
    await rig.deploy()
    expect([rig.statuses, rig.actor.status]).toEqual([['running'], 'running'])
    expect(rig.job.received[0]).toEqual({
      type: 'subtask.reported',
      subtask: rig.actor.descriptor.id,
      attempt: 0,
      status: 'running',
    })
  })

  it('tells its endpoints which owner of the job they belong to', async () => {
    const storage = jobmanagerCheckpointStorage()
    const epochs: number[] = []
    const out = sinkOperator({
      kind: 'probe',
      stateful: false,
      createWriter: ({ epoch }) => {
        epochs.push(epoch)
        return { write() {}, endOfData() {}, snapshot: () => ({ state: undefined }), notifyCompleted() {}, close() {} }
      },
    })
    for (const _ of ['first owner', 'second owner']) {
      await (await SubtaskRig.make(descriptor(chainOf(['out', out]), { inputs: [input('a')] }), { storage })).deploy()
    }
    expect(epochs).toEqual([1, 2])
  })

  it('moves records through its chain and counts them', async () => {
    const rig = await mapping(['a'])
    await rig.deploy()
    await rig.push('a', recordBatch([1, 2]), recordBatch([3]))
    expect(await rig.drain('out')).toEqual([[2, 4], [6]])
    expect(rig.actor.counts()).toMatchObject({ recordsIn: 3, recordsOut: 3 })
  })

  it('says how far its input has come: the lowest of its channels', async () => {
    const rig = await mapping(['a', 'b'])
    await rig.deploy()
    expect(rig.actor.counts()).toEqual(noCounts)
    await rig.push('a', { type: 'watermark', timestamp: 20 })
    await rig.push('b', { type: 'watermark', timestamp: 10 })
    expect(rig.actor.counts().currentInputWatermark).toBe(10)
  })

  it('takes nothing before it is deployed', async () => {
    const rig = await mapping(['a'])
    await rig.push('a', recordBatch([1]))
    expect([rig.channel('a').size, await rig.drain('out')]).toEqual([1, []])
    await rig.deploy()
    expect(await rig.drain('out')).toEqual([[2]])
  })

  it('takes no element while an output lacks credit, and goes on when it has some', async () => {
    const rig = await mapping(['a'], twice, { channelCapacity: 2 })
    await rig.deploy()
    await rig.push('a', ...[1, 2, 3, 4].map((n) => recordBatch([n])))
    expect([rig.channel('out').size, rig.channel('a').size]).toEqual([2, 2])
    expect(await rig.drain('out')).toEqual([[2], [4], [6], [8]])
    expect(rig.channel('a').size).toBe(0)
  })

  it('polls a source until it waits, and again when it is woken', async () => {
    const { rig, hand } = await sourcing()
    hand.give([1, 2], [3])
    await rig.deploy()
    expect(await rig.drain('out')).toEqual([[1, 2], [3]])
    hand.give([4])
    await rig.simulation.settle()
    expect(await rig.drain('out')).toEqual([[4]])
    expect(rig.actor.counts()).toMatchObject({ recordsIn: 4, recordsOut: 4 })
  })
})

describe('a failure', () => {
  const failing = mapOperator((n: number) => {
    if (n === 13) throw new Error('unlucky')
    return n
  })

  it('of user code is reported with the operator, and never leaves the actor', async () => {
    const rig = await mapping(['a'], failing)
    await rig.deploy()
    await rig.push('a', recordBatch([1]), recordBatch([13]), recordBatch([2]))
    expect(rig.statuses).toEqual(['running', 'failed USER_FUNCTION_FAILED'])
    expect(rig.job.received.at(-1)).toMatchObject({
      failure: { message: expect.stringMatching(/"map".*unlucky/), restartable: true },
    })
    expect([await rig.drain('out'), rig.channel('a').size]).toEqual([[[1]], 1])
  })

  it('while operators are opened is reported too', async () => {
    const { rig, hand } = await sourcing()
    Object.assign(hand.source, {
      createReader: () => {
        throw new Error('no such file')
      },
    })
    await rig.deploy()
    expect(rig.statuses.at(-1)).toBe('failed SOURCE_FAILED')
  })

  it('to read state is reported', async () => {
    const restore = {
      checkpointId: ck(1),
      finished: false,
      operators: [{ operatorId: 'numbers' as never, keyed: [], operator: { file: 'x' } as never }],
    }
    const restoreFrom = { path: 'p', manifest: {} as never, read: () => Promise.reject(new Error('gone')) }
    const { rig } = await sourcing({ restore }, { restoreFrom })
    await rig.deploy()
    expect(rig.statuses).toEqual(['restoring', 'failed STORAGE_FAILED'])
  })

  it('to flush at the end is reported, and nobody downstream hears of an end', async () => {
    const { rig } = await sinking({ endOfData: () => Promise.reject(new Error('no disk')) })
    await rig.deploy()
    await rig.push('a', endOfData)
    expect(rig.statuses).toEqual(['running', 'failed SINK_FAILED'])
  })
})

describe('a cancellation', () => {
  it('closes the operators without a word downstream', async () => {
    const { rig, hand } = await sourcing()
    await rig.deploy()
    await rig.hear({ type: 'subtask.canceled' })
    expect([rig.statuses, hand.journal, await rig.drain('out')]).toEqual([
      ['running', 'canceled'],
      ['source closed'],
      [],
    ])
    hand.give([1])
    await rig.simulation.settle()
    expect(await rig.drain('out')).toEqual([])
  })

  it('while a snapshot is written gives it up and leaves nothing behind', async () => {
    const { rig } = await sinking({}, { held: (label) => label.includes('persist') })
    await rig.deploy()
    await rig.push('a', barrier(1))
    await rig.hear({ type: 'subtask.canceled' })
    expect(rig.statuses).toEqual(['running', 'canceled'])
    expect(rig.effects).toContain('discardSnapshot')
  })

  it('of an actor that is stopped without a word closes its operators', async () => {
    const { rig, journal } = await sinking()
    await rig.deploy()
    rig.simulation.kernel.stop(rig.address)
    expect(journal).toEqual(['close'])
  })
})

describe('every run here', () => {
  it('surprises the machine with nothing', async () => {
    const { rig } = await sinking()
    await rig.deploy()
    await rig.push('a', recordBatch([1]), barrier(1), endOfData, barrier(2), endOfPartition)
    await rig.hear(completed(1), completed(2))
    expect([rig.statuses.at(-1), rig.unexpected.filter((type) => type !== 'commit.done')]).toEqual(['finished', []])
  })
})

describe('timers', () => {
  const start = async (options: RigOptions = {}) => {
    const operators = chainOf(['delay', delaying])
    const rig = await SubtaskRig.make(
      descriptor(operators, { inputs: [input('a')], outputs: [output(['out'])] }),
      options,
    )
    await rig.deploy()
    return rig
  }
  const pass = async (rig: SubtaskRig, ms: number) => {
    rig.simulation.clock.advance(ms)
    await rig.simulation.settle()
  }

  it('call the operators when their time has come', async () => {
    const rig = await start()
    await rig.push('a', keyedBatch('x'))
    await pass(rig, 99)
    expect(await rig.drain('out')).toEqual([])
    await pass(rig, 1)
    expect(await rig.drain('out')).toEqual([['x late']])
  })

  it('do not fire between a stop barrier and the word how it ended', async () => {
    const rig = await start()
    await rig.push('a', keyedBatch('x'), barrier(1, 'stop-suspend'))
    expect(await rig.drain('out')).toEqual(['barrier 1'])
    await pass(rig, 1_000)
    expect(await rig.drain('out')).toEqual([])
    await rig.hear(aborted(1))
    expect(await rig.drain('out')).toEqual([['x late']])
  })

  it('do not fire after the end of the data, though the subtask lives on', async () => {
    const rig = await start()
    await rig.push('a', keyedBatch('x'), endOfData)
    expect([await rig.drain('out'), rig.actor.status]).toEqual([['watermark', 'end-of-data'], 'ended'])
    await pass(rig, 1_000)
    expect(await rig.drain('out')).toEqual([])
  })

  it('that fell due before the end of the data was flushed do not fire after it', async () => {
    const side = deferred()
    let released = false
    const flushing: OperatorFactory = {
      ...mapOperator((x) => x),
      create: () => {
        const operator = mapOperator((x) => x).create()
        return Object.assign(operator, { endOfData: () => side.promise })
      },
    }
    const rig = await SubtaskRig.make(
      descriptor(chainOf(['delay', delaying], ['flush', flushing]), {
        inputs: [input('a')],
        outputs: [output(['out'], undefined, { operator: 1 })],
      }),
      { held: (label) => label.includes('flush') && !released },
    )
    await rig.deploy()
    await rig.push('a', keyedBatch('x'), endOfData)
    await pass(rig, 1_000)
    side.resolve()
    released = true
    await rig.simulation.settle()
    expect(await rig.drain('out')).toEqual(['watermark', 'end-of-data'])
  })

  it('wait for credit, as elements do', async () => {
    const rig = await start({ channelCapacity: 1 })
    await rig.push('a', keyedBatch('x'))
    await pass(rig, 50)
    await rig.push('a', keyedBatch('y'))
    await pass(rig, 50)
    await pass(rig, 50)
    expect(rig.channel('out').size).toBe(1)
    expect(await rig.drain('out')).toEqual([['x late'], ['y late']])
  })
})
