/** How a subtask ends that has calls under way outside. */
import { describe, expect, it } from 'vitest'
import { endOfData, endOfPartition, recordBatch } from '../../src/core/elements.ts'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import { processOperator } from '../../src/operators/process.ts'
import { fed, itemsInFlight, make, upper } from './async-rig.ts'
import { input } from './descriptors.ts'
import { HandSource } from './subtask-endpoints.ts'
import { told } from './subtask-programs.ts'
import { barrier, completed, trigger } from './subtask-rig.ts'

describe('the end of the data', () => {
  it('waits for what is in flight, and checkpoints go on meanwhile', async () => {
    const { rig, answer, out } = await fed()
    await rig.push('a', recordBatch(['a', 'b']), endOfData, barrier(1))
    expect(rig.statuses).toEqual(['running'])
    await rig.push('a', barrier(2))
    expect(await out()).toEqual(['barrier 1', 'barrier 2'])
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([
      { state: { finished: false } },
      { state: { finished: false } },
    ])
    await answer()
    expect(rig.statuses).toEqual(['running', 'ended'])
    await rig.push('a', barrier(3))
    await rig.hear(completed(3))
    await rig.push('a', endOfPartition)
    expect(await out()).toEqual([['A', 'B'], 'watermark', 'end-of-data', 'barrier 3', 'end-of-partition'])
    expect([rig.statuses.at(-1), rig.unexpected]).toEqual(['finished', []])
  })

  it('of one of two inputs does not', async () => {
    const { rig } = await fed(upper(), ['a', 'b'])
    await rig.push('a', recordBatch(['a']), endOfData, endOfPartition)
    expect(rig.channel('a').size).toBe(0)
  })

  it('is told only when a barrier that came behind it has come on all inputs', async () => {
    const { rig, answer, out } = await fed(upper(), ['a', 'b'])
    await rig.push('a', endOfData)
    await rig.push('b', recordBatch(['b']), endOfData, barrier(1))
    await answer()
    expect([rig.statuses, rig.unexpected]).toEqual([['running'], []])
    await rig.push('a', barrier(1))
    expect([rig.statuses, rig.unexpected]).toEqual([['running', 'ended'], []])
    expect(await out()).toEqual([['B'], 'watermark', 'barrier 1', 'end-of-data'])
  })

  it('of a source waits too, with checkpoints', async () => {
    const hand = new HandSource()
    const { rig, answer, out } = await make([
      ['numbers', sourceOperator(hand.source)],
      ['look up', upper({ call: async (value) => `${value}!` })],
    ])
    hand.give(['a', 'b'], { type: 'end' })
    await rig.simulation.settle()
    await rig.hear(trigger(1))
    expect([await out(), rig.statuses]).toEqual([['barrier 1'], ['running']])
    await answer()
    expect([await out(), rig.statuses]).toEqual([
      [['a!', 'b!'], 'watermark', 'end-of-data'],
      ['running', 'ended'],
    ])
  })

  it('by a stop with a drain waits for what is in flight, and the savepoint holds nothing of it', async () => {
    const hand = new HandSource()
    const { rig, answer, out } = await make([
      ['numbers', sourceOperator(hand.source)],
      ['look up', upper({ call: async (value) => `${value}!`, retry: { attempts: 2, delayMs: 50 } })],
    ])
    hand.give(['a', 'b'])
    await rig.simulation.settle()
    await rig.hear(trigger(1, 'stop-drain'))
    expect([await out(), rig.statuses]).toEqual([[], ['running']])
    await answer()
    expect([await out(), rig.statuses]).toEqual([
      [['a!', 'b!'], 'watermark', 'end-of-data', 'barrier 1'],
      ['running', 'ended'],
    ])
    expect(itemsInFlight(rig)[0]).not.toContain('"items"')
  })

  it('by a stop with a drain upstream waits too, and the savepoint with it', async () => {
    const { rig, answer, out } = await fed()
    await rig.push('a', recordBatch(['a', 'b']), endOfData, barrier(1, 'stop-drain'))
    expect([await out(), rig.statuses]).toEqual([[], ['running']])
    await answer()
    expect(await out()).toEqual([['A', 'B'], 'watermark', 'end-of-data', 'barrier 1'])
    expect(told(rig, 'subtask.acknowledged')).toMatchObject([{ state: { finished: true } }])
    expect(rig.unexpected).toEqual([])
  })

  it('waits for calls that are made because of it, and for their time-outs', async () => {
    const last = processOperator({
      element: (value: string, ctx) => ctx.emit(value),
      endOfData: (ctx) => ctx.emit('last'),
    })
    const { rig, out } = await make(
      [
        ['last', last],
        ['look up', upper({ timeoutMs: 100, onTimeout: (value) => `no ${value}` })],
      ],
      { inputs: [input('a')], checkpointing: false },
    )
    await rig.push('a', endOfData)
    expect([await out(), rig.statuses]).toEqual([['watermark'], ['running']])
    rig.simulation.clock.advance(100)
    await rig.simulation.settle()
    expect([await out(), rig.statuses]).toEqual([
      [['no last'], 'end-of-data'],
      ['running', 'ended'],
    ])
  })
})
