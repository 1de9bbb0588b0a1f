import { describe, expect, it } from 'vitest'
import { Channel, OutputGate } from '../../src/actors/channel.ts'
import { SubtaskFlow } from '../../src/actors/subtask-flow.ts'
import {
  endOfData,
  endOfPartition,
  type RecordBatch,
  recordBatch,
  type StreamElement,
} from '../../src/core/elements.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import type { SubtaskEvent } from '../../src/machines/subtask/protocol.ts'
import type { OperatorChain } from '../../src/operators/chain.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { member, spyFactory, testChain } from '../operators/chain-harness.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { ck } from './probe.ts'

/** The flow of a subtask with two channels into its first input and one into its second; the chain keeps a journal. */
function make() {
  const clock = { ms: 7 }
  const calls: string[] = []
  const fed: SubtaskEvent[] = []
  const barriers: number[] = []
  const gate = new OutputGate(() => {})
  const upstream = new OutputGate(() => {})
  const channels = new Map(['a', 'b', 'c'].map((id) => [id, new Channel(id, 2, upstream, () => {})]))
  channels.set('out', new Channel('out', 2, gate, () => {}))
  const subtask = descriptor(chainOf(['map', mapOperator((x) => x)]), {
    inputs: [input('a'), input('b'), input('c', 1)],
    outputs: [output(['out'])],
  })
  const flow = new SubtaskFlow({
    descriptor: subtask,
    channelOf: (id) => channels.get(id)!,
    gate,
    host: { now: () => 7, monotonicMs: () => clock.ms, random: new Random(1) },
    feed: (event) => void fed.push(event),
    barrierSeen: (id) => void barriers.push(id),
    barrierQueued: () => {},
  })
  const spy = spyFactory('spy', calls, {
    batch: (from, { values }) => void calls.push(`batch ${from} ${values.join()}`),
    watermark: (timestamp) => void calls.push(`watermark ${timestamp}`),
  })
  const { chain } = testChain([member('spy', spy)])
  chain.open([])
  calls.length = 0
  const push = (id: string, ...elements: StreamElement[]) => {
    for (const element of elements) channels.get(id)!.push(element)
  }
  const run = () => {
    while (flow.move());
  }
  return { flow, chain, channels, calls, fed, barriers, push, run, clock }
}

const mark = (timestamp: number): StreamElement => ({ type: 'watermark', timestamp })

describe('the data plane of a subtask', () => {
  it('moves nothing before it begins, nor while it is paused', () => {
    const { flow, chain, calls, push } = make()
    push('a', recordBatch([1]), recordBatch([2]))
    expect(flow.move()).toBe(false)
    flow.begin(chain)
    expect(flow.move()).toBe(true)
    flow.pause()
    expect(flow.move()).toBe(false)
    flow.resume()
    expect([flow.move(), flow.move()]).toEqual([true, false])
    expect([calls, flow.recordsIn]).toEqual([['batch 0 1', 'batch 0 2'], 2])
  })

  it('counts the time in which it could move something', () => {
    const { flow, chain, channels, push, clock } = make()
    const counted = (ms: number) => {
      const before = flow.consumingMs()
      clock.ms += ms
      return flow.consumingMs() - before
    }
    expect(counted(10)).toBe(0)
    flow.begin(chain)
    expect(counted(10)).toBe(10)
    flow.pause()
    flow.pause()
    expect(counted(10)).toBe(0)
    push('out', mark(1), mark(2))
    flow.resume()
    flow.resume()
    expect(counted(10)).toBe(0)
    channels.get('out')!.shift()
    expect(counted(10)).toBe(10)
    flow.inputs.block(0)
    flow.inputs.block(1)
    expect(counted(10)).toBe(0)
    flow.inputs.unblockAll()
    flow.inputs.unblockAll()
    expect(counted(10)).toBe(10)
  })

  it('takes one element at a time, and none while an output lacks credit', () => {
    const { flow, chain, channels, calls, push, run } = make()
    flow.begin(chain)
    push('out', mark(1), mark(2))
    push('a', recordBatch([1]))
    run()
    expect(calls).toEqual([])
    channels.get('out')!.shift()
    run()
    expect(calls).toEqual(['batch 0 1'])
  })

  it('passes on a watermark when the minimum of all channels rises', () => {
    const { flow, chain, calls, push, run } = make()
    flow.begin(chain)
    push('a', mark(5))
    push('c', mark(3))
    run()
    expect(calls).toEqual([])
    push('b', mark(4))
    run()
    expect(calls).toEqual(['watermark 3'])
    push('c', { type: 'watermark-status', idle: true })
    run()
    expect(calls).toEqual(['watermark 3', 'watermark 4'])
    push('b', endOfData)
    run()
    expect(calls.at(-1)).toBe('watermark 5')
  })

  it('turns what is not data into events with the channel that it came on', () => {
    const { flow, chain, fed, barriers, push, run } = make()
    flow.begin(chain)
    push('b', { type: 'barrier', checkpointId: ck(3), timestamp: 9, kind: 'savepoint' })
    run()
    push('a', { type: 'cancel-checkpoint', checkpointId: ck(4) })
    run()
    push('c', endOfData, endOfPartition)
    run()
    expect(barriers).toEqual([3])
    expect(fed).toEqual([
      { type: 'barrier.received', channel: 1, checkpointId: 3, timestamp: 9, kind: 'savepoint' },
      { type: 'cancel.received', channel: 0, checkpointId: 4 },
      { type: 'input.ended', channel: 2 },
      { type: 'input.closed', channel: 2 },
    ])
  })

  it('fires due timers as a unit of work, before the next element, and once', () => {
    const { flow, chain, calls, push, run } = make()
    flow.begin(chain)
    const timed: string[] = []
    Object.assign(chain, { processingTime: (now: number) => void timed.push(`time ${now} after ${calls.length}`) })
    push('a', recordBatch([1]))
    flow.timerFired()
    flow.timerFired()
    run()
    expect([timed, calls]).toEqual([['time 7 after 0'], ['batch 0 1']])
    flow.timerFired()
    flow.endTimers()
    run()
    flow.timerFired()
    run()
    expect(timed).toHaveLength(1)
  })

  it('fires no timer while an output lacks credit or it is paused, and then fires it', () => {
    const { flow, chain, channels, push, run } = make()
    flow.begin(chain)
    const timed: number[] = []
    Object.assign(chain, { processingTime: (now: number) => void timed.push(now) })
    push('out', mark(1), mark(2))
    flow.timerFired()
    run()
    expect(timed).toEqual([])
    channels.get('out')!.shift()
    flow.pause()
    run()
    expect(timed).toEqual([])
    flow.resume()
    run()
    expect(timed).toEqual([7])
  })

  it('announces the end of the data on its outputs', () => {
    const { flow, channels } = make()
    flow.announceEnd()
    expect(channels.get('out')!.peek()).toBe(endOfData)
  })
})

describe('partial batches', () => {
  /** A subtask that sends on what it takes, by key, to two others that keep up; the batches of the second one. */
  function keyed(isSource: boolean) {
    const gate = new OutputGate(() => {})
    const channels = new Map(['a', 'x', 'y'].map((id) => [id, new Channel(id, 4, gate, () => {})]))
    const partitioning = { type: 'hash', key: (value: never) => value } as const
    const flow = new SubtaskFlow({
      descriptor: descriptor(chainOf(['map', mapOperator((x) => x)]), {
        inputs: isSource ? [] : [input('a')],
        outputs: [output(['x', 'y'], partitioning)],
        batchRecords: 64,
      }),
      channelOf: (id) => channels.get(id)!,
      gate,
      host: { now: () => 7, monotonicMs: () => 7, random: new Random(1) },
      feed: () => {},
      barrierSeen: () => {},
      barrierQueued: () => {},
    })
    const [writer] = flow.outputs.tails(0, undefined)
    const source: RecordBatch[] = []
    const poll = () => {
      const batch = source.shift()
      if (batch === undefined) return 'waiting'
      writer!.emit(batch)
      return 'records'
    }
    const batch = (_from: 0 | 1, records: RecordBatch) => writer!.emit(records)
    const outside = { collect: () => false, full: false, pending: false }
    flow.begin({ isSource, recordsRead: 0, poll, batch, watermark() {}, ...outside } as unknown as OperatorChain)
    const feed = (...values: readonly string[]) => {
      if (isSource) source.push(recordBatch(values))
      else channels.get('a')!.push(recordBatch(values))
    }
    const drain = (id: string) => {
      let records = 0
      for (let one = channels.get(id)!.shift(); one?.type === 'batch'; one = channels.get(id)!.shift())
        records += one.values.length
      return records
    }
    return { flow, feed, drain }
  }
  // Of two subtasks the first has the key groups up to 63; these two keys are in the groups 20 and 81.
  const [hot, cold] = ['user-42', 'a']

  it.each([true, false])('go on as soon as there is nothing more to take (a source: %s)', (isSource) => {
    const { flow, feed, drain } = keyed(isSource)
    feed(hot, cold)
    expect([flow.move(), drain('x'), drain('y')]).toEqual([true, 0, 0])
    expect([flow.move(), drain('x'), drain('y')]).toEqual([false, 1, 1])
  })

  it.each([true, false])('go on after a while when there is always more for others (a source: %s)', (isSource) => {
    const { flow, feed, drain } = keyed(isSource)
    feed(cold)
    for (let moved = 1; moved < limits.inputsPerFlush; moved++) {
      feed(hot)
      expect([flow.move(), drain('y')]).toEqual([true, 0])
      drain('x')
    }
    feed(hot)
    expect([flow.move(), drain('y')]).toEqual([true, 1])
  })
})
