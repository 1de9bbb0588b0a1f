import { describe, expectTypeOf, it } from 'vitest'
import type { ListState, MapState, ValueState } from '../../src/backends/state-backend.ts'
import type { StandardSchemaV1 } from '../../src/core/standard-schema.ts'
import {
  listState,
  mapState,
  reducingState,
  type StateDeclaration,
  valueState,
} from '../../src/operators/state-descriptors.ts'

interface Total {
  readonly cents: number
}

declare const totals: StandardSchemaV1<Total>
declare const texts: StandardSchemaV1<string>
/** What takes anything and makes a number of it. */
declare const coerced: StandardSchemaV1<unknown, number>

describe('the options of a state', () => {
  it('do not take part in what the type of its values is', () => {
    const state = valueState({ cents: 0 }, { version: 1, migrate: (old) => ({ cents: Number(old) }), schema: totals })
    expectTypeOf(state).toEqualTypeOf<StateDeclaration<ValueState<{ cents: number }>>>()
  })

  it('give the type of items and entries, where nothing else says it', () => {
    expectTypeOf(listState({ schema: texts })).toEqualTypeOf<StateDeclaration<ListState<string>>>()
    expectTypeOf(mapState<string, Total>({ schema: totals })).toEqualTypeOf<StateDeclaration<MapState<string, Total>>>()
  })

  it('take a migration from anything to the type of the values only', () => {
    valueState(0, {
      version: 1,
      migrate(old, version) {
        expectTypeOf(old).toBeUnknown()
        expectTypeOf(version).toBeNumber()
        return 1
      },
    })
    // @ts-expect-error a text is no number
    valueState(0, { version: 1, migrate: () => 'text' })
    // @ts-expect-error an item has no such shape
    listState<Total>({ version: 1, migrate: () => ({ euros: 1 }) })
  })

  it('take a schema only when what passes it is a value of the state', () => {
    valueState<Total | undefined>(undefined, { schema: totals })
    // @ts-expect-error a schema of texts lets no number pass
    valueState(0, { schema: texts })
    // @ts-expect-error what is given is stored, not what the schema would make of it
    reducingState<number>(Math.max, { schema: coerced })
  })

  it('take a time to live of known words', () => {
    valueState(0, { ttl: { ms: 1, refresh: 'read-and-write', expired: 'visible-until-cleaned' } })
    // @ts-expect-error no such word
    valueState(0, { ttl: { ms: 1, refresh: 'read' } })
    // @ts-expect-error how long?
    valueState(0, { ttl: {} })
  })
})
