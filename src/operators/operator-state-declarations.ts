/**
 * Typed declarations of state that belongs to no key: what a program writes under `operatorState:` and what its callbacks
 * find in `ctx.operatorState`.
 *
 * Owns the types only; the handles are in `operator-state-handles.ts`.
 */
import type { ListState, MapState } from '../backends/state-backend.ts'
import type { OperatorStateMode } from '../core/operator-state.ts'

declare const handle: unique symbol

/** One declared state. `Handle` is what callbacks get for it. */
export interface OperatorStateDeclaration<Handle> {
  readonly mode: OperatorStateMode
  /** Only for the compiler. */
  readonly [handle]?: Handle
}

/** A record of declarations by state name. */
export type OperatorStateDeclarations = Readonly<Record<string, OperatorStateDeclaration<unknown>>>

/** The handles that belong to a record of declarations. */
export type OperatorStateHandles<States extends OperatorStateDeclarations> = {
  readonly [Name in keyof States]: States[Name] extends OperatorStateDeclaration<infer Handle> ? Handle : never
}

/** No state declared: `ctx.operatorState` is empty. */
export type NoOperatorStates = Readonly<Record<never, never>>

/** The items of one subtask, in order. What `get` gives does not change any more. */
export type OperatorListState<T> = ListState<T>

/** A map of which every subtask has the same, as long as all of them make the same changes in the same order. */
export type BroadcastState<K, V> = MapState<K, V>

/**
 * Declares a list per subtask, empty at first. When the parallelism changes, the items of all subtasks are dealt out
 * again: each goes to one of them.
 *
 * @example
 * const operatorState = { waiting: operatorListState<string>() } // in a callback: ctx.operatorState.waiting.add('x')
 */
export const operatorListState = <T>(): OperatorStateDeclaration<OperatorListState<T>> => ({ mode: 'split' })

/**
 * Declares a list per subtask, empty at first. After a restore every subtask has the items of all of them, in order of the
 * subtasks: it must keep its own share (or one subtask all), or else they multiply.
 *
 * @example
 * const operatorState = { offsets: unionListState<{ partition: number; offset: number }>() }
 */
export const unionListState = <T>(): OperatorStateDeclaration<OperatorListState<T>> => ({ mode: 'union' })

/**
 * Declares a map of which every subtask keeps a copy, empty at first. Change it in the same way in every subtask, from
 * records that all of them get (a `broadcast()` input): after a restore a subtask has one of the copies, not always its own.
 *
 * @example
 * const operatorState = { rules: broadcastState<string, number>() } // in a callback: ctx.operatorState.rules.put('max', 5)
 */
export const broadcastState = <K, V>(): OperatorStateDeclaration<BroadcastState<K, V>> => ({ mode: 'broadcast' })
