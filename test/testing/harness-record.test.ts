import { expect, it } from 'vitest'
import { cutIntoBatches } from '../../src/testing/harness-record.ts'

it('cuts records into batches of a size, each with timestamps for all of them or for none', () => {
  const records = [{ value: 1 }, { value: 2 }, { value: 3 }, { value: 4, timestamp: 40 }, { value: 5 }]
  expect(cutIntoBatches(records, 2).map(({ values, timestamps }) => [values, timestamps])).toEqual([
    [[1, 2], undefined],
    [[3], undefined],
    [[4], [40]],
    [[5], undefined],
  ])
  expect(cutIntoBatches([], 2)).toEqual([])
})
