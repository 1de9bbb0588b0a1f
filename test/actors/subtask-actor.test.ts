import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { endOfData, endOfPartition, recordBatch, type StreamElement } from '../../src/core/elements.ts'
import { sinkOperator, sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { ck, jobId } from './probe.ts'
import { deferred, HandSource, journalSink } from './subtask-endpoints.ts'
import { aborted, barrier, completed, keyedBatch, type RigOptions, SubtaskRig, trigger } from './subtask-rig.ts'

const twice = mapOperator((n: number) => n * 2)

/** A map with some inputs and one output. */
const mapping = (channels: readonly string[], map: OperatorFactory = twice, options: RigOptions = {}) =>
  SubtaskRig.make(
    descriptor(chainOf(['map', map]), { inputs: channels.map((id) => input(id)), outputs: [output(['out'])] }),
    options,
  )

/** A key's timer emits it `delayMs` after its element. */
const delaying = keyedProcessOperator({
  element(_value: string, ctx) {
    ctx.timers.registerProcessingTime(ctx.now() + 100)
  },
  timer(_timestamp, ctx) {
    ctx.emit(`${String(ctx.key)} late`)
  },
})

const sinking = async (overrides: Parameters<typeof journalSink>[1] = {}, options: RigOptions = {}) => {
  const journal: string[] = []
  const sink = sinkOperator(journalSink(journal, overrides))
  const rig = await SubtaskRig.make(descriptor(chainOf(['out', sink]), { inputs: [input('a')] }), options)
  return { rig, journal }
}

const sourcing = async (more: Parameters<typeof descriptor>[1] = {}, options: RigOptions = {}) => {
  const hand = new HandSource()
  const operators = chainOf(['numbers', sourceOperator(hand.source)])
  const rig = await SubtaskRig.make(descriptor(operators, { outputs: [output(['out'])], ...more }), options)
  return { rig, hand }
}

/** The coordinator's mail of one type. */
const told = (rig: SubtaskRig, type: string) => rig.coordinator.received.filter((message) => message.type === type)

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

  it('moves records through its chain and counts them', async () => {
    const rig = await mapping(['a'])
    await rig.deploy()
    await rig.push('a', recordBatch([1, 2]), recordBatch([3]))
    expect(await rig.drain('out')).toEqual([[2, 4], [6]])
    expect(rig.actor.counts()).toEqual({ recordsIn: 3, recordsOut: 3 })
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
    expect(rig.actor.counts()).toEqual({ recordsIn: 4, recordsOut: 4 })
  })
})

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
      { state: { finished: false, operators: [{ operatorId: 'numbers', keyed: undefined }] } },
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
      operators: [{ operatorId: subtask.operators[0]!.id, keyed: [keyed], operator: undefined }],
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

describe('the end', () => {
  const watermark: StreamElement = { type: 'watermark', timestamp: 5 }

  it('waits for a checkpoint that covers it, commits, and only then closes', async () => {
    const { rig, journal } = await sinking()
    await rig.deploy()
    await rig.push('a', watermark, endOfData)
    expect([rig.statuses, journal]).toEqual([['running', 'ended'], ['end']])
    await rig.push('a', barrier(1))
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([{ state: { finished: true } }])
    await rig.hear(completed(1))
    expect(journal).toEqual(['end', 'snapshot 1', 'commit 1', 'close'])
    expect(rig.statuses).toEqual(['running', 'ended', 'finished'])
  })

  it('of a source is told downstream: last watermark, end of data, end of partition', async () => {
    const { rig, hand } = await sourcing({ checkpointing: false })
    hand.give([1], { type: 'end' })
    await rig.deploy()
    expect(await rig.drain('out')).toEqual([[1], 'watermark', 'end-of-data', 'end-of-partition'])
    expect([rig.statuses, hand.journal]).toEqual([['running', 'finished'], ['source closed']])
  })

  it('is reported only when the operators have let go', async () => {
    const closing = deferred()
    let released = false
    const journal: string[] = []
    const sink = sinkOperator(journalSink(journal, { close: () => closing.promise }))
    const rig = await SubtaskRig.make(
      descriptor(chainOf(['out', sink]), { inputs: [input('a')], checkpointing: false }),
      { held: (label) => label.includes('close') && !released },
    )
    await rig.deploy()
    await rig.push('a', endOfData, endOfPartition)
    expect([journal.at(-1), rig.statuses]).toEqual(['close', ['running', 'ended']])
    closing.resolve()
    released = true
    await rig.simulation.settle()
    expect(rig.statuses).toEqual(['running', 'ended', 'finished'])
  })

  it('of a failure too is reported only then, and with the failure', async () => {
    const closing = deferred()
    let released = false
    const failing = {
      write: () => {
        throw new Error('no disk')
      },
      close: () => closing.promise,
    }
    const { rig } = await sinking(failing, { held: (label) => label.includes('close') && !released })
    await rig.deploy()
    await rig.push('a', recordBatch([1]))
    expect(rig.statuses).toEqual(['running'])
    closing.resolve()
    released = true
    await rig.simulation.settle()
    expect(rig.statuses).toEqual(['running', 'failed SINK_FAILED'])
  })

  it('of a subtask restored as finished comes at once, and nothing is opened', async () => {
    const { rig, hand } = await sourcing(
      { restore: { checkpointId: ck(1), operators: [], finished: true } },
      { restoreFrom: {} as never },
    )
    await rig.deploy()
    expect(await rig.drain('out')).toEqual(['end-of-data', 'end-of-partition'])
    expect([rig.statuses, hand.context]).toEqual([['finished'], undefined])
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

describe('a stop with a savepoint', () => {
  it('that suspends emits nothing after its barrier, and finishes when it is complete', async () => {
    const { rig, hand } = await sourcing()
    await rig.deploy()
    await rig.hear(trigger(1, 'stop-suspend'))
    hand.give([1])
    await rig.simulation.settle()
    expect(await rig.drain('out')).toEqual(['barrier 1'])
    await rig.hear(completed(1))
    expect([await rig.drain('out'), rig.statuses.at(-1)]).toEqual([['end-of-partition'], 'finished'])
  })

  it('that is aborted lets it go on', async () => {
    const { rig, hand } = await sourcing()
    await rig.deploy()
    await rig.hear(trigger(1, 'stop-suspend'))
    hand.give([1])
    await rig.hear(aborted(1))
    expect(await rig.drain('out')).toEqual(['barrier 1', [1]])
  })

  it('that drains ends the data first', async () => {
    const { rig } = await sourcing()
    await rig.deploy()
    await rig.hear(trigger(1, 'stop-drain'))
    expect(await rig.drain('out')).toEqual(['watermark', 'end-of-data', 'barrier 1'])
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([{ state: { finished: true } }])
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
