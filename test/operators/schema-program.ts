/** A process function that stores what it is told in a state of each kind, all with one schema. */
import type { StandardSchemaV1 } from '../../src/core/standard-schema.ts'
import type { KeyedProcessDefinition } from '../../src/operators/keyed-context.ts'
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
  readonly value?: unknown
}

const statesWith = (schema: StandardSchemaV1) => ({
  value: valueState<unknown>('none', { schema }),
  list: listState<unknown>({ schema }),
  map: mapState<unknown, unknown>({ schema }),
  reducing: reducingState<unknown>((a, b) => `${String(a)}${String(b)}`, { schema }),
  aggregating: aggregatingState(
    {
      createAccumulator: (): unknown => '',
      add: (value: unknown, all: unknown) => `${String(all)}${String(value)}`,
      getResult: (all) => all,
    },
    { schema },
  ),
})

type States = ReturnType<typeof statesWith>

export const schemaHandled = (schema: StandardSchemaV1): KeyedProcessDefinition<Command, string, unknown, States> => ({
  state: statesWith(schema),
  element({ call, value }, ctx) {
    const { state } = ctx
    const calls: Readonly<Record<string, () => void>> = {
      update: () => state.value.update(value),
      add: () => state.list.add(value),
      addAll: () => state.list.addAll([value, value]),
      replace: () => state.list.update([value]),
      put: () => state.map.put('k', value),
      reduce: () => state.reducing.add(value),
      aggregate: () => state.aggregating.add(value),
      drop: () => state.map.remove('k'),
      clear: () => {
        for (const handle of Object.values(state)) handle.clear()
      },
    }
    calls[call]?.()
    ctx.emit({
      value: state.value.value(),
      list: [...state.list.get()],
      map: [...state.map.entries()],
      ends: [
        state.map.get('k'),
        state.map.has('k'),
        state.map.isEmpty(),
        [...state.map.keys()],
        [...state.map.values()],
      ],
      reducing: state.reducing.get(),
      aggregating: state.aggregating.get(),
    })
  },
})
