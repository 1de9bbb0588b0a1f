/** What the cases of the keyed-state suite work with: a backend with one state of each kind, its keys and its pieces. */
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
import type { Random } from '../core/random.ts'
import type { CaseDefinition } from './conformance.ts'

export type StateBackendCapability = 'freeze' | 'concurrentSnapshots' | 'incremental' | 'portable'

export type StateBackendCase = CaseDefinition<StateBackend, StateBackendCapability>

export const maxParallelism = 16
export const wholeRange: KeyGroupRange = { start: 0, end: maxParallelism - 1 }
export const valueState = (initial: unknown): StateDescriptor => ({ kind: 'value', initial })
export const sum: StateDescriptor = { kind: 'reducing', reduce: (a: number, b: number) => a + b }

export const open = (backend: StateBackend, options: Partial<KeyedStateBackendOptions> = {}): KeyedStateBackend =>
  backend.create({ range: wholeRange, maxParallelism, freeze: false, operatorName: 'suite', ...options })

export const setKey = (state: KeyedStateBackend, key: Key): void =>
  state.setCurrentKey(key, keyGroupOf(key, maxParallelism))

export const always = (): boolean => true
export const never = (): boolean => false

/** Writes a snapshot to its end in pieces, calling `between` after each. */
export function writeAll(
  snapshot: KeyedSnapshot,
  more: () => boolean = always,
  between: () => void = () => {},
): Buffer {
  const pieces: Uint8Array[] = []
  for (let piece = snapshot.write(more); piece !== undefined; piece = snapshot.write(more)) {
    pieces.push(Buffer.from(piece))
    between()
  }
  snapshot.release()
  return Buffer.concat(pieces)
}

export const restored = (backend: StateBackend, bytes: Uint8Array, range = wholeRange): KeyedStateBackend => {
  const state = open(backend, { range })
  if (bytes.length > 0) state.restore(bytes)
  return state
}

/** Everything that the random cases keep, read back key by key. */
export class Subject {
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

export const someKeys: readonly Key[] = ['a', 'b', '', 'c', 1, '1', 2n, true, null, 0.5, -7, 'ü']
