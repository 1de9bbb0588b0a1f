/**
 * State with a schema: everything that is stored is held against it first. Around the handles of a backend, so that state
 * without a schema pays nothing.
 *
 * A reducing or aggregating state stores what its functions make, so these are wrapped, not the handle alone.
 */
import type {
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  StateHandleOf,
  ValueState,
} from '../backends/state-backend.ts'

/** Returns the value, or throws what is wrong with it. */
export type ValueCheck = (value: unknown) => unknown

/** The descriptor whose functions check what they make. */
export function checkedDescriptor(descriptor: StateDescriptor, check: ValueCheck): StateDescriptor {
  if (descriptor.kind === 'reducing') {
    const { reduce } = descriptor
    return { ...descriptor, reduce: (a: never, b: never) => check(reduce(a, b)) }
  }
  if (descriptor.kind === 'aggregating') {
    const { add } = descriptor
    return { ...descriptor, add: (value: never, accumulator: never) => check(add(value, accumulator)) }
  }
  return descriptor
}

/** The handle that checks what it is given to store. */
export function checkedHandle(descriptor: StateDescriptor, handle: StateHandleOf, check: ValueCheck): StateHandleOf {
  switch (descriptor.kind) {
    case 'value':
      return checkedValue(handle as ValueState<unknown>, check)
    case 'list':
      return checkedList(handle as ListState<unknown>, check)
    case 'map':
      return checkedMap(handle as MapState<unknown, unknown>, check)
    case 'reducing':
      return checkedReducing(handle as ReducingState<unknown>, check)
    case 'aggregating':
      return handle
  }
}

const checkedValue = (inner: ValueState<unknown>, check: ValueCheck): ValueState<unknown> => ({
  value: () => inner.value(),
  update: (value) => inner.update(check(value)),
  clear: () => inner.clear(),
})

const checkedList = (inner: ListState<unknown>, check: ValueCheck): ListState<unknown> => ({
  get: () => inner.get(),
  add: (value) => inner.add(check(value)),
  addAll: (values) => inner.addAll(values.map(check)),
  update: (values) => inner.update(values.map(check)),
  clear: () => inner.clear(),
})

const checkedMap = (inner: MapState<unknown, unknown>, check: ValueCheck): MapState<unknown, unknown> => ({
  get: (key) => inner.get(key),
  has: (key) => inner.has(key),
  put: (key, value) => inner.put(key, check(value)),
  remove: (key) => inner.remove(key),
  entries: () => inner.entries(),
  keys: () => inner.keys(),
  values: () => inner.values(),
  isEmpty: () => inner.isEmpty(),
  clear: () => inner.clear(),
})

const checkedReducing = (inner: ReducingState<unknown>, check: ValueCheck): ReducingState<unknown> => ({
  get: () => inner.get(),
  add: (value) => inner.add(check(value)),
  clear: () => inner.clear(),
})
