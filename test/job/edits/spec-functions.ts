/** The process functions of a spec: they put every record into every state and tell the witness what is in there now. */
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../../src/backends/state-backend.ts'
import type { Key } from '../../../src/core/key-groups.ts'
import type { OperatorStateMode } from '../../../src/core/operator-state.ts'
import type { KeyedProcessContext, ProcessContext } from '../../../src/operators/keyed-context.ts'
import {
  type BroadcastState,
  broadcastState,
  type OperatorListState,
  type OperatorStateDeclaration,
  type OperatorStateDeclarations,
  operatorListState,
  unionListState,
} from '../../../src/operators/operator-state-declarations.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclaration,
  type StateDeclarations,
  valueState,
} from '../../../src/operators/state-descriptors.ts'
import type { StateOptions } from '../../../src/operators/state-options.ts'
import { type KeyedBody, type ListSpec, type StateSpec, unwrap, wrap } from './program-spec.ts'
import type { Item } from './spec-endpoints.ts'
import type { Witness } from './witness.ts'

/** Long after every run. */
const timersFromMs = 1e12

type Keyed = KeyedProcessContext<Key, Item, StateDeclarations>
type Unkeyed = ProcessContext<Item>

function keyedParts(operator: string, { states, timers, lists }: KeyedBody, witness: Witness) {
  return {
    output: {} as Item,
    state: Object.fromEntries(states.map((state) => [state.name, declare(state)])),
    operatorState: declareLists(lists),
    ...(timers && { timer: () => {} }),
    open: (ctx: Unkeyed) => seeLists(operator, lists, ctx, witness),
    element(item: Item, ctx: Keyed) {
      for (const state of states) {
        witness.sawState(operator, state.name, ctx.key, put((ctx.state as Handles)[state.name], state, item.n))
      }
      if (timers) {
        ctx.timers.registerProcessingTime(timersFromMs + item.n)
        witness.sawTimer(operator, ctx.key, timersFromMs + item.n)
      }
      putLists(operator, lists, item, ctx, witness)
      ctx.emit(item)
    },
  }
}

type Handles = Readonly<Record<string, unknown>>

export const keyedFunction = keyedParts

export function coKeyedFunction(operator: string, body: KeyedBody, witness: Witness) {
  const { element, ...parts } = keyedParts(operator, body, witness)
  return { ...parts, element1: element, element2: element }
}

export const unkeyedFunction = (
  operator: string,
  { lists }: { readonly lists: readonly ListSpec[] },
  witness: Witness,
) => ({
  output: {} as Item,
  operatorState: declareLists(lists),
  open: (ctx: Unkeyed) => seeLists(operator, lists, ctx, witness),
  element(item: Item, ctx: Unkeyed) {
    putLists(operator, lists, item, ctx, witness)
    ctx.emit(item)
  },
})

function declare({ kind, version, migrates, ttl }: StateSpec): StateDeclaration<unknown> {
  const options: StateOptions<unknown> = {
    ...(version > 0 && { version }),
    ...(ttl && { ttl: { ms: 1e10 } }),
    ...(version > 0 && migrates && { migrate: (old, from) => wrap(version, unwrap(from, old)) }),
  }
  const add = (a: unknown, b: unknown) => wrap(version, unwrap(version, a) + unwrap(version, b))
  switch (kind) {
    case 'value':
      return valueState<unknown>(wrap(version, 0), options)
    case 'list':
      return listState<unknown>(options)
    case 'map':
      return mapState<string, unknown>(options)
    case 'reducing':
      return reducingState<unknown>(add, options)
    case 'aggregating':
      return aggregatingState({ createAccumulator: () => wrap(version, 0), add, getResult: (sum) => sum }, options)
  }
}

/** Puts a number into a state; gives what is in there now. */
function put(handle: unknown, { kind, version }: StateSpec, n: number): unknown {
  switch (kind) {
    case 'value': {
      const value = handle as ValueState<unknown>
      value.update(wrap(version, unwrap(version, value.value()) + n))
      return value.value()
    }
    case 'list': {
      const list = handle as ListState<unknown>
      list.add(wrap(version, n))
      return [...list.get()]
    }
    case 'map': {
      const map = handle as MapState<string, unknown>
      map.put(`entry ${n % 3}`, wrap(version, n))
      return new Map(map.entries())
    }
    default: {
      const sum = handle as ReducingState<unknown> & AggregatingState<unknown, unknown>
      sum.add(wrap(version, n))
      return sum.get()
    }
  }
}

const modes: Readonly<Record<OperatorStateMode, () => OperatorStateDeclaration<unknown>>> = {
  split: operatorListState,
  union: unionListState,
  broadcast: broadcastState,
}

const declareLists = (lists: readonly ListSpec[]): OperatorStateDeclarations =>
  Object.fromEntries(lists.map(({ name, mode }) => [name, modes[mode]()]))

function putLists(operator: string, lists: readonly ListSpec[], { n }: Item, ctx: Unkeyed, witness: Witness): void {
  for (const { name, mode } of lists) {
    const handle = (ctx.operatorState as Handles)[name]
    if (mode === 'broadcast') (handle as BroadcastState<string, number>).put(`entry ${n % 5}`, n)
    else (handle as OperatorListState<number>).add(n)
  }
  seeLists(operator, lists, ctx, witness)
}

function seeLists(operator: string, lists: readonly ListSpec[], ctx: Unkeyed, witness: Witness): void {
  for (const { name, mode } of lists) {
    const handle = (ctx.operatorState as Handles)[name]
    const items =
      mode === 'broadcast'
        ? [...(handle as BroadcastState<unknown, unknown>).entries()]
        : [...(handle as OperatorListState<unknown>).get()]
    witness.sawList(operator, name, ctx.subtaskIndex, items)
  }
}
