/** States of each kind, as the cases about what is restored into what declare them, fill them and read them back. */
import type {
  KeyedStateBackend,
  KeyedStateBackendOptions,
  ListState,
  MapState,
  StateBackend,
  StateDescriptor,
  ValueState,
} from '../backends/state-backend.ts'
import type { StateKind } from '../core/state-handles.ts'
import { open, setKey, sum, valueState, writeAll } from './state-backend-subject.ts'

export type Descriptors = Readonly<Record<string, StateDescriptor>>

export const all = <T>(descriptor: (kind: StateKind) => T): Readonly<Record<string, T>> => ({
  value: descriptor('value'),
  list: descriptor('list'),
  map: descriptor('map'),
  sum: descriptor('reducing'),
})

export const plain: Readonly<Record<StateKind, StateDescriptor>> = {
  value: valueState('none'),
  list: { kind: 'list' },
  map: { kind: 'map' },
  reducing: sum,
  aggregating: { kind: 'aggregating', createAccumulator: () => 0, add: (value) => value, getResult: (all) => all },
}

/** A state of each kind under two keys, as a segment. */
export function written(backend: StateBackend, options: Partial<KeyedStateBackendOptions> = {}): Uint8Array {
  const state = open(backend, options)
  for (const key of ['a', 2n]) fill(state, options.states ?? all((kind) => plain[kind]), key)
  return writeAll(state.mark())
}

export function fill(state: KeyedStateBackend, states: Descriptors, key: string | bigint): void {
  setKey(state, key)
  ;(state.state('value', states.value!) as ValueState<unknown>).update(1)
  ;(state.state('list', states.list!) as ListState<unknown>).addAll([2, 3])
  ;(state.state('map', states.map!) as MapState<unknown, unknown>).put('k', 4)
  ;(state.state('sum', states.sum!) as ListState<unknown>).add(5)
}

export function contents(state: KeyedStateBackend, states: Descriptors): unknown {
  return ['a', 2n].map((key) => {
    setKey(state, key)
    return [
      (state.state('value', states.value!) as ValueState<unknown>).value(),
      [...(state.state('list', states.list!) as ListState<unknown>).get()],
      [...(state.state('map', states.map!) as MapState<unknown, unknown>).entries()],
      (state.state('sum', states.sum!) as ListState<unknown>).get(),
    ]
  })
}

/** A backend with a state of each kind under two keys. */
export function withStates(backend: StateBackend, states: Descriptors): KeyedStateBackend {
  const state = open(backend, { states })
  for (const key of ['a', 2n]) fill(state, states, key)
  return state
}
