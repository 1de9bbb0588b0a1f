import { describe, expect, it } from 'vitest'
import { endOfData, endOfPartition, recordBatch, type StreamElement } from '../../src/core/elements.ts'
import { sinkOperator } from '../../src/operators/endpoint-operators.ts'
import { chainOf, descriptor, input } from './descriptors.ts'
import { ck } from './probe.ts'
import { deferred, journalSink } from './subtask-endpoints.ts'

import { sinking, sourcing, told } from './subtask-programs.ts'
import { aborted, barrier, completed, SubtaskRig, trigger } from './subtask-rig.ts'

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
