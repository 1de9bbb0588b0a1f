/**
 * The interval join: pairs each record of one keyed stream with those of another whose time is near its own.
 *
 * Owns the two buffers of a key, when their records are dropped, and what is late. A record waits until the watermark has
 * come to the last time at which a partner can come: a left one `upperMs` behind its own time, a right one `-lowerMs`. The loop
 * over batches, the timers and the snapshots are those of process functions (`callback-operator.ts`).
 *
 * INV-IJ-1 A key with a record in a buffer has a timer at the earliest time at which one of its records is to be dropped.
 * Tests: test/operators/joins/interval-join.test.ts.
 */
import type { ValueState } from '../../backends/state-backend.ts'
import { CallbackOperator, type Callbacks } from '../callback-operator.ts'
import type { CallbackContext } from '../keyed-context.ts'
import { LateRecords } from '../late-records.ts'
import type { OperatorFactory } from '../operator.ts'
import type { OutputTag } from '../output-tag.ts'
import { refusePromise } from '../refuse-promise.ts'
import { descriptorsOf, type StateHandles, valueState } from '../state-descriptors.ts'
import { timerNames } from '../timer-service.ts'
import { droppedUpTo, emptyBuffer, firstTime, inserted, type TimeBuffer, visitBetween } from './time-buffer.ts'

/** Which right records a left one is paired with: those from `lowerMs` to `upperMs` behind its own time. */
export interface JoinInterval {
  readonly lowerMs: number
  readonly upperMs: number
  readonly lowerExclusive: boolean
  readonly upperExclusive: boolean
  /** Where records go that are late; they are dropped without it. */
  readonly leftLate: OutputTag<unknown> | undefined
  readonly rightLate: OutputTag<unknown> | undefined
}

/** What the function of an interval join may use. It has no state of its own. */
export interface IntervalJoinContext<K, Out> {
  readonly key: K
  readonly leftTimestamp: number
  readonly rightTimestamp: number
  /** The later of the two, which what is emitted gets. */
  readonly timestamp: number
  emit(value: Out): void
  sideOutput<T>(tag: OutputTag<T>, value: T): void
}

export interface IntervalJoinDefinition<L, R, K, Out> {
  /** Called for each pair. */
  element(left: L, right: R, ctx: IntervalJoinContext<K, Out>): void
}

const state = { left: valueState(emptyBuffer), right: valueState(emptyBuffer) }
type Buffers = StateHandles<typeof state>

/**
 * Pairs the records of two keyed streams whose times are near each other. A throw of `element` fails the job with
 * `USER_FUNCTION_FAILED`, a record without timestamp with `TIMESTAMP_MISSING`.
 *
 * @example
 * const interval = { lowerMs: -1_000, upperMs: 0, lowerExclusive: false, upperExclusive: false, leftLate: undefined, rightLate: undefined }
 * const clicks = intervalJoinOperator(interval, { element: (ad: string, click: string, ctx) => ctx.emit(`${ad} ${click}`) })
 */
export const intervalJoinOperator = <L, R, K, Out>(
  interval: JoinInterval,
  definition: IntervalJoinDefinition<L, R, K, Out>,
): OperatorFactory => ({
  kind: 'interval-join',
  stateful: true,
  states: descriptorsOf(state),
  operatorStates: {},
  timers: timerNames,
  inputCount: 2,
  chaining: 'always',
  keyed: true,
  create: () => new CallbackOperator(callbacksOf(interval, definition as AnyDefinition), true),
})

type AnyDefinition = IntervalJoinDefinition<unknown, unknown, unknown, unknown>

/** One instance's own, as they share what they remember of a pair. */
function callbacksOf(interval: JoinInterval, definition: AnyDefinition): Callbacks {
  const { lowerMs, upperMs, leftLate, rightLate } = interval
  const pairs = new Pairs(interval, definition)
  const leftStaysMs = Math.max(upperMs, 0)
  const rightStaysMs = Math.max(-lowerMs, 0)
  let late: LateRecords | undefined
  const dueOf = (lefts: TimeBuffer, rights: TimeBuffer): number =>
    Math.min(firstTime(lefts) + leftStaysMs, firstTime(rights) + rightStaysMs)
  return {
    state,
    operatorState: {},
    timestamped: true,
    open(ctx) {
      late = new LateRecords(
        (what) => ctx.warn(what),
        'behind the watermark',
        'sideOutputLeftLateData and sideOutputRightLateData give them out',
      )
    },
    elements: [
      (value, ctx) => {
        if (isLate(ctx, value, leftLate, late)) return
        const timestamp = ctx.timestamp!
        const { left, right } = ctx.state as Buffers
        const lefts = left.value()
        const rights = right.value()
        const due = timestamp + leftStaysMs
        if (due < dueOf(lefts, rights)) ctx.timers.registerEventTime(due)
        left.update(inserted(lefts, [timestamp, value]))
        pairs.ofLeft(value, ctx, rights)
      },
      (value, ctx) => {
        if (isLate(ctx, value, rightLate, late)) return
        const timestamp = ctx.timestamp!
        const { left, right } = ctx.state as Buffers
        const lefts = left.value()
        const rights = right.value()
        const due = timestamp + rightStaysMs
        if (due < dueOf(lefts, rights)) ctx.timers.registerEventTime(due)
        right.update(inserted(rights, [timestamp, value]))
        pairs.ofRight(value, ctx, lefts)
      },
    ],
    timer(_timestamp, ctx) {
      const { left, right } = ctx.state as Buffers
      const lefts = dropUpTo(left, ctx.currentWatermark - leftStaysMs)
      const rights = dropUpTo(right, ctx.currentWatermark - rightStaysMs)
      const due = dueOf(lefts, rights)
      if (Number.isFinite(due)) ctx.timers.registerEventTime(due)
    },
    endOfKey: undefined,
    endOfData: undefined,
    lateRecordsDropped: () => late?.dropped ?? 0,
    close: () => late?.close(),
  }
}

/** A record of the watermark's own time is not, although partners that it could have may be gone. */
function isLate(
  ctx: CallbackContext,
  value: unknown,
  tag: OutputTag<unknown> | undefined,
  late: LateRecords | undefined,
): boolean {
  if (ctx.timestamp! >= ctx.currentWatermark) return false
  if (tag === undefined) late?.drop(ctx.timestamp!, ctx.currentWatermark)
  else ctx.sideOutput(tag, value)
  return true
}

/** What is left in the buffer. */
function dropUpTo(buffer: ValueState<TimeBuffer>, upTo: number): TimeBuffer {
  const before = buffer.value()
  const after = droppedUpTo(before, upTo)
  if (after.length === 0) buffer.clear()
  else if (after !== before) buffer.update(after)
  return after
}

/** The one context that is reused for all pairs, and the calls of the user's function. */
class Pairs implements IntervalJoinContext<unknown, unknown> {
  leftTimestamp = 0
  rightTimestamp = 0
  readonly #interval: JoinInterval
  readonly #definition: AnyDefinition
  #ctx!: CallbackContext
  /** The record whose partners are being visited. */
  #value: unknown
  readonly #withRight: (right: unknown, timestamp: number) => void
  readonly #withLeft: (left: unknown, timestamp: number) => void

  constructor(interval: JoinInterval, definition: AnyDefinition) {
    this.#interval = interval
    this.#definition = definition
    this.#withRight = (right, timestamp) => {
      this.rightTimestamp = timestamp
      this.#call(this.#value, right)
    }
    this.#withLeft = (left, timestamp) => {
      this.leftTimestamp = timestamp
      this.#call(left, this.#value)
    }
  }

  get key(): unknown {
    return this.#ctx.key
  }

  get timestamp(): number {
    return Math.max(this.leftTimestamp, this.rightTimestamp)
  }

  emit(value: unknown): void {
    this.#ctx.emit(value, this.timestamp)
  }

  sideOutput<T>(tag: OutputTag<T>, value: T): void {
    this.#ctx.timestamp = this.timestamp
    this.#ctx.sideOutput(tag, value)
  }

  ofLeft(left: unknown, ctx: CallbackContext, rights: TimeBuffer): void {
    const timestamp = this.#begin(left, ctx)
    this.leftTimestamp = timestamp
    visitBetween(rights, timestamp + this.#interval.lowerMs, timestamp + this.#interval.upperMs, this.#withRight)
  }

  ofRight(right: unknown, ctx: CallbackContext, lefts: TimeBuffer): void {
    const timestamp = this.#begin(right, ctx)
    this.rightTimestamp = timestamp
    visitBetween(lefts, timestamp - this.#interval.upperMs, timestamp - this.#interval.lowerMs, this.#withLeft)
  }

  #begin(value: unknown, ctx: CallbackContext): number {
    this.#ctx = ctx
    this.#value = value
    return ctx.timestamp!
  }

  #call(left: unknown, right: unknown): void {
    const { lowerMs, upperMs, lowerExclusive, upperExclusive } = this.#interval
    const distance = this.rightTimestamp - this.leftTimestamp
    if ((lowerExclusive && distance === lowerMs) || (upperExclusive && distance === upperMs)) return
    refusePromise(this.#definition.element(left, right, this), 'The element function')
  }
}
