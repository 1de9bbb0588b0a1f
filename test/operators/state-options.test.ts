import { describe, expect, it } from 'vitest'
import type { StateDescriptor } from '../../src/backends/state-backend.ts'
import { limits } from '../../src/core/limits.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import {
  aggregatingState,
  descriptorsOf,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import { stateEvolution } from '../../src/operators/state-options.ts'
import { schemaHandled } from './schema-program.ts'

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const

describe('the options of a state', () => {
  it('are in the descriptor of every kind', () => {
    const ttl = { ms: 10, refresh: 'read-and-write' } as const
    const options = { version: 2, migrate: () => 1, schema, ttl }
    const states = descriptorsOf({
      value: valueState(0, options),
      list: listState<number>(options),
      map: mapState<string, number>(options),
      reducing: reducingState<number>(Math.max, options),
      aggregating: aggregatingState(
        { createAccumulator: () => 0, add: (value: number, sum: number) => sum + value, getResult: (sum) => sum },
        options,
      ),
    })
    for (const [kind, descriptor] of Object.entries(states) as [string, StateDescriptor][]) {
      expect(descriptor).toMatchObject({ kind, version: 2, schema, ttl })
      expect(descriptor.migrate!(0 as never, 1)).toBe(1)
    }
  })

  it('leave out what was left out', () => {
    expect(stateEvolution({})).toEqual({})
    expect(valueState(0).descriptor).toEqual({ kind: 'value', initial: 0 })
    expect(stateEvolution({ version: 0 })).toEqual({ version: 0 })
  })

  it('keep migrate in its object', () => {
    const options = {
      version: 1,
      factor: 100,
      migrate(old: unknown) {
        return (old as number) * this.factor
      },
    }
    const { factor: _, ...known } = options
    const migrate = stateEvolution({ ...known, migrate: options.migrate.bind(options) }).migrate!
    expect(migrate(3 as never, 0)).toBe(300)
  })

  it.each([
    [{ version: -1 }, '"version" of a state is -1: expected an integer from 0.'],
    [{ version: 1.5 }, '"version" of a state is 1.5: expected an integer from 0.'],
    [{ version: 1, migrate: 7 }, '"migrate" of a state is 7: expected a function.'],
    [{ migrate: () => 0 }, /"version" of a state is undefined: expected an integer from 1 beside migrate/],
    [{ schema: {} }, /"schema" of a state is a value of type object: expected a Standard Schema of version 1/],
    [{ schema: { '~standard': { version: 2, validate: () => ({}) } } }, /"schema" of a state/],
    [{ schema: null }, /"schema" of a state is null/],
    [{ versoin: 1 }, 'The options of a state have "versoin": expected only version, migrate, schema, ttl'],
    [{ ttl: { ms: 0 } }, '"ttl.ms" of a state is 0: expected milliseconds, an integer from 1 to'],
    [{ ttl: { ms: 1.5 } }, '"ttl.ms" of a state is 1.5'],
    [{ ttl: { ms: limits.ttlMsMax + 1 } }, '"ttl.ms" of a state is'],
    [{ ttl: {} }, '"ttl.ms" of a state is undefined'],
    [{ ttl: 1_000 }, 'The options of ttl are 1000: expected an object.'],
    [{ ttl: { ms: 1, seconds: 2 } }, 'The options of ttl have "seconds": expected only ms, refresh, expired.'],
    [{ ttl: { ms: 1, refresh: 'read' } }, '"ttl.refresh" of a state is read: expected "write" or "read-and-write".'],
    [
      { ttl: { ms: 1, expired: true } },
      '"ttl.expired" of a state is true: expected "hidden" or "visible-until-cleaned".',
    ],
    [7, 'The options of a state are 7: expected an object.'],
    [null, 'The options of a state are null: expected an object.'],
  ])('are refused when the program is built: %j', (options, message) => {
    expect(() => valueState(0, options as never)).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      }),
    )
  })

  it('take a schema that is a function, as some libraries make them', () => {
    const callable = Object.assign(() => true, schema)
    expect(stateEvolution({ schema: callable }).schema).toBe(callable)
  })

  it('are known of an operator before it runs', () => {
    const factory = keyedProcessOperator(schemaHandled(schema))
    expect(Object.keys(factory.states!)).toEqual(['value', 'list', 'map', 'reducing', 'aggregating'])
    expect(factory.timers).toEqual([])
  })
})
