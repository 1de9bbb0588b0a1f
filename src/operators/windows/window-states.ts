/**
 * State of a key and a window: one map state of the key for each declared state, with the contents for each window.
 *
 * A value that a list or a map holds is replaced as a whole with every change, as state of windows is small. A time to live is
 * refused: a window ends by itself.
 */
import type {
  AggregatingState,
  KeyedStateBackend,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  StateHandleOf,
  ValueState,
} from '../../backends/state-backend.ts'
import { StreamError } from '../../core/errors.ts'
import type { StandardSchemaV1 } from '../../core/standard-schema.ts'
import { openStates, type StateOwner } from '../open-state.ts'
import { descriptorsOf, type StateDeclarations, type StateHandles } from '../state-descriptors.ts'

/** The window whose state the handles read and write. */
export interface WindowScope {
  name: string
}

/** The states of the key behind state of windows, under names with a prefix. Fails with `ARGUMENT_INVALID` for a time to live. */
export function windowStateDescriptors(
  prefix: string,
  states: StateDeclarations,
): Readonly<Record<string, StateDescriptor>> {
  const named = Object.entries(descriptorsOf(states)).map(([name, descriptor]) => {
    if (descriptor.ttl !== undefined) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `The state "${name}" of a window has a time to live: expected none, because it goes with its window.`,
      )
    }
    return [prefix + name, ofWindows(descriptor)] as const
  })
  return Object.fromEntries(named)
}

/** Handles of all states in `states`, of the window in `scope`. */
export function openWindowStates(
  prefix: string,
  states: StateDeclarations,
  {
    backend,
    owner,
    scope,
  }: { readonly backend: KeyedStateBackend; readonly owner: StateOwner; readonly scope: WindowScope },
): StateHandles<StateDeclarations> {
  const { handles } = openStates(backend, windowStateDescriptors(prefix, states), owner)
  const scoped = Object.entries(descriptorsOf(states)).map(([name, descriptor]) => {
    const all = handles[prefix + name] as MapState<string, unknown>
    return [name, scopedHandle(descriptor, all, scope)] as const
  })
  return Object.fromEntries(scoped)
}

/** The map state that holds, by window, what a state of this descriptor holds. */
function ofWindows({ kind, version, migrate, schema }: StateDescriptor): StateDescriptor {
  const change = migrate as ((old: unknown, version: number) => unknown) | undefined
  const each = kind === 'list' || kind === 'map'
  return {
    kind: 'map',
    ...(version !== undefined && { version }),
    ...(change !== undefined && {
      migrate: each ? (old: never, from: number) => mapped(old, (one) => change(one, from)) : change,
    }),
    ...(schema !== undefined && { schema: each ? schemaOfEach(schema) : schema }),
  }
}

/** A list or a map with other values. */
const mapped = (
  content: readonly unknown[] | ReadonlyMap<unknown, unknown>,
  change: (one: unknown) => unknown,
): unknown =>
  content instanceof Map
    ? new Map([...content].map(([key, value]) => [key, change(value)]))
    : (content as readonly unknown[]).map(change)

const schemaOfEach = (schema: StandardSchemaV1): StandardSchemaV1 => ({
  '~standard': {
    version: 1,
    vendor: schema['~standard'].vendor,
    validate(content) {
      for (const value of (content as Iterable<unknown> & { values(): Iterable<unknown> }).values()) {
        const result = schema['~standard'].validate(value)
        // Whoever asks refuses a promise.
        if (result instanceof Promise || result.issues !== undefined) return result
      }
      return { value: content }
    },
  },
})

function scopedHandle(descriptor: StateDescriptor, all: MapState<string, unknown>, scope: WindowScope): StateHandleOf {
  switch (descriptor.kind) {
    case 'value':
      return scopedValue(descriptor.initial, all, scope)
    case 'list':
      return scopedList(all as MapState<string, readonly unknown[]>, scope)
    case 'map':
      return scopedMap(all as MapState<string, ReadonlyMap<unknown, unknown>>, scope)
    case 'reducing':
      return scopedReducing(descriptor.reduce, all, scope)
    case 'aggregating':
      return scopedAggregating(descriptor, all, scope)
  }
}

const scopedValue = (initial: unknown, all: MapState<string, unknown>, scope: WindowScope): ValueState<unknown> => ({
  value() {
    const value = all.get(scope.name)
    // An initial value that is an object is frozen or, where it cannot be, copied.
    return value === undefined ? unshared(initial) : value
  },
  update: (value) => all.put(scope.name, value),
  clear: () => all.remove(scope.name),
})

const unshared = (initial: unknown): unknown =>
  typeof initial === 'object' && initial !== null ? structuredClone(initial) : initial

const none: readonly unknown[] = Object.freeze([])

const scopedList = (all: MapState<string, readonly unknown[]>, scope: WindowScope): ListState<unknown> => ({
  get: () => all.get(scope.name) ?? none,
  add: (value) => all.put(scope.name, [...(all.get(scope.name) ?? none), value]),
  addAll(values) {
    if (values.length > 0) all.put(scope.name, [...(all.get(scope.name) ?? none), ...values])
  },
  update(values) {
    if (values.length > 0) all.put(scope.name, [...values])
    else all.remove(scope.name)
  },
  clear: () => all.remove(scope.name),
})

const noEntries: ReadonlyMap<unknown, unknown> = new Map()

function scopedMap(
  all: MapState<string, ReadonlyMap<unknown, unknown>>,
  scope: WindowScope,
): MapState<unknown, unknown> {
  const now = () => all.get(scope.name) ?? noEntries
  return {
    get: (key) => now().get(key),
    has: (key) => now().has(key),
    put: (key, value) => all.put(scope.name, new Map(now()).set(key, value)),
    remove(key) {
      if (!now().has(key)) return
      const left = new Map(now())
      left.delete(key)
      if (left.size > 0) all.put(scope.name, left)
      else all.remove(scope.name)
    },
    entries: () => now().entries(),
    keys: () => now().keys(),
    values: () => now().values(),
    isEmpty: () => now().size === 0,
    clear: () => all.remove(scope.name),
  }
}

const scopedReducing = (
  reduce: (a: never, b: never) => unknown,
  all: MapState<string, unknown>,
  scope: WindowScope,
): ReducingState<unknown> => ({
  get: () => all.get(scope.name),
  add(value) {
    const before = all.get(scope.name)
    all.put(scope.name, before === undefined ? value : reduce(before as never, value as never))
  },
  clear: () => all.remove(scope.name),
})

const scopedAggregating = (
  { createAccumulator, add, getResult }: Extract<StateDescriptor, { kind: 'aggregating' }>,
  all: MapState<string, unknown>,
  scope: WindowScope,
): AggregatingState<unknown, unknown> => ({
  get() {
    const accumulator = all.get(scope.name)
    return accumulator === undefined ? undefined : getResult(accumulator as never)
  },
  add(value) {
    const before = all.get(scope.name) ?? createAccumulator()
    all.put(scope.name, add(value as never, before as never))
  },
  clear: () => all.remove(scope.name),
})
