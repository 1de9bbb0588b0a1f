import { describe, expect, it } from 'vitest'
import { maxWatermark } from '../../src/core/elements.ts'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { Source, SourcePoll } from '../../src/operators/endpoints.ts'
import { SourceReaderOperator } from '../../src/operators/source-reader-operator.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { OperatorHarness, type OperatorHarnessOptions } from '../../src/testing/operator-harness.ts'

type Records = Extract<SourcePoll<number>, { readonly type: 'records' }>
type Turn = Partial<Records> & { readonly splits?: readonly string[] }

const ownTime = (value: number): number => value
const monotonous = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(ownTime)

/** A source that a test gives what each poll finds, and which splits are read afterwards. */
function make(
  strategy: WatermarkStrategy<number> | undefined,
  splits?: string[],
  options: OperatorHarnessOptions = {},
) {
  const turns: Turn[] = []
  let read: readonly string[] | undefined = splits
  const source: Source<number> = {
    kind: 'turns',
    bounded: false,
    replayable: true,
    createReader: () => ({
      poll() {
        const turn = turns.shift()
        if (turn === undefined) return { type: 'waiting' }
        if (turn.splits !== undefined) read = turn.splits
        return { type: 'records', values: [], ...turn }
      },
      ...(splits === undefined ? {} : { splits: () => read! }),
      snapshot: () => undefined,
      close() {},
    }),
  }
  const harness = new OperatorHarness(sourceOperator(source, strategy), options)
  const poll = (turn: Turn) => {
    turns.push(turn)
    harness.poll()
  }
  return { harness, poll }
}

describe('a source with a watermark strategy', () => {
  it('gives records timestamps and makes watermarks', () => {
    const { harness, poll } = make(monotonous)
    poll({ values: [3, 7, 5] })
    expect([harness.records.map(({ timestamp }) => timestamp), harness.watermarks]).toEqual([[3, 7, 5], [6]])
  })

  it('shows the assigner the timestamp that the source gives', () => {
    const { harness, poll } = make(monotonous.withTimestampAssigner((value, given) => value + (given ?? 0)))
    poll({ values: [1, 2], timestamps: [100, 200] })
    expect([harness.records[1], harness.watermarks]).toEqual([{ value: 2, timestamp: 202 }, [201]])
  })

  it('leaves both to the source without one, but for the end', async () => {
    const { harness, poll } = make(undefined, ['a'])
    poll({ values: [1], timestamps: [100], split: 'a' })
    expect([harness.records, harness.watermarks]).toEqual([[{ value: 1, timestamp: 100 }], []])
    await harness.endOfData()
    expect(harness.watermarks).toEqual([maxWatermark.timestamp])
  })

  it('needs no timestamps where there are no watermarks', () => {
    const { harness, poll } = make(WatermarkStrategy.noWatermarks())
    poll({ values: [1, 2] })
    expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([undefined, undefined])
  })

  it('has one watermark for all splits, the lowest, also of those that have brought nothing yet', () => {
    const { harness, poll } = make(monotonous, ['a', 'b'])
    poll({ values: [100], split: 'a' })
    expect(harness.watermarks).toEqual([])
    poll({ values: [50], split: 'b' })
    expect(harness.watermarks).toEqual([49])
    poll({ values: [80], split: 'b', splits: ['a'] })
    expect(harness.watermarks).toEqual([49, 79, 99])
  })

  it('needs not be told of splits before their records come', () => {
    const { harness, poll } = make(monotonous)
    poll({ values: [100], split: 'a' })
    poll({ values: [50], split: 'b' })
    poll({ values: [120], split: 'a' })
    poll({ values: [110], split: 'b' })
    expect(harness.watermarks).toEqual([99, 109])
  })

  it('cuts what is more than a batch, and keeps it together as one split', () => {
    const { harness, poll } = make(monotonous, ['a'], { batchRecords: 2 })
    poll({ values: [1, 2, 3], timestamps: [1, 2, 3], split: 'a' })
    expect([harness.batchSizes, harness.watermarks]).toEqual([
      [2, 1],
      [1, 2],
    ])
  })

  it('is idle without records, or without splits, and at its end is not', async () => {
    for (const splits of [undefined, [], ['a', 'b']]) {
      const { harness, poll } = make(monotonous.withIdleness(100), splits)
      harness.advance(101)
      expect(harness.statuses).toEqual(['idle'])
      poll({ values: [5], ...(splits === undefined ? {} : { split: 'c', splits: ['c'] }) })
      expect([harness.statuses, harness.watermarks]).toEqual([['idle', 'active'], [4]])
      harness.advance(101)
      await harness.endOfData()
      expect(harness.statuses).toEqual(['idle', 'active', 'idle', 'active'])
      expect(harness.watermarks).toEqual([4, maxWatermark.timestamp])
    }
  })

  it('fails in the name of the operator for a record without a time, and not as if the source could not be read', () => {
    const { poll } = make(WatermarkStrategy.forMonotonousTimestamps())
    expect(() => poll({ values: [1] })).toThrow(expect.objectContaining({ code: 'TIMESTAMP_MISSING' }))
    const throwing = make(
      monotonous.withTimestampAssigner(() => {
        throw new Error('no clock')
      }),
    )
    expect(() => throwing.poll({ values: [1] })).toThrow(expect.objectContaining({ code: 'USER_FUNCTION_FAILED' }))
  })

  it('is polled as any other', () => {
    expect(sourceOperator({ createReader() {} } as never).create()).toBeInstanceOf(SourceReaderOperator)
  })
})
