/**
 * The keyed-state contract, fourth part: what is restored becomes what is declared. States are chosen and renamed, versions
 * migrated, kinds changed where nothing is lost, and what cannot be is refused with a code.
 */
import type { ListState, ValueState } from '../backends/state-backend.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'
import { all, contents, type Descriptors, fill, plain, withStates, written } from './state-backend-states.ts'
import {
  open,
  type StateBackendCase,
  Subject,
  setKey,
  someKeys,
  sum,
  valueState,
  writeAll,
} from './state-backend-subject.ts'

const version = (of: number, migrate?: (old: never, version: number) => unknown): Descriptors =>
  all((kind) => ({ ...plain[kind], version: of, ...(migrate !== undefined && { migrate }) }))

export const evolutionCases: readonly StateBackendCase[] = [
  {
    name: 'a restore takes only the states that are chosen, under the names that are given',
    run(backend) {
      const state = open(backend)
      state.restore(written(backend), [
        { from: 'value', to: 'first' },
        { from: 'list', to: 'list' },
      ])
      setKey(state, 'a')
      expectEqual((state.state('first', plain.value) as ValueState<unknown>).value(), 1, 'the renamed state')
      expectEqual(
        [...(state.state('list', plain.list) as ListState<unknown>).get()],
        [2, 3],
        'the state that kept its name',
      )
      expectEqual(state.entryCount, 4, 'two states of two keys, and nothing else')
      expectEqual(
        ['first', 'list', 'value'].map((name) => state.entryCountOf(name)),
        [2, 2, 0],
        'of each state',
      )
      expectEqual(
        state.mark().states,
        [
          { name: 'first', kind: 'value' },
          { name: 'list', kind: 'list' },
        ],
        'as they are named now',
      )
    },
  },
  {
    name: 'a version is stored, and restored into the same version as it is',
    run(backend) {
      const states = version(2, () => 'not called')
      const bytes = written(backend, { states })
      const state = open(backend, { states })
      state.restore(bytes)
      expectEqual(contents(state, states), contents(withStates(backend, states), states), 'the same contents')
      const again = state.mark()
      expectEqual(
        again.states,
        Object.entries(states).map(([name, { kind }]) => ({ name, kind, version: 2 })),
        'in the manifest',
      )
      expectTrue(writeAll(again).equals(bytes), 'and the same bytes again')
    },
  },
  {
    name: 'an older version is migrated, value by value, and is of the new version then',
    run(backend) {
      const seen: unknown[] = []
      const states = version(3, (old: number, from) => {
        seen.push(from)
        return old * 10
      })
      const state = open(backend, { states })
      state.restore(written(backend, { states: version(1) }))
      const expected = [10, [20, 30], [['k', 40]], 50]
      expectEqual(contents(state, states), [expected, expected], 'migrated')
      expectEqual(seen, Array(10).fill(1), 'each value once, with the version that wrote it')
      const next = open(backend, { states })
      next.restore(writeAll(state.mark()))
      expectEqual(contents(next, states), [expected, expected], 'not migrated again')
    },
  },
  {
    name: 'kinds change where nothing is lost',
    run(backend) {
      const states: Descriptors = { value: sum, sum: plain.list }
      const state = open(backend, { states })
      state.restore(written(backend), [
        { from: 'value', to: 'value' },
        { from: 'sum', to: 'sum' },
      ])
      setKey(state, 2n)
      const reduced = state.state('value', sum) as ListState<number>
      reduced.add(7)
      expectEqual(reduced.get(), 8, 'a value that is reduced now')
      const list = state.state('sum', plain.list) as ListState<unknown>
      list.add(6)
      expectEqual([...list.get()], [5, 6], 'a list of one item, and more')
    },
  },
  {
    name: 'what cannot become what is declared is refused, and names the state',
    async run(backend) {
      const bytes = written(backend, { states: version(2) })
      const impossible: readonly (readonly [string, Descriptors])[] = [
        ['sum', { ...version(2), sum: { kind: 'map', version: 2 } }],
        ['value', { ...version(2), value: { ...plain.value, version: 3 } }],
        ['value', { ...version(2), value: { ...plain.value, version: 1 } }],
      ]
      for (const [name, states] of impossible) {
        const state = open(backend, { states })
        const error = await expectFailure(() => state.restore(bytes), ['RESTORE_STATE_INCOMPATIBLE'])
        expectTrue(error.message.includes(`"${name}"`), `names the state: ${error.message}`)
      }
      const undeclared = open(backend)
      undeclared.restore(bytes)
      await expectFailure(() => undeclared.state('value', plain.value), ['RESTORE_STATE_INCOMPATIBLE'])
    },
  },
  {
    name: 'a value that migrate or the schema refuses stops the restore, and names the key',
    async run(backend) {
      const bytes = written(backend)
      const refusing = version(1, () => {
        throw new Error('no')
      })
      const picky = {
        '~standard': { version: 1, vendor: 'suite', validate: () => ({ issues: [{ message: 'no' }] }) },
      } as const
      for (const states of [refusing, all((kind) => ({ ...plain[kind], schema: picky }))]) {
        const error = await expectFailure(
          () => open(backend, { states }).restore(bytes),
          ['RESTORE_STATE_INCOMPATIBLE'],
        )
        expectTrue(/key ("a"|2)/.test(error.message), `names the key: ${error.message}`)
      }
    },
  },
  {
    name: 'changes are migrated like what they are changes of',
    needs: 'incremental',
    run(backend) {
      const writer = open(backend, { incremental: true, states: version(1) })
      fill(writer, version(1), 'a')
      const first = writer.mark()
      const full = writeAll(first)
      writer.rebase({ since: first.version, oldest: first.version })
      fill(writer, version(1), 2n)
      setKey(writer, 'a')
      ;(writer.state('value', version(1).value!) as ValueState<unknown>).clear()
      const changes = writeAll(writer.mark())
      const states = version(2, (old: number) => -old)
      const state = open(backend, { states })
      for (const bytes of [full, changes]) state.restore(bytes)
      const rest = [[-2, -3], [['k', -4]], -5]
      expectEqual(
        contents(state, states),
        [
          ['none', ...rest],
          [-1, ...rest],
        ],
        'everything, and then the changes',
      )
    },
  },
  {
    name: 'timers stay what they are beside states that change',
    run(backend) {
      const subject = new Subject(open(backend))
      setKey(subject.state, someKeys[0]!)
      subject.value.update(1)
      subject.timers.add(7)
      const states: Descriptors = {
        timers: valueState(0),
        value: { ...plain.value, version: 1, migrate: (old) => old },
      }
      const state = open(backend, { states })
      state.restore(writeAll(subject.state.mark()))
      expectEqual(state.timers('timers').poll(10), 7, 'the timer, whatever state has its name')
    },
  },
]
