/** The keyed-state contract, last part: values with a time to live, as a backend sees them: stamped, and noted in an index. */
import type {
  KeyedStateBackend,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  ValueState,
} from '../backends/state-backend.ts'
import type { Stamped } from '../backends/state-contents.ts'
import type { StateKind } from '../core/state-handles.ts'
import { expectEqual, expectFailure, expectTrue } from './conformance.ts'
import { all, contents, plain, written } from './state-backend-states.ts'
import { open, type StateBackendCase, setKey, writeAll } from './state-backend-subject.ts'

export const ttlCases: readonly StateBackendCase[] = [
  {
    name: 'values get a time to live at the restore, keep it, and lose it again',
    run(backend) {
      const expiring = all((kind) => ({ ...plain[kind], ttl: { ms: 160 } }))
      const state = open(backend, { states: expiring, now: () => 1_000 })
      state.restore(written(backend))
      expectEqual(stampsOf(state), [1_000, [1_000, 1_000], [1_000], 1_000], 'counted from the restore')
      const kept = open(backend, { states: expiring, now: () => 2_000 })
      const snapshot = state.mark()
      expectTrue(
        snapshot.states.every(({ ttl }) => ttl === true),
        'the manifest says so',
      )
      const bytes = writeAll(snapshot)
      kept.restore(bytes)
      expectEqual(stampsOf(kept), stampsOf(state), 'the times of their last use')
      const without = open(backend, { states: all((kind) => plain[kind]) })
      without.restore(bytes)
      const expected = [1, [2, 3], [['k', 4]], 5]
      expectEqual(
        contents(
          without,
          all((kind) => plain[kind]),
        ),
        [expected, expected],
        'as they were',
      )
    },
  },
  {
    name: 'a restore notes which keys expire, and when',
    run(backend) {
      const expiring = all((kind) => ({ ...plain[kind], ttl: { ms: 160 } }))
      const state = open(backend, { states: expiring, now: () => 1_000 })
      state.restore(written(backend))
      const later = open(backend, { states: expiring, now: () => 1_100 })
      later.restore(writeAll(state.mark()))
      for (const name of Object.keys(expiring)) {
        const index = later.expiries(name, 160)
        expectTrue(index === later.expiries(name, 160), 'one index for each state')
        expectEqual([index.size, index.next()], [2, 1_160], `the keys of ${name}`)
      }
      expectEqual(later.expiries('other', 160).size, 0, 'of a state that was not restored nothing')
    },
  },
  {
    name: 'contents without the times that they should have are damaged',
    async run(backend) {
      const writer = open(backend, { states: { value: { ...plain.value, ttl: { ms: 160 } } } })
      setKey(writer, 'a')
      ;(writer.state('value', { ...plain.value, ttl: { ms: 160 } }) as ValueState<unknown>).update('no time')
      const bytes = writeAll(writer.mark())
      for (const ttl of [{ ms: 160 }, undefined]) {
        const state = open(backend, { states: { value: { ...plain.value, ttl } } })
        await expectFailure(() => state.restore(bytes), ['STATE_FILE_DAMAGED'])
      }
    },
  },
]

/** When each value was used last, as it is stored. */
function stampsOf(state: KeyedStateBackend): unknown {
  setKey(state, 'a')
  const expiring = (kind: StateKind): StateDescriptor => ({ ...plain[kind], ttl: { ms: 160 } })
  const [value, sum] = [state.state('value', expiring('value')), state.state('sum', expiring('reducing'))]
  const [list, map] = [state.state('list', expiring('list')), state.state('map', expiring('map'))]
  return [
    ((value as ValueState<unknown>).value() as Stamped)[0],
    (list as ListState<Stamped>).get().map(([usedMs]) => usedMs),
    [...(map as MapState<unknown, Stamped>).values()].map(([usedMs]) => usedMs),
    ((sum as ReducingState<unknown>).get() as Stamped)[0],
  ]
}
