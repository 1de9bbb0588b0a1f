import { describe, expect, it } from 'vitest'
import type { CheckpointId } from '../../../src/core/ids.ts'
import { newest, retain } from '../../../src/machines/checkpoint-coordinator/retention.ts'

const ids = (...numbers: number[]) => numbers as CheckpointId[]
const id = (number: number) => number as CheckpointId

describe('retention', () => {
  it('keeps the newest and retires the rest', () => {
    expect(retain([], id(1), 1)).toEqual({ kept: [1], retired: [] })
    expect(retain(ids(1), id(2), 1)).toEqual({ kept: [2], retired: [1] })
    expect(retain(ids(1, 2, 3), id(4), 2)).toEqual({ kept: [3, 4], retired: [1, 2] })
    expect(retain(ids(1, 2), id(3), 10)).toEqual({ kept: [1, 2, 3], retired: [] })
  })

  it('retires one that completes after a newer one, and never the newest', () => {
    expect(retain(ids(5), id(4), 1)).toEqual({ kept: [5], retired: [4] })
    expect(retain(ids(5), id(4), 2)).toEqual({ kept: [4, 5], retired: [] })
    expect(retain(ids(5), id(6), 0)).toEqual({ kept: [6], retired: [5] })
  })

  it('names the newest', () => {
    expect(newest(ids(3, 7))).toBe(7)
    expect(newest([])).toBeUndefined()
  })
})
