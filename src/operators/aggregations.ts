/**
 * The built-in ways to combine the records of a key, or of a window: sum, min, max, minBy, maxBy. Pure.
 *
 * Of a field they give records again: the first record with the field replaced (`sum`, `min`, `max`), as Flink does, or the
 * record that has the lowest or highest value (`minBy`, `maxBy`). Of a function they give its numbers.
 */
import { shortJson } from '../core/short-json.ts'
import { refusePromise } from './refuse-promise.ts'
import type { AggregateFunction } from './windows/window.ts'

export type Numeric = number | bigint

/** The fields of a record that are numbers, always there. */
export type NumericField<T> = { [Field in keyof T]-?: T[Field] extends Numeric ? Field : never }[keyof T] & string

/** A field, or a function of the record. */
export type NumberOf<T> = NumericField<T> | ((value: T) => Numeric)

/** The same, of records of any type. */
export type AnyNumberOf = string | ((value: never) => Numeric)

/** `number` for a number, also where the compiler knows which. */
export type Widened<N extends Numeric> = N extends number ? number : bigint

/** Among records with the same value `minBy` and `maxBy` give the first (default) or the last. */
export interface TieOptions {
  readonly onTie?: 'first' | 'last'
}

/** How to begin with a record, and to go on with the next one. */
export interface Fold {
  first(value: unknown): unknown
  next(result: unknown, value: unknown): unknown
}

export type Combination = 'sum' | 'min' | 'max'
export type Choice = 'minBy' | 'maxBy'

type Combine = (a: Numeric, b: Numeric) => Numeric

const combinations: Readonly<Record<Combination, Combine>> = {
  sum: (a, b) => (a as number) + (b as number),
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
}

/** Of a field: the first record, with the field combined. Of a function: what it gives, combined. */
export function combining(call: Combination, by: AnyNumberOf): Fold {
  const combine = combinations[call]
  const read = reader(call, by)
  if (typeof by === 'function') return { first: read, next: (a, b) => combine(a as Numeric, read(b)) }
  return {
    first(value) {
      read(value)
      return value
    },
    next(a, b) {
      const before = read(a)
      const now = combine(before, read(b))
      return now === before ? a : { ...(a as object), [by]: now }
    },
  }
}

/** The record with the lowest, or the highest, value. */
export function choosing(call: Choice, by: AnyNumberOf, { onTie = 'first' }: TieOptions = {}): Fold {
  const read = reader(call, by)
  const isBetter = call === 'minBy' ? (a: Numeric, b: Numeric) => b < a : (a: Numeric, b: Numeric) => b > a
  return {
    first(value) {
      read(value)
      return value
    },
    next(a, b) {
      const [best, one] = [read(a), read(b)]
      return isBetter(best, one) || (one === best && onTie === 'last') ? b : a
    },
  }
}

/** The same for a window, of a function: its numbers, combined. */
export function aggregating(
  call: Combination,
  by: (value: never) => Numeric,
): AggregateFunction<unknown, readonly Numeric[], Numeric> {
  const { first, next } = combining(call, by)
  const combine = combinations[call]
  return {
    createAccumulator: () => [],
    add: (value, [before]) => [(before === undefined ? first(value) : next(before, value)) as Numeric],
    getResult: ([result]) => result!,
    merge: (a, b) => (a.length === 0 ? b : b.length === 0 ? a : [combine(a[0]!, b[0]!)]),
  }
}

function reader(call: string, by: AnyNumberOf): (value: unknown) => Numeric {
  const isField = typeof by === 'string'
  const read = isField
    ? (value: unknown) => (value as Readonly<Record<string, unknown>> | undefined)?.[by]
    : (by as (value: unknown) => unknown)
  return (value) => {
    const found = read(value)
    if (typeof found === 'number' || typeof found === 'bigint') return found
    refusePromise(found, `The function of ${call}`)
    const of = isField ? `"${by}"` : 'its function'
    throw new TypeError(`${call} got ${shortJson(found)} from ${of} of ${shortJson(value)}: expected a number.`)
  }
}
