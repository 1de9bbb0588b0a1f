import { describe, expect, it } from 'vitest'
import {
  endOfData,
  endOfPartition,
  isSavepoint,
  isStop,
  maxWatermark,
  recordBatch,
  type SnapshotKind,
} from '../../src/core/elements.ts'

describe('snapshot kinds', () => {
  it.each<[SnapshotKind, boolean, boolean]>([
    ['checkpoint', false, false],
    ['savepoint', true, false],
    ['stop-suspend', true, true],
    ['stop-drain', true, true],
  ])('%s: savepoint %s, stop %s', (kind, savepoint, stop) => {
    expect(isSavepoint(kind)).toBe(savepoint)
    expect(isStop(kind)).toBe(stop)
  })
})

describe('record batches', () => {
  it('hold the arrays they were given, not copies', () => {
    const [values, timestamps, keys, keyGroups] = [
      ['a', 'b'],
      [1, 2],
      ['k', 'l'],
      [3, 4],
    ]
    const batch = recordBatch(values, timestamps, keys, keyGroups)
    expect(batch.type).toBe('batch')
    expect(batch.values).toBe(values)
    expect(batch.timestamps).toBe(timestamps)
    expect(batch.keys).toBe(keys)
    expect(batch.keyGroups).toBe(keyGroups)
  })

  it('always have the same four fields, so that every batch has one shape', () => {
    expect(Object.keys(recordBatch([]))).toEqual(Object.keys(recordBatch([], [], [], [])))
    expect(recordBatch([1])).toStrictEqual({
      type: 'batch',
      values: [1],
      timestamps: undefined,
      keys: undefined,
      keyGroups: undefined,
    })
  })
})

describe('the ends', () => {
  it('differ in type, and the last watermark is above every time of day', () => {
    expect([endOfData.type, endOfPartition.type, maxWatermark.type]).toEqual([
      'end-of-data',
      'end-of-partition',
      'watermark',
    ])
    expect(maxWatermark.timestamp).toBeGreaterThan(8.64e15)
    expect(Number.isSafeInteger(maxWatermark.timestamp)).toBe(true)
  })
})
