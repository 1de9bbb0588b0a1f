import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import { isSourceOperator, sinkOperator, sourceOperator } from '../../src/operators/endpoint-operators.ts'
import {
  isSourceFactory,
  type Sink,
  type SinkWriter,
  type Source,
  type SourcePoll,
  type SourceReader,
  type SourceReaderContext,
} from '../../src/operators/endpoints.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure, member, testChain } from './chain-harness.ts'

/** Counts up to `end`, and remembers its context. */
function counting(end: number, overrides: Partial<SourceReader<number>> = {}) {
  let context: SourceReaderContext | undefined
  const source: Source<number> = {
    kind: 'counting',
    bounded: true,
    replayable: true,
    createReader(given, restored) {
      context = given
      let next = (restored as number | undefined) ?? 0
      return {
        poll(max): SourcePoll<number> {
          if (next >= end) return { type: 'end' }
          const values = Array.from({ length: Math.min(max, end - next) }, (_, i) => next + i)
          next += values.length
          return { type: 'records', values, timestamps: values.map((n) => n * 10) }
        },
        snapshot: () => next,
        close() {},
        ...overrides,
      }
    },
  }
  return { source, context: () => context! }
}

describe('a source', () => {
  it('emits what its reader finds, with timestamps, until the end for good', () => {
    let polls = 0
    const { source } = counting(3)
    const spied: Source<number> = {
      ...source,
      createReader(context, restored) {
        const reader = source.createReader(context, restored)
        const poll = (max: number) => {
          polls++
          return reader.poll(max)
        }
        return { ...reader, poll }
      },
    }
    const harness = new OperatorHarness(sourceOperator(spied))
    expect([harness.poll(2), harness.poll(2), harness.poll(2), harness.poll(2)]).toEqual([
      'records',
      'records',
      'end',
      'end',
    ])
    expect(harness.records).toEqual([0, 1, 2].map((value) => ({ value, timestamp: value * 10 })))
    expect(polls).toBe(3)
  })

  it('goes on at the position of its snapshot', async () => {
    const { source } = counting(5)
    const before = new OperatorHarness(sourceOperator(source))
    before.poll(2)
    const restored = await before.snapshot()
    before.poll(2)
    const after = new OperatorHarness(sourceOperator(source), { restored })
    after.poll(9)
    expect(after.values).toEqual([2, 3, 4])
  })

  it('cuts what its reader returns beyond the size of a batch', () => {
    const { source } = counting(5)
    const harness = new OperatorHarness(sourceOperator(source), { batchRecords: 2 })
    harness.poll(5)
    expect(harness.batchSizes).toEqual([2, 2, 1])
    expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([0, 10, 20, 30, 40])
  })

  it('emits nothing while it waits or finds no records', () => {
    const found: SourcePoll<number>[] = [{ type: 'waiting' }, { type: 'records', values: [] }]
    const { source } = counting(5, { poll: () => found.shift()! })
    const harness = new OperatorHarness(sourceOperator(source))
    expect([harness.poll(), harness.poll()]).toEqual(['waiting', 'records'])
    expect(harness.batchSizes).toEqual([])
  })

  it('wakes the runtime, at once and after the time that it asked for last', () => {
    const { source, context } = counting(5)
    const harness = new OperatorHarness(sourceOperator(source))
    context().wake()
    expect(harness.wakes).toBe(1)
    context().wakeAfter(10)
    context().wakeAfter(30)
    harness.advance(29)
    expect(harness.wakes).toBe(1)
    harness.advance(1)
    expect(harness.wakes).toBe(2)
    harness.advance(100)
    expect(harness.wakes).toBe(2)
  })

  it('no longer wakes a closed runtime', async () => {
    const { source, context } = counting(5)
    const harness = new OperatorHarness(sourceOperator(source))
    await harness.close()
    context().wake()
    expect(harness.wakes).toBe(0)
  })

  it('fails with SOURCE_FAILED, or with the code its reader chose', () => {
    const failing = (thrown: Error) =>
      counting(1, {
        poll() {
          throw thrown
        },
      }).source
    const plain = failure(() => new OperatorHarness(sourceOperator(failing(new Error('EIO'))), { name: 'log' }).poll())
    expect(plain).toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'Source "log" could not read: EIO',
      restartable: true,
    })
    const own = new StreamError('SOURCE_FILE_CHANGED', 'The file a.txt changed.')
    expect(failure(() => new OperatorHarness(sourceOperator(failing(own))).poll())).toBe(own)
  })

  it('is not blamed for the operators behind it', () => {
    const { chain } = testChain([
      member('numbers', sourceOperator(counting(1).source)),
      member(
        'parse',
        mapOperator(() => JSON.parse('{')),
        { parent: 0 },
      ),
    ])
    chain.open([])
    expect(chain.isSource).toBe(true)
    expect(failure(() => chain.poll(1))).toMatchObject({ code: 'USER_FUNCTION_FAILED', details: { operator: 'parse' } })
  })

  it('describes itself as the stateful head of a chain', () => {
    const factory = sourceOperator(counting(1).source)
    expect(factory).toMatchObject({ kind: 'source', stateful: true, inputCount: 0, chaining: 'head', keyed: false })
    expect(isSourceFactory(factory)).toBe(true)
    expect(isSourceOperator(factory.create())).toBe(true)
  })
})

function collecting(overrides: Partial<SinkWriter<number>> = {}) {
  const calls: unknown[] = []
  const sink: Sink<number> = {
    kind: 'collecting',
    stateful: true,
    createWriter(_context, restored) {
      calls.push(['open', restored])
      return {
        write: (values) => void calls.push(['write', ...values]),
        endOfData: () => void calls.push('end'),
        snapshot: (checkpoint, kind) => ({ state: { pending: [`${kind}-${checkpoint}`] } }),
        notifyCompleted: (checkpoint) => void calls.push(['commit', checkpoint]),
        notifyAborted: (checkpoint) => void calls.push(['abort', checkpoint]),
        close: () => void calls.push('close'),
        ...overrides,
      }
    },
  }
  return { sink, calls }
}

describe('a sink', () => {
  it('writes batches, takes part in checkpoints, and ends', async () => {
    const { sink, calls } = collecting()
    const harness = new OperatorHarness(sinkOperator(sink))
    harness.elements([1, 2])
    const restored = await harness.snapshot(4, 'savepoint')
    await harness.notifyCompleted(4)
    harness.notifyAborted(5)
    await harness.endOfData()
    await harness.close()
    expect(calls).toEqual([['open', undefined], ['write', 1, 2], ['commit', 4], ['abort', 5], 'end', 'close'])
    const after = collecting()
    new OperatorHarness(sinkOperator(after.sink), { restored })
    expect(after.calls).toEqual([['open', { pending: ['savepoint-4'] }]])
  })

  it('is durable before a snapshot counts', async () => {
    let flushed = false
    const durable = async () => {
      flushed = true
    }
    const { sink } = collecting({ snapshot: () => ({ state: null, durable }) })
    await new OperatorHarness(sinkOperator(sink)).snapshot()
    expect(flushed).toBe(true)
  })

  it('fails with SINK_FAILED, or with the code its writer chose, at once or later', async () => {
    const fails = (thrown: Error) => () => {
      throw thrown
    }
    const rejects = () => Promise.reject(new Error('EIO'))
    const harness = new OperatorHarness(
      sinkOperator(
        collecting({
          write: fails(new Error('EIO')),
          endOfData: rejects,
          notifyCompleted: rejects,
          snapshot: () => ({ state: null, durable: rejects }),
        }).sink,
      ),
      { name: 'out' },
    )
    expect(failure(() => harness.element(1))).toMatchObject({
      code: 'SINK_FAILED',
      message: 'Sink "out" could not write: EIO',
    })
    await expect(harness.endOfData()).rejects.toMatchObject({ message: 'Sink "out" could not finish: EIO' })
    await expect(harness.notifyCompleted()).rejects.toMatchObject({ message: 'Sink "out" could not commit: EIO' })
    await expect(harness.snapshot()).rejects.toMatchObject({ message: 'Sink "out" could not flush: EIO' })
    const own = new StreamError('STORAGE_FULL', 'The disk of out is full.')
    expect(failure(() => new OperatorHarness(sinkOperator(collecting({ write: fails(own) }).sink)).element(1))).toBe(
      own,
    )
  })

  it('is stateful if the sink is', () => {
    expect(sinkOperator(collecting().sink).stateful).toBe(true)
    expect(sinkOperator({ ...collecting().sink, stateful: false }).stateful).toBe(false)
  })
})
