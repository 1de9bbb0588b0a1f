import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { recordBatch } from '../../src/core/elements.ts'
import type { ProcessContext } from '../../src/operators/keyed-context.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { filterOperator, mapOperator } from '../../src/operators/stateless.ts'
import { ck, failure, keyedBatch, member, spyFactory, testChain } from './chain-harness.ts'

const odd = outputTag<number>('odd')
const split = () =>
  processOperator({
    element(value: number, ctx: ProcessContext<number>) {
      if (value % 2 === 0) ctx.emit(value)
      else ctx.sideOutput(odd, value)
    },
  })
const boom = (what: string) => () => {
  throw new Error(what)
}

describe('a tree of operators', () => {
  const tree = () => {
    const test = testChain([
      member('split', split(), { channelTags: ['odd'] }),
      member(
        'double',
        mapOperator((n: number) => n * 2),
        { parent: 0 },
      ),
      member(
        'negate',
        mapOperator((n: number) => -n),
        { parent: 0, sideOutput: 'odd' },
      ),
      member(
        'big',
        filterOperator((n: number) => n > 4),
        { parent: 1 },
      ),
    ])
    test.chain.open([])
    return test
  }

  it('sends each output to its children and to its channels', () => {
    const { chain, tail } = tree()
    chain.batch(0, recordBatch([1, 2, 3, 4]))
    expect(tail(0).values).toEqual([2, 4])
    expect(tail(0, 'odd').values).toEqual([1, 3])
    expect(tail(1).values).toEqual([4, 8])
    expect(tail(2).values).toEqual([-1, -3])
    expect(tail(3).values).toEqual([8])
  })

  it('sends a watermark along every branch, behind the records before it', () => {
    const { chain, tail } = tree()
    chain.batch(0, recordBatch([1, 2]))
    chain.watermark(42)
    for (const output of [tail(0), tail(0, 'odd'), tail(1), tail(2), tail(3)]) expect(output.watermarks).toEqual([42])
  })

  it('asks for the channels of a tag once, however often it is named', () => {
    const { chain, tail } = testChain([member('split', split(), { channelTags: ['odd', 'odd'] })])
    chain.open([])
    chain.batch(0, recordBatch([1, 3]))
    expect(tail(0, 'odd').values).toEqual([1, 3])
  })

  it('works without any reader', () => {
    const { chain } = testChain([member('split', split())])
    chain.open([])
    expect(() => chain.batch(0, recordBatch([1, 2]))).not.toThrow()
  })
})

describe('the life of a chain', () => {
  const three = (calls: string[], overrides: Parameters<typeof spyFactory>[2] = {}) =>
    testChain([
      member('a', spyFactory('a', calls)),
      member('b', spyFactory('b', calls, overrides), { parent: 0 }),
      member('c', spyFactory('c', calls), { parent: 1 }),
    ])

  it('opens from the leaves to the head, with what was restored, and closes from the leaves too', async () => {
    const calls: string[] = []
    const { chain } = three(calls)
    chain.open(['x', undefined, 'z'])
    expect(calls).toEqual(['c open z', 'b open', 'a open x'])
    calls.length = 0
    await chain.close()
    await chain.close()
    expect(calls).toEqual(['c close', 'b close', 'a close'])
  })

  it('tells children of the end only when their parent is done', async () => {
    const calls: string[] = []
    let done: () => void = () => {}
    const { chain } = three(calls, {
      endOfData: () =>
        new Promise<void>((resolve) => {
          calls.push('b ends')
          done = resolve
        }),
    })
    chain.open([])
    calls.length = 0
    const end = chain.endOfData()
    expect(calls).toEqual(['a end', 'b ends'])
    done()
    await end
    expect(calls).toEqual(['a end', 'b ends', 'c end'])
  })

  it('flushes what an operator emits at its end through its children, before their own end', () => {
    const flushing = processOperator({
      element() {},
      endOfData: (ctx: ProcessContext<string>) => ctx.emit('last'),
    })
    const { chain, tail } = testChain([
      member('flushing', flushing),
      member(
        'after',
        processOperator({
          element: (value: string, ctx: ProcessContext<string>) => ctx.emit(`got ${value}`),
          endOfData: (ctx: ProcessContext<string>) => ctx.emit('end'),
        }),
        { parent: 0 },
      ),
    ])
    chain.open([])
    expect(chain.endOfData()).toBeUndefined()
    expect(tail(1).values).toEqual(['got last', 'end'])
  })

  it('snapshots every operator under its own id, and tells all of them the outcome', () => {
    const calls: string[] = []
    const { chain } = three(calls)
    chain.open([])
    const parts = chain.snapshot(ck(3), 'checkpoint')
    expect(parts.map(({ operatorId, state }) => [operatorId, state])).toEqual([
      ['a', 'a state'],
      ['b', 'b state'],
      ['c', 'c state'],
    ])
    calls.length = 0
    void chain.notifyCompleted(ck(3))
    chain.notifyAborted(ck(4))
    expect(calls).toEqual([
      'a completed 3',
      'b completed 3',
      'c completed 3',
      'a aborted 4',
      'b aborted 4',
      'c aborted 4',
    ])
  })

  it('waits for the notified operators that need time', async () => {
    const calls: string[] = []
    const { chain } = three(calls, {
      notifyCompleted: async () => {
        await Promise.resolve()
        calls.push('b committed')
      },
    })
    chain.open([])
    await chain.notifyCompleted(ck(1))
    expect(calls).toContain('b committed')
  })

  it('gives keyed snapshots back when another operator fails to take one', () => {
    let released = 0
    const state = heapStateBackend.create({
      range: { start: 0, end: 127 },
      maxParallelism: 128,
      freeze: true,
      operatorName: 'count',
    })
    const mark = state.mark.bind(state)
    state.mark = () => {
      const snapshot = mark()
      const release = snapshot.release.bind(snapshot)
      snapshot.release = () => {
        released++
        release()
      }
      return snapshot
    }
    const { chain } = testChain([
      member('count', keyedProcessOperator({ state: { n: valueState(0) }, element() {} }), { state }),
      member('bad', spyFactory('bad', [], { snapshot: boom('no snapshot') }), { parent: 0 }),
    ])
    chain.open([])
    expect(failure(() => chain.snapshot(ck(1), 'checkpoint')).message).toContain('"bad"')
    expect(released).toBe(1)
  })

  it('closes all operators whatever goes wrong, and logs it', async () => {
    const calls: string[] = []
    const { chain, logged } = testChain([
      member('a', spyFactory('a', calls)),
      member('b', spyFactory('b', calls, { close: boom('stuck') }), { parent: 0 }),
      member('c', spyFactory('c', calls, { close: () => Promise.reject(new Error('gone')) }), { parent: 1 }),
    ])
    chain.open([])
    await chain.close()
    expect(calls).toContain('a close')
    expect(logged).toEqual(['warn Operator "c" failed to close: gone', 'warn Operator "b" failed to close: stuck'])
  })

  it('closes only what it tried to open', () => {
    const calls: string[] = []
    const { chain } = three(calls, { open: boom('no disk') })
    expect(failure(() => chain.open([])).message).toContain('"b"')
    void chain.close()
    expect(calls).toEqual(['c open', 'c close', 'b close'])
  })

  it('is fed by channels unless its head is a source', () => {
    const { chain } = three([])
    expect(chain.isSource).toBe(false)
    expect(failure(() => chain.poll(1)).code).toBe('BUG')
  })
})

describe('processing time', () => {
  const alarms = () =>
    keyedProcessOperator({
      element(value: string, ctx) {
        ctx.timers.registerProcessingTime(Number(value))
      },
      timer(timestamp, ctx) {
        ctx.emit(`${timestamp}`)
      },
    })
  const state = () =>
    heapStateBackend.create({
      range: { start: 0, end: 127 },
      maxParallelism: 128,
      freeze: true,
      operatorName: 'alarms',
    })

  it('asks for the earliest time only, and for the next one after firing', () => {
    const { chain, asked, tail } = testChain([member('alarms', alarms(), { state: state() })])
    chain.open([])
    chain.batch(0, keyedBatch(['50', '70', '20', '60']))
    expect(asked).toEqual([50, 20])
    chain.processingTime(55)
    expect(tail(0).values).toEqual(['20', '50'])
    expect(asked).toEqual([50, 20, 60])
  })

  it('asks again when it was called too early', () => {
    const { chain, asked, tail } = testChain([member('alarms', alarms(), { state: state() })])
    chain.open([])
    chain.batch(0, keyedBatch(['50']))
    chain.processingTime(49)
    expect(tail(0).values).toEqual([])
    expect(asked).toEqual([50, 50])
  })

  it('wakes only the operators that are due, and asks for nobody once closed', () => {
    const calls: string[] = []
    const requests: ((atMs: number) => void)[] = []
    const spy = (name: string) =>
      spyFactory(name, calls, {
        open: (context) => void requests.unshift((atMs) => context.requestProcessingTime(atMs)),
      })
    const { chain, asked } = testChain([member('a', spy('a')), member('b', spy('b'), { parent: 0 })])
    chain.open([])
    requests[0]?.(30)
    requests[1]?.(10)
    chain.processingTime(10)
    expect(calls).toEqual(['b time 10'])
    expect(asked).toEqual([30, 10, 30])
    void chain.close()
    requests[0]?.(5)
    expect(asked).toEqual([30, 10, 30])
  })
})
