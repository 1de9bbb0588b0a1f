/** A subtask with calls under way outside: what it takes meanwhile, how it ends, and what its snapshots hold. */
import { describe, expect, it } from 'vitest'
import type { SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import { endOfData, endOfPartition, recordBatch, type StreamElement } from '../../src/core/elements.ts'
import type { AsyncDefinition } from '../../src/operators/async/async-definition.ts'
import { asyncOperator } from '../../src/operators/async/async-operator.ts'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { HandSource } from './subtask-endpoints.ts'
import { told } from './subtask-programs.ts'
import { barrier, completed, keyedBatch, SubtaskRig, trigger } from './subtask-rig.ts'

const upper = (definition: Partial<AsyncDefinition<string, string, string>> = {}) =>
  asyncOperator<string, string, string>(
    { call: async (value) => value.toUpperCase(), capacity: 2, ...definition },
    true,
  )

/** Calls come back only while `service.answers` is true. */
async function make(
  operators: readonly (readonly [string, OperatorFactory])[],
  more: Partial<SubtaskDescriptor> = {},
  channelCapacity = 8,
) {
  const service = { answers: false }
  const held = (label: string) => label.endsWith(' call') && !service.answers
  const outputs = [output(['out'], { type: 'forward' }, { operator: operators.length - 1 })]
  const rig = await SubtaskRig.make(descriptor(chainOf(...operators), { outputs, ...more }), { held, channelCapacity })
  await rig.deploy()
  const answer = async () => {
    service.answers = true
    await rig.simulation.settle()
  }
  return { rig, service, answer, out: () => rig.drain('out') }
}

const fed = (factory: OperatorFactory = upper(), channels = ['a'], channelCapacity = 8) =>
  make([['look up', factory]], { inputs: channels.map((id) => input(id)) }, channelCapacity)

const mark = (timestamp: number): StreamElement => ({ type: 'watermark', timestamp })
const itemsInFlight = (rig: SubtaskRig) =>
  told(rig, 'subtask.acknowledged').map((message) => {
    const [first] = (message as unknown as { state: { operators: { unkeyed?: unknown }[] } }).state.operators
    return JSON.stringify(first)
  })

describe('while an operator is full', () => {
  it('records and watermarks wait, and barriers pass', async () => {
    const { rig, answer, out } = await fed()
    await rig.push('a', recordBatch(['a', 'b', 'c']), barrier(1), recordBatch(['d']), mark(5), barrier(2))
    expect([await out(), rig.channel('a').size]).toEqual([['barrier 1'], 3])
    await answer()
    expect(await out()).toEqual([['A', 'B'], ['C'], ['D'], 'watermark', 'barrier 2'])
    expect([rig.effects.filter((effect) => effect === 'acknowledge').length, rig.unexpected]).toEqual([2, []])
  })

  it('barriers of other inputs pass too, and those behind records wait with them', async () => {
    const { rig, answer, out } = await fed(upper(), ['a', 'b'])
    await rig.push('a', recordBatch(['a', 'b', 'c']))
    await rig.push('b', recordBatch(['d']), barrier(1))
    await rig.push('a', barrier(1))
    expect([await out(), rig.channel('a').size, rig.channel('b').size]).toEqual([[], 0, 2])
    await answer()
    expect((await out()).at(-1)).toBe('barrier 1')
  })

  it('an unaligned barrier passes what is queued', async () => {
    const { rig, out } = await fed()
    await rig.push('a', recordBatch(['a', 'b', 'c']), recordBatch(['d']))
    rig.channel('a').pushAhead({ ...barrier(1), alignment: { type: 'unaligned' } } as never)
    await rig.simulation.settle()
    expect(await out()).toEqual(['barrier 1'])
    expect(told(rig, 'subtask.acknowledged')).toHaveLength(1)
  })

  it('its time-outs come all the same', async () => {
    const { rig, out } = await fed(upper({ timeoutMs: 100, onTimeout: (value) => `no ${value}` }))
    await rig.push('a', recordBatch(['a', 'b', 'c']))
    rig.simulation.clock.advance(100)
    await rig.simulation.settle()
    expect(await out()).toEqual([['no a', 'no b']])
  })

  it('timers of other operators wait, and fire when there is room', async () => {
    const timed = keyedProcessOperator({
      element(value: string, ctx) {
        if (value === 'timer') ctx.timers.registerProcessingTime(ctx.now() + 10)
        else ctx.emit(value)
      },
      timer: (_timestamp, ctx) => ctx.emit('timer'),
    })
    const { rig, answer, out } = await make(
      [
        ['timed', timed],
        ['look up', upper()],
      ],
      { inputs: [input('a')] },
    )
    await rig.push('a', keyedBatch('timer', 'a', 'b', 'c'))
    rig.simulation.clock.advance(50)
    await rig.simulation.settle()
    await rig.push('a', barrier(1))
    expect(await out()).toEqual(['barrier 1'])
    await answer()
    expect(await out()).toEqual([['A', 'B'], ['C'], ['TIMER']])
  })

  it('nothing reaches it from one before it in the chain that hears from outside', async () => {
    const { rig, answer, out } = await make(
      [
        ['first', upper({ capacity: 1 })],
        ['second', upper({ capacity: 1, call: async (value) => `${value}!` })],
      ],
      { inputs: [input('a')] },
    )
    await rig.push('a', recordBatch(['a', 'b', 'c']))
    await answer()
    expect(await out()).toEqual([['A!'], ['B!'], ['C!']])
  })
})

describe('results', () => {
  it('wait while an output lacks credit', async () => {
    const { rig, answer, out } = await fed(upper({ capacity: 1 }), ['a'], 1)
    await rig.push('a', recordBatch(['a', 'b']))
    await answer()
    expect(rig.channel('out').size).toBe(1)
    expect(await out()).toEqual([['A'], ['B']])
  })

  it('that are failures end the subtask', async () => {
    const { rig, answer } = await fed(upper({ call: async () => Promise.reject(new Error('down')) }))
    await rig.push('a', recordBatch(['a']))
    await answer()
    expect(rig.statuses).toEqual(['running', 'failed USER_FUNCTION_FAILED'])
  })

  it('of a subtask that is canceled are dropped, and their calls aborted', async () => {
    const aborted: string[] = []
    const call: AsyncDefinition<string, string>['call'] = (value, { signal }) => {
      signal.addEventListener('abort', () => void aborted.push(value))
      return new Promise(() => {})
    }
    const { rig, service } = await fed(upper({ call }))
    await rig.push('a', recordBatch(['a']))
    // The call is made, and hangs: it is not waited for.
    service.answers = true
    void rig.simulation.step()
    await Promise.resolve()
    await Promise.resolve()
    rig.simulation.kernel.send(rig.address, { type: 'subtask.canceled' })
    rig.simulation.kernel.step()
    expect([aborted, rig.unexpected]).toEqual([['a'], []])
  })
})

describe('a snapshot', () => {
  it('holds the records in flight', async () => {
    const { rig } = await fed()
    await rig.push('a', recordBatch(['a', 'b', 'c']), barrier(1))
    expect(itemsInFlight(rig)[0]).toContain('"items":3')
  })
})

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
