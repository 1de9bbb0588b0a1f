/**
 * The keyed-state contract, second half: a snapshot is consistent, costs the stream nothing to mark, and does not see
 * what comes after it, however reads, writes and pieces interleave (S1, S14, S18 of the protocol).
 */
import type { KeyedSnapshot, ListState, StateBackend, ValueState } from '../backends/state-backend.ts'
import { Random } from '../core/random.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'
import {
  always,
  never,
  open,
  restored,
  type StateBackendCase,
  Subject,
  setKey,
  someKeys,
  valueState,
  writeAll,
} from './state-backend-subject.ts'

/** The contents that a snapshot must have: those of a second backend to which the same changes were made, and no more. */
function snapshotUnderChange(backend: StateBackend, seed: number, pace: () => boolean): void {
  const random = new Random(seed)
  const subject = new Subject(open(backend))
  const twin = new Subject(open(backend))
  for (let i = 0; i < 150; i++) {
    const step = random.uint32()
    subject.change(new Random(step), someKeys)
    twin.change(new Random(step), someKeys)
  }
  const snapshot = subject.state.mark()
  const changeSome = () => {
    for (let i = random.int(0, 5); i > 0; i--) subject.change(random, someKeys)
  }
  changeSome()
  const bytes = writeAll(snapshot, pace, changeSome)
  const copy = new Subject(restored(backend, bytes))
  expectEqual(
    copy.contents(someKeys),
    twin.contents(someKeys),
    `the snapshot is not the state at its mark (seed ${seed})`,
  )
}

export const snapshotCases: readonly StateBackendCase[] = [
  {
    name: 'a snapshot restores every kind of state and timers',
    run(backend) {
      for (let seed = 1; seed <= 10; seed++) {
        const random = new Random(seed)
        const subject = new Subject(open(backend))
        for (let i = 0; i < 200; i++) subject.change(random, someKeys)
        const copy = new Subject(restored(backend, writeAll(subject.state.mark())))
        expectEqual(copy.contents(someKeys), subject.contents(someKeys), `the same contents (seed ${seed})`)
      }
    },
  },
  {
    name: 'a snapshot does not see later changes, whatever the pace of its writer',
    run(backend) {
      for (let seed = 1; seed <= 150; seed++) {
        snapshotUnderChange(backend, seed, never)
        const random = new Random(seed)
        snapshotUnderChange(backend, seed, () => random.next() < 0.7)
      }
    },
  },
  {
    name: 'a snapshot of many keys per group does not see later changes',
    run(backend) {
      const state = open(backend)
      const value = state.state('v', valueState(0)) as ValueState<unknown>
      const keys = Array.from({ length: 5_000 }, (_, index) => index)
      for (const key of keys) {
        setKey(state, key)
        value.update(key)
      }
      const random = new Random(3)
      const bytes = writeAll(state.mark(), never, () => {
        for (let i = 0; i < 100; i++) {
          setKey(state, random.int(0, 5_500))
          if (random.next() < 0.3) value.clear()
          else value.update(-1)
        }
      })
      const copy = restored(backend, bytes)
      const copied = copy.state('v', valueState(-2)) as ValueState<unknown>
      const wrong = keys.filter((key) => {
        setKey(copy, key)
        return copied.value() !== key
      })
      expectEqual([wrong.length, copy.entryCount], [0, keys.length], 'every key as it was at the mark, and no other')
    },
  },
  {
    name: 'several snapshots are alive at once',
    needs: 'concurrentSnapshots',
    run(backend) {
      const state = open(backend)
      const list = state.state('list', { kind: 'list' }) as ListState<unknown>
      setKey(state, 'a')
      list.add(1)
      const first = state.mark()
      list.add(2)
      const second = state.mark()
      const given = state.mark()
      list.add(3)
      given.release()
      list.add(4)
      const contents = (snapshot: KeyedSnapshot): unknown => {
        const copy = restored(backend, writeAll(snapshot))
        setKey(copy, 'a')
        return [...(copy.state('list', { kind: 'list' }) as ListState<unknown>).get()]
      }
      expectEqual([contents(second), contents(first)], [[1, 2], [1]], 'each as it was at its mark')
      expectEqual([...list.get()], [1, 2, 3, 4], 'the live list')
    },
  },
  {
    name: 'the writer asks for time between pieces and makes progress without any',
    run(backend) {
      const state = open(backend)
      const value = state.state('v', valueState('')) as ValueState<unknown>
      for (let key = 0; key < 3_000; key++) {
        setKey(state, key)
        value.update('x'.repeat(50))
      }
      let asked = 0
      const count = () => ++asked > 0
      const bytes = writeAll(state.mark(), count)
      expectTrue(asked >= 29, `asked at least every 100 entries or so, got ${asked} for 3000 entries`)
      let pieces = 0
      const slow = writeAll(state.mark(), never, () => pieces++)
      expectTrue(pieces >= 29, `small pieces when there is no time, got ${pieces}`)
      expectEqual(
        slow.length > 0 && restored(backend, slow).entryCount,
        restored(backend, bytes).entryCount,
        'the same',
      )
    },
  },
  {
    name: 'restoring keeps only the key groups of the range',
    run(backend) {
      const subject = new Subject(open(backend))
      const random = new Random(11)
      for (let i = 0; i < 200; i++) subject.change(random, someKeys)
      const bytes = writeAll(subject.state.mark())
      const halves = [
        { start: 0, end: 7 },
        { start: 8, end: 15 },
      ].map((range) => restored(backend, bytes, range))
      const counts = halves.map((half) => half.entryCount)
      expectEqual(counts[0]! + counts[1]!, subject.state.entryCount, 'each entry in exactly one half')
      expectTrue(counts[0]! > 0 && counts[1]! > 0, 'entries in both halves')
      const joined = open(backend)
      for (const half of halves) joined.restore(writeAll(half.mark()))
      expectEqual(new Subject(joined).contents(someKeys), subject.contents(someKeys), 'both halves together')
    },
  },
  {
    name: 'an empty backend has an empty snapshot',
    run(backend) {
      const state = open(backend)
      state.state('v', valueState(0))
      const snapshot = state.mark()
      expectEqual([snapshot.empty, snapshot.write(always)], [true, undefined], 'nothing to write')
      snapshot.release()
    },
  },
  {
    name: 'a snapshot names its states and a restored state keeps its kind',
    async run(backend) {
      const state = open(backend)
      setKey(state, 'a')
      const value = state.state('count', valueState(0)) as ValueState<unknown>
      value.update(1)
      state.timers('timers').add(5)
      const snapshot = state.mark()
      expectEqual(
        [...snapshot.states].map(({ name, kind }) => `${name} ${kind}`).sort(),
        ['count value', 'timers timers'],
        'names and kinds',
      )
      const bytes = writeAll(snapshot)
      const copy = restored(backend, bytes)
      const error = await expectFailure(() => copy.state('count', { kind: 'map' }), ['RESTORE_STATE_INCOMPATIBLE'])
      expectTrue(error.message.includes('count'), 'the message names the state')
      const declared = open(backend)
      declared.state('count', { kind: 'map' })
      await expectFailure(() => declared.restore(bytes), ['RESTORE_STATE_INCOMPATIBLE'])
    },
  },
  {
    name: 'a value that cannot be encoded is named by the snapshot at the latest',
    async run(backend) {
      const state = open(backend)
      const value = state.state('user', valueState(undefined)) as ValueState<unknown>
      setKey(state, 'a')
      const attempt = () => {
        value.update({ onClick: () => 1 })
        writeAll(state.mark())
      }
      const error = await expectFailure(attempt, ['STATE_NOT_SERIALIZABLE'])
      expectTrue(error.message.includes('user → onClick is a function'), `names state and path: ${error.message}`)
    },
  },
  {
    name: 'damaged bytes are refused',
    async run(backend) {
      const state = open(backend)
      const value = state.state('v', valueState(0)) as ValueState<unknown>
      for (let key = 0; key < 50; key++) {
        setKey(state, key)
        value.update(key)
      }
      const bytes = writeAll(state.mark())
      for (const cut of [1, 4, 10, bytes.length >> 1, bytes.length - 1]) {
        await expectFailure(
          () => restored(backend, bytes.subarray(0, cut)),
          ['STATE_FILE_DAMAGED', 'STATE_CODEC_UNSUPPORTED'],
        )
      }
      await expectFailure(() => restored(backend, Buffer.concat([bytes, bytes])), ['STATE_FILE_DAMAGED'])
    },
  },
]
