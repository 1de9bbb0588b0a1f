/**
 * Typed declarations of keyed state: what a program writes under `state:` and what its callbacks find in `ctx.state`.
 *
 * Owns the types only; the descriptors inside are plain data for a state backend, which makes the handles.
 */
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  ValueState,
} from '../backends/state-backend.ts'
import { type StateOptions, stateEvolution } from './state-options.ts'

declare const handle: unique symbol

/** One declared state. `Handle` is what callbacks get for it. */
export interface StateDeclaration<Handle> {
  readonly descriptor: StateDescriptor
  /** Only for the compiler. */
  readonly [handle]?: Handle
}

/** A record of declarations by state name. */
export type StateDeclarations = Readonly<Record<string, StateDeclaration<unknown>>>

/** The handles that belong to a record of declarations. */
export type StateHandles<States extends StateDeclarations> = {
  readonly [Name in keyof States]: States[Name] extends StateDeclaration<infer Handle> ? Handle : never
}

/**
 * Declares one value per key, `initial` until the first update. Values are immutable: update replaces them.
 *
 * All keys begin with the one object given here, so it is frozen, all the way down: changing it in place throws. A map,
 * a set, a date or bytes cannot be frozen; an initial value with one of them in it is copied each time it is read.
 * Fails with `ARGUMENT_INVALID` when an option is not what is expected.
 *
 * @example
 * const state = { count: valueState(0) } // in a callback: ctx.state.count.update(ctx.state.count.value() + 1)
 *
 * @example
 * const state = {
 *   total: valueState({ cents: 0 }, { version: 1, migrate: (old) => ({ cents: Math.round((old as number) * 100) }) }),
 * }
 */
export const valueState = <T>(initial: T, options: StateOptions<NoInfer<T>> = {}): StateDeclaration<ValueState<T>> => ({
  descriptor: { kind: 'value', initial, ...stateEvolution(options) },
})

/**
 * Declares a list per key, empty at first. Options are about its items. Fails with `ARGUMENT_INVALID` when one is not what is
 * expected.
 *
 * @example
 * const state = { seen: listState<string>() } // in a callback: ctx.state.seen.add('x')
 */
export const listState = <T>(options: StateOptions<T> = {}): StateDeclaration<ListState<T>> => ({
  descriptor: { kind: 'list', ...stateEvolution(options) },
})

/**
 * Declares a map per key, empty at first. Entries are stored one by one, so a large map costs what is touched.
 * Options are about the values of its entries. Fails with `ARGUMENT_INVALID` when one is not what is expected.
 *
 * @example
 * const state = { byDay: mapState<string, number>() } // in a callback: ctx.state.byDay.put('monday', 1)
 */
export const mapState = <K, V>(options: StateOptions<V> = {}): StateDeclaration<MapState<K, V>> => ({
  descriptor: { kind: 'map', ...stateEvolution(options) },
})

/**
 * Declares a value per key into which `add` folds another one of the same type. Fails with `ARGUMENT_INVALID` when an
 * option is not what is expected.
 *
 * @example
 * const state = { largest: reducingState<number>(Math.max) } // in a callback: ctx.state.largest.add(3)
 */
export const reducingState = <T>(
  reduce: (a: T, b: T) => T,
  options: StateOptions<NoInfer<T>> = {},
): StateDeclaration<ReducingState<T>> => ({
  descriptor: { kind: 'reducing', reduce, ...stateEvolution(options) },
})

export interface AggregateFunction<In, Acc, Out> {
  readonly createAccumulator: () => Acc
  /** Returns the next accumulator; the given one is immutable. */
  readonly add: (value: In, accumulator: Acc) => Acc
  readonly getResult: (accumulator: Acc) => Out
}

/**
 * Declares an accumulator per key into which `add` folds values of another type, and whose result `get` computes. Options are
 * about the accumulator. Fails with `ARGUMENT_INVALID` when one is not what is expected.
 *
 * @example
 * const mean = aggregatingState({
 *   createAccumulator: () => ({ sum: 0, n: 0 }),
 *   add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
 *   getResult: ({ sum, n }) => sum / n,
 * })
 */
export const aggregatingState = <In, Acc, Out>(
  { createAccumulator, add, getResult }: AggregateFunction<In, Acc, Out>,
  options: StateOptions<NoInfer<Acc>> = {},
): StateDeclaration<AggregatingState<In, Out>> => ({
  descriptor: { kind: 'aggregating', createAccumulator, add, getResult, ...stateEvolution(options) },
})

/** What a record of declarations says to a backend. */
export const descriptorsOf = (states: StateDeclarations): Readonly<Record<string, StateDescriptor>> =>
  Object.fromEntries(Object.entries(states).map(([name, { descriptor }]) => [name, descriptor]))
