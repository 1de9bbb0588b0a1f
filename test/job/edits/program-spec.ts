/**
 * A program as data, so that it can be drawn at random, edited, printed and built. Who an operator or a state *is* says its `key`,
 * which no edit changes and no program knows; what it is called may change.
 */
import type { OperatorStateMode } from '../../../src/core/operator-state.ts'
import type { StateKind } from '../../../src/core/state-handles.ts'

export interface StateSpec {
  readonly key: string
  readonly name: string
  readonly kind: StateKind
  readonly version: number
  /** Has it a time to live, longer than every run? */
  readonly ttl: boolean
  /** Does the declaration say how values of earlier versions become those of this one? */
  readonly migrates: boolean
  /** Does a mapping say where it was, when that was elsewhere? */
  readonly mapped: boolean
}

export interface ListSpec {
  readonly name: string
  readonly mode: OperatorStateMode
}

export interface KeyedBody {
  readonly type: 'keyed'
  readonly states: readonly StateSpec[]
  readonly timers: boolean
  readonly lists: readonly ListSpec[]
}

export type Body =
  | { readonly type: 'source'; readonly partitions: number; readonly divided: boolean }
  | { readonly type: 'sink'; readonly keeps: 'nothing' | 'divided' | 'whole' }
  | { readonly type: 'map' | 'filter' | 'flatMap' | 'split' | 'reduce' }
  | { readonly type: 'unkeyed'; readonly lists: readonly ListSpec[] }
  | KeyedBody

export interface InputSpec {
  readonly from: string
  readonly exchange: 'none' | 'rebalance' | 'broadcast'
  /** The side output, where `from` has one. */
  readonly side: boolean
}

export interface OperatorSpec {
  readonly key: string
  readonly body: Body
  /** One or, merged, several; none of a source. */
  readonly inputs: readonly InputSpec[]
  /** Makes a process function one of two inputs. */
  readonly second?: InputSpec | undefined
  readonly name: string
  readonly uid?: string | undefined
  readonly uidHash?: string | undefined
  readonly parallelism?: number | undefined
  readonly maxParallelism?: number | undefined
  readonly chain?: 'new' | 'alone' | undefined
  /** Does a mapping say who it was, when it had another name? */
  readonly mapped: boolean
}

export interface ProgramSpec {
  readonly parallelism: number
  readonly maxParallelism?: number | undefined
  readonly chaining: boolean
  /** Each behind those that feed it. */
  readonly operators: readonly OperatorSpec[]
}

export const inputsOf = ({ inputs, second }: OperatorSpec): readonly InputSpec[] =>
  second === undefined ? inputs : [...inputs, second]

export const isKeyed = ({ type }: Body): boolean => type === 'keyed' || type === 'reduce'

/** The states and lists that a body declares, none for those that declare nothing. */
export const statesOf = (body: Body): readonly StateSpec[] => (body.type === 'keyed' ? body.states : [])
export const listsOf = (body: Body): readonly ListSpec[] =>
  body.type === 'keyed' || body.type === 'unkeyed' ? body.lists : []

/** How a number is kept by a version of a state: each version has a form of its own. */
export const wrap = (version: number, n: number): unknown => (version === 0 ? n : { version, n })

export function unwrap(version: number, value: unknown): number {
  if (version === 0 && typeof value === 'number') return value
  const kept = value as { readonly version?: unknown; readonly n?: unknown } | null
  if (version > 0 && kept?.version === version && typeof kept.n === 'number') return kept.n
  throw new Error(`${JSON.stringify(value)} was not written by version ${version}`)
}
