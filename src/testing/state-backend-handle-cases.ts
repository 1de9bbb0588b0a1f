/** The keyed-state contract, first half: what an operator sees through its handles and timers. */
import type { ListState, MapState, ReducingState, ValueState } from '../backends/state-backend.ts'
import { Random } from '../core/random.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'
import { open, type StateBackendCase, setKey, someKeys, sum, valueState } from './state-backend-subject.ts'

export const handleCases: readonly StateBackendCase[] = [
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
    name: 'the keys with state, or with one state, come once each, also while it changes',
    run(backend) {
      const state = open(backend)
      const count = state.state('count', valueState(0)) as ValueState<unknown>
      const list = state.state('list', { kind: 'list' }) as ListState<unknown>
      for (const [index, key] of someKeys.entries()) {
        setKey(state, key)
        if (index % 2 === 0) count.update(index)
        if (index % 3 === 0) list.add(index)
      }
      const expected = (factor: number) =>
        someKeys
          .filter((_, index) => index % factor === 0)
          .map(String)
          .sort()
      const found = (name?: string) => [...state.keys(name)].map(([key]) => String(key)).sort()
      expectEqual([found('count'), found('list'), found('none')], [expected(2), expected(3), []], 'the keys of a state')
      expectEqual(found(), [...new Set([...expected(2), ...expected(3)])].sort(), 'the keys of any')
      for (const [key, keyGroup] of state.keys('count')) {
        state.setCurrentKey(key, keyGroup)
        count.clear()
        list.add('seen')
      }
      expectEqual([found('count'), found('list')], [[], found()], 'what was changed meanwhile')
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

export const timerCases: readonly StateBackendCase[] = [
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
