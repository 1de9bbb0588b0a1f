/** A process function with a state of each kind and a time to live, which does what it is told, and tells what it sees. */
import type { TtlOptions } from '../../src/backends/state-backend.ts'
import type { KeyedProcessDefinition } from '../../src/operators/keyed-context.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/operators/state-descriptors.ts'

export interface Command {
  readonly key: string
  readonly call: string
  readonly item?: number
  readonly entry?: number
}

const statesWith = (ttl: TtlOptions) => ({
  value: valueState(-1, { ttl }),
  list: listState<number>({ ttl }),
  map: mapState<number, number>({ ttl }),
  sum: reducingState<number>((a, b) => a + b, { ttl }),
  count: aggregatingState(
    { createAccumulator: () => ({ n: 0 }), add: (_: number, { n }) => ({ n: n + 1 }), getResult: ({ n }) => `${n}` },
    { ttl },
  ),
  plain: valueState(0),
})

type States = ReturnType<typeof statesWith>

/** Emits what a reading call saw, and, at the end, each key that is left. */
const definition = (ttl: TtlOptions): KeyedProcessDefinition<Command, string, unknown, States> => ({
  state: statesWith(ttl),
  element({ call, item = 0, entry = 0 }, ctx) {
    const { value, list, map, sum, count, plain } = ctx.state
    const calls: Readonly<Record<string, () => unknown>> = {
      'value.read': () => value.value(),
      'value.write': () => value.update(item),
      'value.clear': () => value.clear(),
      'list.read': () => [...list.get()],
      'list.add': () => list.add(item),
      'list.addAll': () => list.addAll([item, item + 1]),
      'list.update': () => list.update(item === 0 ? [] : [item]),
      'list.clear': () => list.clear(),
      'map.read': () => map.get(entry),
      'map.has': () => map.has(entry),
      'map.entries': () => [...map.entries()].sort(([a], [b]) => a - b),
      'map.keys': () => [...map.keys()].sort(),
      'map.values': () => [...map.values()].sort(),
      'map.isEmpty': () => map.isEmpty(),
      'map.put': () => map.put(entry, item),
      'map.remove': () => map.remove(entry),
      'map.clear': () => map.clear(),
      'sum.read': () => sum.get(),
      'sum.add': () => sum.add(item),
      'sum.clear': () => sum.clear(),
      'count.read': () => count.get(),
      'count.add': () => count.add(item),
      'count.clear': () => count.clear(),
      'plain.write': () => plain.update(item),
    }
    ctx.emit(calls[call]!())
  },
  endOfKey: (ctx) => ctx.emit(`end of ${ctx.key}`),
})

export const ttlOperator = (ttl: TtlOptions) => keyedProcessOperator(definition(ttl))
