import { describe, expect, it } from 'vitest'
import { Holds } from '../../src/backends/holds.ts'
import { idOf } from '../../src/testing/checkpoint-storage-subject.ts'

describe('holds', () => {
  it('keep what is stored, once for each of them, and postpone its end', () => {
    const holds = new Holds([idOf(1)])
    const [first, second] = [holds.hold(idOf(1))!, holds.hold(idOf(1))!]
    expect([holds.letGo(idOf(1)), holds.overdue]).toEqual([false, []])
    first()
    first()
    expect(holds.overdue).toEqual([])
    second()
    expect([holds.overdue, holds.letGo(idOf(1)), holds.overdue]).toEqual([[1], true, []])
  })

  it('end when nothing is in the making any more', () => {
    const holds = new Holds([idOf(1)])
    const release = holds.hold(idOf(1))!
    holds.letGo(idOf(1))
    holds.end()
    expect(holds.overdue).toEqual([1])
    release()
    expect(holds.letGo(idOf(1))).toBe(true)
  })

  it('are not given of what is not stored, is about to go, or is gone', () => {
    const holds = new Holds([])
    expect(holds.hold(idOf(1))).toBeUndefined()
    holds.stored(idOf(1))
    const release = holds.hold(idOf(1))!
    holds.letGo(idOf(1))
    expect(holds.hold(idOf(1))).toBeUndefined()
    release()
    holds.letGo(idOf(1))
    expect(holds.hold(idOf(1))).toBeUndefined()
  })
})
