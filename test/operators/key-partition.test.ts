import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'
import { keyGroupOf, keyGroupRangeOf } from '../../src/core/key-groups.ts'
import {
  BroadcastPartitioner,
  ForwardPartitioner,
  KeyPartitioner,
  RebalancePartitioner,
} from '../../src/operators/key-partition.ts'
import { failure } from './chain-harness.ts'

interface Sent {
  readonly target: number
  readonly batch: RecordBatch
}

function byKey(options: { parallelism?: number; batchRecords?: number; key?: (value: never) => unknown } = {}) {
  const sent: Sent[] = []
  const { parallelism = 3, batchRecords = 4, key = (value: { k: unknown }) => value.k } = options
  const partitioner = new KeyPartitioner(
    { key, parallelism, maxParallelism: 128, batchRecords, operatorName: 'count' },
    (target, batch) => void sent.push({ target, batch }),
  )
  return { partitioner, sent }
}

describe('by key', () => {
  const record = fc.record({ k: fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean()), n: fc.nat() })
  const batches = fc.array(fc.record({ records: fc.array(record, { maxLength: 12 }), stamped: fc.boolean() }), {
    maxLength: 8,
  })

  it('delivers every record once, to its subtask, in order per target, with its key, group and timestamp', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 5 }), (input, parallelism) => {
        const { partitioner, sent } = byKey({ parallelism })
        for (const { records, stamped } of input) {
          partitioner.partition(
            stamped
              ? recordBatch(
                  records,
                  records.map(({ n }) => n),
                )
              : recordBatch(records),
          )
        }
        partitioner.flush()
        const all = input.flatMap(({ records, stamped }) => records.map((value) => ({ value, stamped })))
        for (let target = 0; target < parallelism; target++) {
          const { start, end } = keyGroupRangeOf(target, parallelism, 128)
          const mine = all.filter(({ value }) => {
            const group = keyGroupOf(value.k, 128)
            return group >= start && group <= end
          })
          const received = sent.filter((s) => s.target === target).map(({ batch }) => batch)
          expect(received.flatMap(({ values }) => values)).toEqual(mine.map(({ value }) => value))
          expect(received.flatMap(({ keys }) => keys)).toEqual(mine.map(({ value }) => value.k))
          expect(received.flatMap(({ keyGroups }) => keyGroups ?? [])).toEqual(
            parallelism === 1 ? [] : mine.map(({ value }) => keyGroupOf(value.k, 128)),
          )
          expect(received.flatMap(({ values, timestamps }) => values.map((_, i) => timestamps?.[i]))).toEqual(
            mine.map(({ value, stamped }) => (stamped ? value.n : undefined)),
          )
        }
        for (const { batch } of sent) {
          expect(batch.values.length).toBeGreaterThan(0)
          for (const array of [batch.keys, batch.keyGroups, batch.timestamps]) {
            if (array !== undefined) expect(array.length).toBe(batch.values.length)
          }
        }
      }),
    )
  })

  it('hands over a full batch at once and the rest on flush', () => {
    const { partitioner, sent } = byKey({ parallelism: 2, batchRecords: 2 })
    const records = Array.from({ length: 5 }, (_, n) => ({ k: 'same', n }))
    partitioner.partition(recordBatch(records))
    expect(sent.map(({ batch }) => batch.values.length)).toEqual([2, 2])
    partitioner.flush()
    partitioner.flush()
    expect(sent.map(({ batch }) => batch.values.length)).toEqual([2, 2, 1])
  })

  it('never changes a batch that it has handed over', () => {
    const { partitioner, sent } = byKey({ parallelism: 2, batchRecords: 8 })
    for (const size of [6, 2, 5]) {
      partitioner.partition(recordBatch(Array.from({ length: size }, (_, n) => ({ k: 'same', n }))))
      partitioner.flush()
    }
    expect(sent.map(({ batch }) => batch.values.length)).toEqual([6, 2, 5])
  })

  it('passes the values of a batch by reference when there is one target', () => {
    const { partitioner, sent } = byKey({ parallelism: 1 })
    const values = [{ k: 'a' }, { k: 'b' }]
    partitioner.partition(recordBatch(values, [1, 2]))
    expect(sent[0]?.batch.values).toBe(values)
    expect(sent[0]?.batch).toMatchObject({ keys: ['a', 'b'], timestamps: [1, 2] })
  })

  it('passes the values as the keys when every record is its own key and there is one target', () => {
    const { partitioner, sent } = byKey({ parallelism: 1, key: (value: string) => value.toLowerCase() })
    for (const values of [['a', 'b'], ['a', 'B', 'c'], ['A']]) partitioner.partition(recordBatch(values))
    const batches = sent.map(({ batch }) => batch)
    expect(batches.map(({ keys }) => keys)).toEqual([['a', 'b'], ['a', 'b', 'c'], ['a']])
    expect(batches.map(({ keys, values }) => keys === values)).toEqual([true, false, false])
    expect(batches.map(({ keyGroups }) => keyGroups)).toEqual([undefined, undefined, undefined])
  })

  it('calls the key function once per record', () => {
    let calls = 0
    const key = (value: { k: string }) => {
      calls++
      return value.k
    }
    const { partitioner } = byKey({ key })
    partitioner.partition(recordBatch([{ k: 'a' }, { k: 'b' }]))
    expect(calls).toBe(2)
  })

  it.each([
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [Symbol('s'), 'Symbol(s)'],
    [{ id: 1 }, 'the object {"id":1}'],
    [[1], 'the array [1]'],
    [() => 1, 'the function () => 1'],
  ])('refuses the key %s, naming the operator and the record', (k, shown) => {
    for (const parallelism of [1, 3]) {
      const { partitioner } = byKey({ parallelism, key: () => k })
      const error = failure(() => partitioner.partition(recordBatch([{ user: 'ann' }])))
      expect(error).toMatchObject({ code: 'KEY_INVALID', restartable: true })
      expect(error.message).toContain(`operator "count" returned ${shown} for the record {"user":"ann"}`)
    }
  })

  it('shortens a long record, and shows one that is no JSON', () => {
    const { partitioner } = byKey({ key: () => undefined })
    expect(failure(() => partitioner.partition(recordBatch(['x'.repeat(5_000)]))).message.length).toBeLessThan(300)
    expect(failure(() => partitioner.partition(recordBatch([12n]))).message).toContain('the record 12n:')
    const tricky = Object.create(null)
    tricky.self = tricky
    expect(failure(() => partitioner.partition(recordBatch([tricky]))).message).toContain('(an object that is no JSON)')
  })

  it('names the operator whose key function throws', () => {
    const { partitioner } = byKey({ key: (value: { user: { id: string } }) => value.user.id })
    const error = failure(() => partitioner.partition(recordBatch([{ other: 1 }])))
    expect(error.code).toBe('USER_FUNCTION_FAILED')
    expect(error.message).toContain('key function of operator "count" failed for the record {"other":1}')
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it('accepts null, booleans and bigints as keys', () => {
    const { partitioner, sent } = byKey({ parallelism: 1 })
    partitioner.partition(recordBatch([{ k: null }, { k: true }, { k: 5n }]))
    expect(sent[0]?.batch.keys).toEqual([null, true, 5n])
  })
})

describe('in turn', () => {
  it('delivers every record once, and never lets two targets differ by more than one', () => {
    const sizes = fc.array(fc.nat(20), { maxLength: 20 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 6 }), fc.nat(9), (lengths, parallelism, start) => {
        const received: number[][] = Array.from({ length: parallelism }, () => [])
        const partitioner = new RebalancePartitioner({ parallelism, start }, (target, { values, timestamps }) => {
          expect(timestamps).toEqual(values)
          received[target]?.push(...(values as number[]))
        })
        let next = 0
        for (const length of lengths) {
          const values = Array.from({ length }, () => next++)
          partitioner.partition(recordBatch(values, values))
          const counts = received.map((r) => r.length)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
        partitioner.flush()
        expect(received.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i))
        for (const values of received) expect(values).toEqual([...values].sort((a, b) => a - b))
      }),
    )
  })

  it('begins with the target that it was told', () => {
    const targets: number[] = []
    const partitioner = new RebalancePartitioner({ parallelism: 3, start: 5 }, (target) => void targets.push(target))
    for (let i = 0; i < 4; i++) partitioner.partition(recordBatch([i]))
    expect(targets).toEqual([2, 0, 1, 2])
  })
})

it('gives every target the same batch when broadcasting, and one target when forwarding', () => {
  const sent: Sent[] = []
  const send = (target: number, batch: RecordBatch) => void sent.push({ target, batch })
  const batch = recordBatch([1])
  const broadcast = new BroadcastPartitioner({ parallelism: 2 }, send)
  const forward = new ForwardPartitioner({ index: 7 }, send)
  broadcast.partition(batch)
  broadcast.flush()
  forward.partition(batch)
  forward.flush()
  expect(sent.map(({ target }) => target)).toEqual([0, 1, 7])
  for (const one of sent) expect(one.batch).toBe(batch)
})

it('names the operator by its uid too, since default names repeat', () => {
  const keyed = (key: () => unknown) => {
    const options = { parallelism: 1, maxParallelism: 128, batchRecords: 4, operatorName: 'reduce', uid: 'totals' }
    const partitioner = new KeyPartitioner({ ...options, key }, () => {})
    return failure(() => partitioner.partition(recordBatch([1])))
  }
  const details = { operator: 'reduce', uid: 'totals' }
  const named = 'The key function of operator "reduce" (uid "totals")'
  expect(keyed(() => undefined)).toMatchObject({ message: expect.stringContaining(`${named} returned`), details })
  const broken = () => {
    throw new Error('no')
  }
  expect(keyed(broken)).toMatchObject({ message: expect.stringContaining(`${named} failed`), details })
})
