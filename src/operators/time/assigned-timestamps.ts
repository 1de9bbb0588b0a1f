/**
 * The loop that gives the records of a batch their timestamps: compiled for the operator alone, or, where that is not
 * allowed, shared by all of them. Both do the same.
 */
import { StreamError } from '../../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../../core/operator-label.ts'
import { ownCode } from '../own-code.ts'
import { refusePromise } from '../refuse-promise.ts'
import { noTimestamps } from '../require-timestamps.ts'
import type { TimestampAssigner } from './watermark-strategy.ts'

/** What a `Date` can hold. Nanoseconds, for one, are outside. */
export const timeMax = 8.64e15

/** Gives the position of the first record that gets no time; the length of `values` when there is none. */
export type AssignLoop = (
  assign: TimestampAssigner<unknown>,
  values: readonly unknown[],
  timestamps: readonly number[] | undefined,
  into: Assigned,
) => number

/** What the loop writes to. */
export interface Assigned {
  readonly times: number[]
  /** The highest of them; minus infinity without any. */
  latest: number
  /** What the assigner gave for a record that gets no time. */
  refused?: unknown
}

export const sharedLoop: AssignLoop = (assign, values, timestamps, into) => {
  const { times } = into
  let latest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const given = assign(values[i], timestamps === undefined ? undefined : timestamps[i])
    if (!(Number.isFinite(given) && given >= -timeMax && given <= timeMax)) {
      into.refused = given
      return i
    }
    const time = Math.floor(given)
    if (time > latest) latest = time
    times[i] = time
  }
  into.latest = latest
  return values.length
}

/** `owner` is different for different functions of a process: the loop is compiled once for each. */
export const assignLoop = (owner: string): AssignLoop =>
  (ownCode(owner, 'nothing', source)?.(undefined) as AssignLoop | undefined) ?? sharedLoop

/** The same as `sharedLoop`, as text. */
const source = `return (assign, values, timestamps, into) => {
  const { times } = into
  let latest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const given = assign(values[i], timestamps === undefined ? undefined : timestamps[i])
    if (!(Number.isFinite(given) && given >= -${timeMax} && given <= ${timeMax})) {
      into.refused = given
      return i
    }
    const time = Math.floor(given)
    if (time > latest) latest = time
    times[i] = time
  }
  into.latest = latest
  return values.length
}`

const kept: TimestampAssigner<unknown> = (_value, timestamp) => timestamp!

export class AssignedTimestamps {
  readonly #assigner: TimestampAssigner<unknown>
  readonly #loop: AssignLoop
  readonly #operator: NamedOperator

  /** Without an assigner records keep the timestamps that they have. */
  constructor(assigner: TimestampAssigner<unknown> | undefined, owner: string, operator: NamedOperator) {
    this.#assigner = assigner ?? kept
    this.#loop = assignLoop(owner)
    this.#operator = operator
  }

  /** Fails with `TIMESTAMP_MISSING` for a record that gets no time. */
  of(values: readonly unknown[], timestamps: readonly number[] | undefined): Assigned {
    const assigned: Assigned = { times: new Array(values.length), latest: Number.NEGATIVE_INFINITY }
    const end = this.#loop(this.#assigner, values, timestamps, assigned)
    if (end < values.length) throw this.#noTime(values[end], assigned.refused)
    return assigned
  }

  #noTime(value: unknown, given: unknown): StreamError {
    if (this.#assigner === kept && given === undefined) {
      return noTimestamps(this.#operator, 'a strategy with withTimestampAssigner, or a source that gives timestamps')
    }
    refusePromise(given, 'The timestamp assigner')
    const sentence =
      `Operator ${operatorLabel(this.#operator)} got the timestamp ${shown(given)} for the record ${shown(value)}: expected milliseconds since ` +
      `1970, from -${timeMax} to ${timeMax}.`
    const details = { operator: this.#operator.operatorName, uid: this.#operator.uid ?? null }
    return new StreamError('TIMESTAMP_MISSING', sentence, { details })
  }
}

/** Short enough for a message. */
function shown(value: unknown): string {
  const text = typeof value === 'object' ? asJson(value) : String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch {
    return 'that cannot be shown'
  }
}
