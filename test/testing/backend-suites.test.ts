import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../../src/backends/jobmanager-savepoints.ts'
import { StreamError } from '../../src/core/errors.ts'
import { claimingCases } from '../../src/testing/checkpoint-storage-claim-cases.ts'
import { damageCases, keepingCases, owningCases } from '../../src/testing/checkpoint-storage-keep-cases.ts'
import { sharingCases } from '../../src/testing/checkpoint-storage-share-cases.ts'
import { checkpointStorageSuite } from '../../src/testing/checkpoint-storage-suite.ts'
import { findingCases, storingCases } from '../../src/testing/checkpoint-storage-write-cases.ts'
import { expectEqual, expectFailure, expectTrue, runCases } from '../../src/testing/conformance.ts'
import { savepointStoreSuite } from '../../src/testing/savepoint-store-suite.ts'
import { changeCases } from '../../src/testing/state-backend-change-cases.ts'
import { evolutionCases } from '../../src/testing/state-backend-evolution-cases.ts'
import '../../src/testing/state-backend-states.ts'
import { handleCases, timerCases } from '../../src/testing/state-backend-handle-cases.ts'
import { portableCases } from '../../src/testing/state-backend-portable-cases.ts'
import { snapshotCases } from '../../src/testing/state-backend-snapshot-cases.ts'
import { open, restored, Subject, setKey, someKeys, writeAll } from '../../src/testing/state-backend-subject.ts'
import { stateBackendSuite } from '../../src/testing/state-backend-suite.ts'
import { ttlCases } from '../../src/testing/state-backend-ttl-cases.ts'

describe('the suites', () => {
  const lost = 'memory belongs to one process'
  let disposed = 0
  const suites = {
    state: stateBackendSuite(() => heapStateBackend, {
      freeze: true,
      concurrentSnapshots: true,
      incremental: true,
      portable: true,
    }),
    checkpoints: checkpointStorageSuite(
      () => ({
        storage: jobmanagerCheckpointStorage(),
        place: 'jobmanager://checkpoints',
        dispose: async () => void disposed++,
      }),
      { reopen: lost, damage: lost, claims: true, starts: true },
    ),
    savepoints: savepointStoreSuite(
      () => ({
        store: jobmanagerSavepointStore(),
        place: 'jobmanager://savepoints',
        storage: jobmanagerCheckpointStorage(),
      }),
      { reopen: lost, directories: lost, copies: lost },
    ),
  }

  it('have every case once, each under its own name', () => {
    const names = Object.values(suites).flatMap((cases) => cases.map(({ name }) => name))
    expect(new Set(names).size).toBe(names.length)
    expect(suites.state).toHaveLength(
      handleCases.length +
        timerCases.length +
        snapshotCases.length +
        changeCases.length +
        evolutionCases.length +
        ttlCases.length +
        portableCases.length,
    )
    expect(suites.checkpoints).toHaveLength(
      [storingCases, findingCases, keepingCases, owningCases, sharingCases, claimingCases, damageCases].reduce(
        (sum, cases) => sum + cases.length,
        0,
      ),
    )
  })

  it('say why a case is skipped, and skip no other', () => {
    const skipped = Object.values(suites).flatMap((cases) => cases.filter(({ skip }) => skip !== undefined))
    expect(skipped.map(({ skip }) => skip)).toEqual(skipped.map(() => lost))
    expect(skipped.map(({ name }) => name)).toEqual([
      'another process finds checkpoints, pins and ids',
      'what is shared is found by the next owner, and swept by it when nothing names it',
      'one changed byte of state is found, and named',
      'a copy is a savepoint once it is sealed, and needs its checkpoint no more',
      'a savepoint that outlives the process points to no checkpoint in its memory',
      'another process finds the savepoints',
      'a savepoint may be put into a directory of its own',
    ])
  })

  it('clean up after each case', async () => {
    disposed = 0
    expect(await runCases(suites.checkpoints)).toEqual([])
    expect(disposed).toBe(suites.checkpoints.filter(({ skip }) => skip === undefined).length)
  })
})

describe('what the cases are made of', () => {
  it('tells failures apart', async () => {
    expect(() => expectEqual(1, 2, 'numbers')).toThrow(/numbers/)
    expect(() => expectTrue(false, 'truth')).toThrow(/truth/)
    const fail = () => {
      throw new StreamError('STORAGE_FULL', 'full')
    }
    expect((await expectFailure(fail, ['STORAGE_FULL'])).message).toBe('full')
    await expect(expectFailure(fail, ['LEASE_LOST'])).rejects.toThrow(/expected LEASE_LOST, got STORAGE_FULL: full/)
    await expect(expectFailure(() => 1, ['LEASE_LOST'])).rejects.toThrow(/got none/)
    await expect(expectFailure(() => Promise.reject(new Error('x')), ['LEASE_LOST'])).rejects.toThrow(/StreamError/)
  })

  it('reads back what it has changed', () => {
    const subject = new Subject(open(heapStateBackend))
    setKey(subject.state, 'a')
    subject.value.update(1)
    subject.timers.add(3)
    const copy = new Subject(restored(heapStateBackend, writeAll(subject.state.mark())))
    expect(copy.contents(['a', 'b'])).toEqual([
      ['a', 1, [], new Map(), undefined],
      ['b', 'none', [], new Map(), undefined],
      ['3 string a'],
    ])
    expect(someKeys.length).toBeGreaterThan(10)
  })
})
