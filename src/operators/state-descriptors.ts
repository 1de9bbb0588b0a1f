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
 *
 * @example
 * const state = { count: valueState(0) } // in a callback: ctx.state.count.update(ctx.state.count.value() + 1)
 */
export const valueState = <T>(initial: T): StateDeclaration<ValueState<T>> => ({
  descriptor: { kind: 'value', initial },
})

/**
 * Declares a list per key, empty at first.
 *
 * @example
 * const state = { seen: listState<string>() } // in a callback: ctx.state.seen.add('x')
 */
export const listState = <T>(): StateDeclaration<ListState<T>> => ({ descriptor: { kind: 'list' } })

/**
 * Declares a map per key, empty at first. Entries are stored one by one, so a large map costs what is touched.
 *
 * @example
 * const state = { byDay: mapState<string, number>() } // in a callback: ctx.state.byDay.put('monday', 1)
 */
export const mapState = <K, V>(): StateDeclaration<MapState<K, V>> => ({ descriptor: { kind: 'map' } })

/**
 * Declares a value per key into which `add` folds another one of the same type.
 *
 * @example
 * const state = { largest: reducingState<number>(Math.max) } // in a callback: ctx.state.largest.add(3)
 */
export const reducingState = <T>(reduce: (a: T, b: T) => T): StateDeclaration<ReducingState<T>> => ({
  descriptor: { kind: 'reducing', reduce },
})

export interface AggregateFunction<In, Acc, Out> {
  readonly createAccumulator: () => Acc
  /** Returns the next accumulator; the given one is immutable. */
  readonly add: (value: In, accumulator: Acc) => Acc
  readonly getResult: (accumulator: Acc) => Out
}

/**
 * Declares an accumulator per key into which `add` folds values of another type, and whose result `get` computes.
 *
 * @example
 * const mean = aggregatingState({
 *   createAccumulator: () => ({ sum: 0, n: 0 }),
 *   add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
 *   getResult: ({ sum, n }) => sum / n,
 * })
 */
export const aggregatingState = <In, Acc, Out>({
  createAccumulator,
  add,
  getResult,
}: AggregateFunction<In, Acc, Out>): StateDeclaration<AggregatingState<In, Out>> => ({
  descriptor: { kind: 'aggregating', createAccumulator, add, getResult },
})
