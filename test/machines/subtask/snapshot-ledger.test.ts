import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/core/limits.ts'
import {
  addEntry,
  entryOf,
  inStage,
  isAt,
  moveTo,
  removeEntry,
  type SnapshotLedger,
  unsettledOf,
} from '../../../src/machines/subtask/snapshot-ledger.ts'
import { facts, id } from './alphabet.ts'

const taking = (ledger: SnapshotLedger, n: number) =>
  addEntry(ledger, { facts: facts(n), ended: false, stage: 'taking' })

describe('the ledger of snapshots', () => {
  it('follows each snapshot through its stages', () => {
    const two = taking(moveTo(taking([], 1), id(1), 'writing'), 2)
    expect([isAt(two, id(1), 'writing'), isAt(two, id(2), 'taking')]).toEqual([true, true])
    expect(inStage(two, 'taking')?.facts.checkpointId).toBe(2)
    expect(entryOf(removeEntry(two, id(1)), id(1))).toBeUndefined()
    expect(isAt(two, id(3), 'taking')).toBe(false)
  })

  it('finds the oldest snapshot that has bytes and no answer', () => {
    const awaited = addEntry([], { facts: facts(1), ended: true, stage: 'awaited' })
    expect(unsettledOf(awaited)).toBeUndefined()
    expect(unsettledOf(taking(moveTo(taking(awaited, 2), id(2), 'acknowledged'), 3))?.facts.checkpointId).toBe(3)
  })

  it(`forgets the oldest acknowledged ones beyond ${limits.acknowledgedSnapshotsMax}, and no other`, () => {
    let ledger = moveTo(taking([], 1), id(1), 'writing')
    for (let n = 2; n <= limits.acknowledgedSnapshotsMax + 2; n++)
      ledger = moveTo(taking(ledger, n), id(n), 'acknowledged')
    expect(ledger).toHaveLength(limits.acknowledgedSnapshotsMax + 1)
    expect([isAt(ledger, id(1), 'writing'), entryOf(ledger, id(2))]).toEqual([true, undefined])
  })
})
