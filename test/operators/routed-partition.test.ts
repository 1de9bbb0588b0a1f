import { describe, expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { Random } from '../../src/core/random.ts'
import { type CustomRoute, customRoute, RoutedPartitioner, randomRoute } from '../../src/operators/routed-partition.ts'
import { failure } from './chain-harness.ts'

/** What each of three targets got, batch by batch. */
function make(routeOf: (value: unknown) => number, batchRecords = 100) {
  const sent: { values: readonly unknown[]; timestamps: readonly number[] | undefined }[][] = [[], [], []]
  const partitioner = new RoutedPartitioner(
    { parallelism: 3, batchRecords, routeOf },
    (index, { values, timestamps }) => void sent[index]!.push({ values, timestamps }),
  )
  return { sent, partitioner }
}

const named = { operatorName: 'ship', uid: 's' }
const custom = (partition: (key: never, partitions: number) => number, key: CustomRoute['key'] = (value) => value) =>
  customRoute({ key, partition }, 3, named)

describe('records that are sent one by one', () => {
  it('wait for their batch to fill, or for a flush', () => {
    const { sent, partitioner } = make((value) => (value as number) % 3, 2)
    partitioner.partition(recordBatch([0, 1, 3, 6]))
    expect(sent.map((batches) => batches.map(({ values }) => values))).toEqual([[[0, 3]], [], []])
    partitioner.flush()
    partitioner.flush()
    expect(sent.map((batches) => batches.map(({ values }) => values))).toEqual([[[0, 3], [6]], [[1]], []])
  })

  it('keep their timestamps, and never share a batch with records that have none', () => {
    const { sent, partitioner } = make(() => 1)
    partitioner.partition(recordBatch([1, 2], [10, 20]))
    partitioner.partition(recordBatch([3]))
    partitioner.flush()
    expect(sent[1]).toEqual([
      { values: [1, 2], timestamps: [10, 20] },
      { values: [3], timestamps: undefined },
    ])
  })

  it('go anywhere by chance, about evenly, and again the same from the same seed', () => {
    const counts = (seed: number) => {
      const random = new Random(seed)
      const { sent, partitioner } = make(randomRoute(() => random.next(), 3))
      partitioner.partition(recordBatch(Array.from({ length: 3_000 }, (_, i) => i)))
      partitioner.flush()
      return sent.map((batches) => batches.flatMap(({ values }) => values))
    }
    const shares = counts(1)
    for (const share of shares) expect(Math.abs(share.length - 1_000)).toBeLessThan(100)
    expect(counts(1)).toEqual(shares)
    expect(counts(2)).not.toEqual(shares)
  })
})

describe('a partition function', () => {
  it('is given the key and how many subtasks there are', () => {
    const route = custom(
      (key: string, partitions) => key.length % partitions,
      ({ name }: { name: string }) => name,
    )
    expect([route({ name: 'ab' }), route({ name: 'abc' })]).toEqual([2, 0])
  })

  it.each([
    [3, '3'],
    [-1, '-1'],
    [0.5, '0.5'],
    [undefined, 'undefined'],
    ['1', '"1"'],
    [Number.NaN, 'NaN'],
    [1n, '1n'],
  ])('that gives %s fails the job, naming the operator and the record', (given, shown) => {
    const error = failure(() => custom(() => given as never)({ id: 7 }))
    expect([error.code, error.message, error.details]).toEqual([
      'PARTITION_INVALID',
      `The partition function of operator "ship" (uid "s") returned ${shown} for the record {"id":7}: expected an integer from 0 to 2.`,
      { operator: 'ship', uid: 's' },
    ])
  })

  it('that throws fails the job, and so does its key', () => {
    const thrower = () => {
      throw new Error('no region')
    }
    const message = 'The partition function of operator "ship" (uid "s") failed for the record 5: no region'
    for (const route of [custom(thrower), custom(() => 0, thrower)]) {
      expect(failure(() => route(5))).toMatchObject({ code: 'USER_FUNCTION_FAILED', message })
    }
  })

  it('that is async is refused', () => {
    const error = failure(() => custom((async () => 0) as never)(1))
    expect(error.message).toContain('The partition function of operator "ship" (uid "s") returned a promise')
    const lateKey = async (): Promise<never> => {
      throw new Error('too late')
    }
    expect(failure(() => custom(() => 0, lateKey as never)(1))).toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: expect.stringContaining('The key function of operator "ship" (uid "s") returned a promise'),
    })
  })
})
