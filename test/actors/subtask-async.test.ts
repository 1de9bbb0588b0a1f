/** A subtask with calls under way outside: what it takes meanwhile, and what its snapshots hold. */
import { describe, expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { limits } from '../../src/core/limits.ts'
import type { AsyncDefinition } from '../../src/operators/async/async-definition.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import { fed, itemsInFlight, make, mark, upper } from './async-rig.ts'
import { input } from './descriptors.ts'
import { told } from './subtask-programs.ts'
import { barrier, keyedBatch } from './subtask-rig.ts'

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

  it('what a watermark makes due before it in the chain waits after its turn', async () => {
    const timed = keyedProcessOperator({
      element(_value: string, ctx) {
        for (let at = 1; at <= 2 * limits.timersPerTurn; at++) ctx.timers.registerEventTime(at)
      },
      timer: (timestamp, ctx) => ctx.emit(`${timestamp}`),
    })
    const { rig, answer, out } = await make(
      [
        ['timed', timed],
        ['look up', upper()],
      ],
      { inputs: [input('a')], batchRecords: 10_000 },
    )
    await rig.push('a', keyedBatch('x'), mark(5_000))
    rig.channel('a').pushAhead({ ...barrier(1), alignment: { type: 'unaligned' } } as never)
    await rig.simulation.settle()
    expect(itemsInFlight(rig, 1)[0]).toContain(`"items":${limits.timersPerTurn}}`)
    await answer()
    const results = (await out()).filter(Array.isArray).flat()
    expect(results).toEqual(Array.from({ length: 2 * limits.timersPerTurn }, (_, i) => `${i + 1}`))
  })

  it('the clock of what could be taken stands still', async () => {
    let consumed = 0
    const asking: OperatorFactory = {
      ...processOperator({ element: () => {} }),
      create: () => ({
        open: (context) => {
          context.requestProcessingTime(30)
          Object.assign(asking, { ask: () => context.consumingMs() })
        },
        batch: () => {},
        processingTime: () => {},
        endOfData: () => {},
        snapshot: () => ({ state: undefined, keyed: undefined, durable: undefined }),
        close: () => {},
      }),
    }
    const { rig, answer } = await make(
      [
        ['look up', upper()],
        ['asking', asking],
      ],
      { inputs: [input('a')] },
    )
    const consumedMs = () => (asking as unknown as { ask: () => number }).ask()
    rig.simulation.clock.advance(5)
    await rig.push('a', recordBatch(['a', 'b', 'c']))
    consumed = consumedMs()
    rig.simulation.clock.advance(20)
    expect(consumedMs()).toBe(consumed)
    await answer()
    rig.simulation.clock.advance(7)
    expect(consumedMs()).toBe(consumed + 7)
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
