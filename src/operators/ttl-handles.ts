/**
 * State with a time to live: around the handles of a backend, so that neither backends nor other state know of it. What is
 * stored is stamped with the time of its last use; each handle also cleans up under the current key.
 */
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  StateHandleOf,
  ValueState,
} from '../backends/state-backend.ts'
import { type Cleanable, TtlAggregatingState, TtlReducingState, TtlValueState } from './ttl-cells.ts'
import { TtlListState, TtlMapState } from './ttl-collections.ts'
import type { TtlRule } from './ttl-rule.ts'

/** What the backend keeps under a handle with a time to live: values that replace each other. */
export function stampedDescriptor(descriptor: StateDescriptor): StateDescriptor {
  switch (descriptor.kind) {
    case 'value':
      return { ...descriptor, initial: undefined }
    case 'reducing':
      return { ...descriptor, reduce: (_: never, next: never) => next }
    case 'aggregating':
      return { ...descriptor, createAccumulator: () => undefined, add: (next: never) => next, getResult: (all) => all }
    case 'list':
    case 'map':
      return descriptor
  }
}

/** `initial` is what an absent value reads as, for the kind `value`. */
export function ttlHandle(
  descriptor: StateDescriptor,
  inner: StateHandleOf,
  rule: TtlRule,
  initial: () => unknown,
): StateHandleOf & Cleanable {
  switch (descriptor.kind) {
    case 'value':
      return new TtlValueState(inner as ValueState<unknown>, rule, initial)
    case 'reducing':
      return new TtlReducingState(inner as ReducingState<unknown>, rule, descriptor.reduce)
    case 'aggregating':
      return new TtlAggregatingState(inner as AggregatingState<unknown, unknown>, rule, descriptor)
    case 'list':
      return new TtlListState(inner as ListState<unknown>, rule)
    case 'map':
      return new TtlMapState(inner as MapState<unknown, unknown>, rule)
  }
}
