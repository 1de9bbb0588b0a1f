/**
 * The contract of keyed state (`backends/state-backend.ts`) as runnable cases.
 *
 * The cases under "a snapshot" are the ones that matter: a snapshot is consistent, costs the stream nothing to mark, and
 * does not see what comes after it, however reads, writes and pieces interleave (S1, S14, S18 of the protocol).
 */
import type {
  KeyedSnapshot,
  KeyedStateBackend,
  KeyedStateBackendOptions,
  ListState,
  MapState,
  ReducingState,
  StateBackend,
  StateDescriptor,
  ValueState,
} from '../backends/state-backend.ts'
import { type Key, type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { Random } from '../core/random.ts'
import {
  buildCases,
  type CapabilityManifest,
  type CaseDefinition,
  type ConformanceCase,
  expectEqual,
  expectFailure,
  expectTrue,
} from './conformance.ts'

export type StateBackendCapability = 'freeze' | 'concurrentSnapshots'

type Case = CaseDefinition<StateBackend, StateBackendCapability>

const maxParallelism = 16
const wholeRange: KeyGroupRange = { start: 0, end: maxParallelism - 1 }
const valueState = (initial: unknown): StateDescriptor => ({ kind: 'value', initial })
const sum: StateDescriptor = { kind: 'reducing', reduce: (a: number, b: number) => a + b }

const open = (backend: StateBackend, options: Partial<KeyedStateBackendOptions> = {}): KeyedStateBackend =>
  backend.create({ range: wholeRange, freeze: false, operatorName: 'suite', ...options })

const setKey = (state: KeyedStateBackend, key: Key): void => state.setCurrentKey(key, keyGroupOf(key, maxParallelism))

const always = (): boolean => true
const never = (): boolean => false

/** Writes a snapshot to its end in pieces, calling `between` after each. */
function writeAll(snapshot: KeyedSnapshot, more: () => boolean = always, between: () => void = () => {}): Buffer {
  const pieces: Uint8Array[] = []
  for (let piece = snapshot.write(more); piece !== undefined; piece = snapshot.write(more)) {
    pieces.push(Buffer.from(piece))
    between()
  }
  snapshot.release()
  return Buffer.concat(pieces)
}

const restored = (backend: StateBackend, bytes: Uint8Array, range = wholeRange): KeyedStateBackend => {
  const state = open(backend, { range })
  if (bytes.length > 0) state.restore(bytes)
  return state
}

/** Everything that the random cases keep, read back key by key. */
class Subject {
  readonly state: KeyedStateBackend
  readonly value: ValueState<unknown>
  readonly list: ListState<unknown>
  readonly map: MapState<unknown, unknown>
  readonly reduced: ReducingState<number>
  readonly timers

  constructor(state: KeyedStateBackend) {
    this.state = state
    this.value = state.state('value', valueState('none')) as ValueState<unknown>
    this.list = state.state('list', { kind: 'list' }) as ListState<unknown>
    this.map = state.state('map', { kind: 'map' }) as MapState<unknown, unknown>
    this.reduced = state.state('sum', sum) as ReducingState<number>
    this.timers = state.timers('timers')
  }

  change(random: Random, keys: readonly Key[]): void {
    setKey(this.state, random.pick(keys))
    const item = random.int(0, 9)
    const changes: readonly (() => void)[] = [
      () => this.value.update({ item }),
      () => this.value.clear(),
      () => this.list.add(item),
      () => this.list.update([item, item + 1]),
      () => this.list.clear(),
      () => this.map.put(item, { item }),
      () => this.map.remove(item),
      () => this.map.clear(),
      () => this.reduced.add(item),
      () => this.reduced.clear(),
      () => void this.timers.add(item),
      () => void this.timers.delete(item),
      () => void this.timers.poll(random.int(0, 3)),
    ]
    random.pick(changes)()
  }

  /** As data, independent of order; takes the timers out. */
  contents(keys: readonly Key[]): unknown {
    const rows: unknown[] = keys.map((key) => {
      setKey(this.state, key)
      return [key, this.value.value(), [...this.list.get()], new Map(this.map.entries()), this.reduced.get()]
    })
    const timers: string[] = []
    for (let time = this.timers.poll(100); time !== undefined; time = this.timers.poll(100)) {
      timers.push(`${time} ${typeof this.state.currentKey} ${String(this.state.currentKey)}`)
    }
    return [...rows, timers.sort()]
  }
}

const someKeys: readonly Key[] = ['a', 'b', '', 'c', 1, '1', 2n, true, null, 0.5, -7, 'ü']

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

const handles: readonly Case[] = [
  {
    name: 'a value is the initial one until it is updated, per key',
    run(backend) {
      const state = open(backend)
      const count = state.state('count', valueState(0)) as ValueState<unknown>
      setKey(state, 'a')
      expectEqual(count.value(), 0, 'the initial value')
      count.update(5)
      setKey(state, 'b')
      expectEqual(count.value(), 0, 'another key does not see it')
      setKey(state, 'a')
      expectEqual(count.value(), 5, 'the updated value')
      count.update(undefined)
      expectEqual(count.value(), undefined, 'undefined is a value')
      count.clear()
      expectEqual(count.value(), 0, 'the initial value again')
    },
  },
  {
    name: 'keys of different types are different keys',
    run(backend) {
      const state = open(backend)
      const kept = state.state('kept', valueState(undefined)) as ValueState<unknown>
      for (const key of someKeys) {
        setKey(state, key)
        kept.update(`${typeof key} ${String(key)}`)
      }
      for (const key of someKeys) {
        setKey(state, key)
        expectEqual(kept.value(), `${typeof key} ${String(key)}`, 'the value of this key')
      }
      expectEqual(state.entryCount, someKeys.length, 'one entry per key')
    },
  },
  {
    name: 'a list adds, replaces and clears, and what was read does not change',
    run(backend) {
      const state = open(backend)
      const list = state.state('list', { kind: 'list' }) as ListState<unknown>
      setKey(state, 'a')
      expectEqual([...list.get()], [], 'empty at first')
      list.add(1)
      list.addAll([2, 3])
      const read = list.get()
      list.add(4)
      expectEqual([...read], [1, 2, 3], 'what was read before the last add')
      expectEqual([...list.get()], [1, 2, 3, 4], 'with the last add')
      const given = [9]
      list.update(given)
      given.push(10)
      expectEqual([...list.get()], [9], 'the list as it was given')
      list.update([])
      expectEqual(state.entryCount, 0, 'an empty list is no entry')
    },
  },
  {
    name: 'a map puts, removes, iterates and clears',
    run(backend) {
      const state = open(backend)
      const map = state.state('map', { kind: 'map' }) as MapState<unknown, unknown>
      setKey(state, 'a')
      expectTrue(map.isEmpty() && !map.has('x') && map.get('x') === undefined, 'empty at first')
      map.put('x', 1)
      map.put('y', undefined)
      expectEqual(
        [...map.entries()],
        [
          ['x', 1],
          ['y', undefined],
        ],
        'entries in order of insertion',
      )
      expectTrue(map.has('y') && !map.isEmpty(), 'undefined is a value')
      map.remove('x')
      expectEqual([[...map.keys()], [...map.values()]], [['y'], [undefined]], 'what is left')
      map.remove('y')
      expectTrue(map.isEmpty() && state.entryCount === 0, 'an empty map is no entry')
    },
  },
  {
    name: 'reducing and aggregating state fold',
    run(backend) {
      const state = open(backend)
      const reduced = state.state('sum', sum) as ReducingState<number>
      const average = state.state('average', {
        kind: 'aggregating',
        createAccumulator: () => [0, 0],
        add: (value: number, [total, count]: [number, number]) => [total + value, count + 1],
        getResult: ([total, count]: [number, number]) => total / count,
      }) as ReducingState<number>
      setKey(state, 'a')
      expectEqual([reduced.get(), average.get()], [undefined, undefined], 'nothing before the first add')
      for (const value of [1, 2, 6]) {
        reduced.add(value)
        average.add(value)
      }
      expectEqual([reduced.get(), average.get()], [9, 3], 'the folded values')
    },
  },
  {
    name: 'a name has one handle and one kind',
    async run(backend) {
      const state = open(backend)
      const handle = state.state('count', valueState(0))
      expectTrue(state.state('count', valueState(0)) === handle, 'the same handle for the same name')
      const error = await expectFailure(() => state.state('count', { kind: 'list' }), ['STATE_NAME_DUPLICATE'])
      expectTrue(error.message.includes('count'), 'the message names the state')
    },
  },
  {
    name: 'stored values are frozen',
    needs: 'freeze',
    async run(backend) {
      const state = open(backend, { freeze: true })
      const value = state.state('user', valueState(undefined)) as ValueState<{ profile: { name: string } }>
      setKey(state, 'a')
      value.update({ profile: { name: 'x' } })
      let refused = false
      try {
        value.value().profile.name = 'y'
      } catch {
        refused = true
      }
      expectTrue(refused && value.value().profile.name === 'x', 'a change in place throws')
      const update = () => value.update({ profile: { name: (() => 'x') as never } })
      const error = await expectFailure(update, ['STATE_NOT_SERIALIZABLE'])
      expectTrue(error.message.includes('user → profile.name is a function'), `names state and path: ${error.message}`)
    },
  },
]

const timerCases: readonly Case[] = [
  {
    name: 'timers fire in order of time, once per key and time',
    run(backend) {
      const state = open(backend)
      const timers = state.timers('t')
      setKey(state, 'a')
      expectEqual([timers.add(20), timers.add(10), timers.add(20)], [true, true, false], 'added once')
      setKey(state, 'b')
      expectEqual(
        [timers.add(20), timers.add(30), timers.delete(30), timers.delete(30)],
        [true, true, true, false],
        'b',
      )
      expectEqual([timers.size, timers.next()], [3, 10], 'three, the first at 10')
      expectEqual(timers.poll(9), undefined, 'nothing is due at 9')
      const fired: unknown[] = []
      for (let time = timers.poll(20); time !== undefined; time = timers.poll(20)) fired.push([time, state.currentKey])
      expectEqual(
        fired,
        [
          [10, 'a'],
          [20, 'a'],
          [20, 'b'],
        ],
        'fired with their keys',
      )
      expectEqual([timers.size, timers.next()], [0, undefined], 'none left')
    },
  },
  {
    name: 'timers added and deleted at random fire like a sorted list',
    run(backend) {
      const random = new Random(7)
      const state = open(backend)
      const timers = state.timers('t')
      const expected = new Set<string>()
      for (let i = 0; i < 2_000; i++) {
        const key = random.int(0, 9)
        const time = random.int(0, 60)
        setKey(state, key)
        const name = `${time}/${key}`
        if (random.next() < 0.6) {
          expectEqual(timers.add(time), !expected.has(name), `add ${name}`)
          expected.add(name)
        } else {
          expectEqual(timers.delete(time), expected.has(name), `delete ${name}`)
          expected.delete(name)
        }
        expectEqual(timers.size, expected.size, 'size')
      }
      const fired: string[] = []
      for (let time = timers.poll(60); time !== undefined; time = timers.poll(60))
        fired.push(`${time}/${String(state.currentKey)}`)
      const times = fired.map((name) => Number.parseInt(name, 10))
      expectEqual(
        times,
        times.toSorted((a, b) => a - b),
        'in order of time',
      )
      expectEqual(fired.toSorted(), [...expected].sort(), 'all of them')
    },
  },
]

const snapshots: readonly Case[] = [
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

/**
 * The conformance cases of a keyed state backend, for any test runner.
 *
 * @example
 * for (const { name, skip, run } of stateBackendSuite(() => heapStateBackend, { freeze: true, concurrentSnapshots: true })) {
 *   it.skipIf(skip !== undefined)(name, run)
 * }
 */
export const stateBackendSuite = (
  make: () => StateBackend,
  capabilities: CapabilityManifest<StateBackendCapability>,
): readonly ConformanceCase[] => buildCases([...handles, ...timerCases, ...snapshots], capabilities, make)
