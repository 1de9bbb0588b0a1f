import { describe, expect, it } from 'vitest'
import { WriteChunks } from '../../src/backends/write-chunks.ts'
import { limits } from '../../src/core/limits.ts'

describe('chunks', () => {
  it('are used again, and only some are kept', () => {
    const chunks = new WriteChunks()
    const taken = Array.from({ length: 20 }, () => chunks.take())
    expect(new Set(taken).size).toBe(20)
    expect(taken[0]!.length).toBe(limits.stateWriteBytes)
    for (const chunk of taken) chunks.give(chunk)
    const again = Array.from({ length: 20 }, () => chunks.take())
    expect(again.filter((chunk) => taken.includes(chunk))).toHaveLength(8)
  })
})
