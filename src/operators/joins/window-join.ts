/**
 * Window joins and coGroup: two streams in the windows of one operator, whose elements say which stream they came on.
 *
 * Owns what is made of the elements of a window, and that assigner, trigger and evictor see plain records. Does not own windows
 * (`windows/`). Tests: test/operators/joins/window-join.test.ts.
 */
import { iterableOf } from '../iterable-results.ts'
import type { OperatorFactory } from '../operator.ts'
import { refusePromise } from '../refuse-promise.ts'
import { windowOperator } from '../windows/choose.ts'
import type { WindowDefinition, WindowProcessContext } from '../windows/definition.ts'
import { firesAtEnd } from '../windows/triggers.ts'
import type { Evictor, Trigger, Window, WindowAssigner } from '../windows/window.ts'

/** What was said of the windows. The types of both streams are in them. */
export type JoinWindows = Omit<WindowDefinition, 'computation' | 'inputs'>

/** Emits the results of one window from what both streams have brought of its key, either of which may be nothing. */
type WindowProcess = (
  first: readonly unknown[],
  second: readonly unknown[],
  ctx: WindowProcessContext<unknown, unknown>,
) => void

/** Any number of results of what both streams have brought of a key and a window. */
export type CoGroupFunction<A, B, K, Out> = (
  first: readonly A[],
  second: readonly B[],
  key: K,
  window: Window,
) => Iterable<Out>

/** The result of a pair. */
export type JoinFunction<A, B, K, Out> = (first: A, second: B, key: K, window: Window) => Out

/**
 * Calls a function with all records of a key and a window, of both streams. A throw fails the job with `USER_FUNCTION_FAILED`. Fails
 * with `ARGUMENT_INVALID` for windows whose parts do not go together.
 *
 * @example
 * const counts = coGroupOperator(windows, (orders, payments, key) => [{ key, orders: orders.length, payments: payments.length }])
 */
export const coGroupOperator = <A, B, K, Out>(
  windows: JoinWindows,
  fn: CoGroupFunction<A, B, K, Out>,
): OperatorFactory =>
  operatorOf('co-group', windows, (first, second, ctx) => {
    emitEach(fn(first as readonly A[], second as readonly B[], ctx.key as K, ctx.window), ctx)
  })

/**
 * Calls a function with every pair of records of a key and a window, one of each stream, and emits what it gives: an inner join. It
 * fails as `coGroupOperator` does.
 *
 * @example
 * const paid = windowJoinOperator(windows, (order, payment) => ({ ...order, paid: payment.cents }))
 */
export const windowJoinOperator = <A, B, K, Out>(
  windows: JoinWindows,
  fn: JoinFunction<A, B, K, Out>,
): OperatorFactory =>
  operatorOf('window-join', windows, (first, second, ctx) => {
    for (const one of first as readonly A[]) {
      for (const other of second as readonly B[]) {
        const result = fn(one, other, ctx.key as K, ctx.window)
        refusePromise(result, subject)
        ctx.emit(result)
      }
    }
  })

/**
 * The same with any number of results for each pair.
 *
 * @example
 * const paid = flatWindowJoinOperator(windows, (order, payment) => (payment.cents < order.cents ? [] : [order.id]))
 */
export const flatWindowJoinOperator = <A, B, K, Out>(
  windows: JoinWindows,
  fn: JoinFunction<A, B, K, Iterable<Out>>,
): OperatorFactory =>
  operatorOf('window-join', windows, (first, second, ctx) => {
    for (const one of first as readonly A[]) {
      for (const other of second as readonly B[]) emitEach(fn(one, other, ctx.key as K, ctx.window), ctx)
    }
  })

const subject = 'The apply function'

function emitEach(results: unknown, ctx: WindowProcessContext<unknown, unknown>): void {
  for (const result of iterableOf(results, subject)) ctx.emit(result)
}

const operatorOf = (kind: string, windows: JoinWindows, process: WindowProcess): OperatorFactory => ({
  ...windowOperator({
    assigner: assignerOf(windows.assigner),
    trigger: windows.trigger && triggerOf(windows.trigger, windows.assigner),
    evictor: windows.evictor && evictorOf(windows.evictor),
    allowedLatenessMs: windows.allowedLatenessMs,
    lateTag: windows.lateTag,
    secondLateTag: windows.secondLateTag,
    computation: { type: 'elements', process: { process: (elements, ctx) => process(...bySide(elements), ctx) } },
    inputs: 2,
  }),
  kind,
})

type Tagged = readonly [input: 0 | 1, record: unknown]

const recordOf = (element: unknown): unknown => (element as Tagged)[1]

function bySide(elements: readonly unknown[]): readonly [first: unknown[], second: unknown[]] {
  const sides: readonly [unknown[], unknown[]] = [[], []]
  for (const [input, record] of elements as readonly Tagged[]) sides[input].push(record)
  return sides
}

function assignerOf(assigner: WindowAssigner<unknown>): WindowAssigner<unknown> {
  const { description, timeDomain, merging, aligned, defaultTrigger } = assigner
  return {
    description,
    timeDomain,
    ...(merging !== undefined && { merging }),
    ...(aligned !== undefined && { aligned }),
    defaultTrigger: triggerOf(defaultTrigger, assigner),
    assign: (element, timestamp, context) => assigner.assign(recordOf(element), timestamp, context),
  }
}

/** The usual ones of windows look at no record, and are told by who they are. */
function triggerOf(trigger: Trigger<unknown>, { timeDomain }: WindowAssigner<unknown>): Trigger<unknown> {
  if (firesAtEnd(trigger, timeDomain)) return trigger
  const { description, state } = trigger
  return {
    description,
    ...(state !== undefined && { state }),
    onElement: (element, timestamp, window, ctx) => trigger.onElement(recordOf(element), timestamp, window, ctx),
    onEventTime: (timestamp, window, ctx) => trigger.onEventTime(timestamp, window, ctx),
    onProcessingTime: (timestamp, window, ctx) => trigger.onProcessingTime(timestamp, window, ctx),
    ...(trigger.onMerge && { onMerge: (window, merged, ctx) => trigger.onMerge?.(window, merged, ctx) }),
    clear: (window, ctx) => trigger.clear(window, ctx),
  }
}

type Evict = NonNullable<Evictor<unknown>['before']>

/** What stays is told by the objects that hold the records. */
function evictorOf(evictor: Evictor<unknown>): Evictor<unknown> {
  const { description } = evictor
  return {
    description,
    ...(evictor.before && { before: evicting((...given) => evictor.before!(...given)) }),
    ...(evictor.after && { after: evicting((...given) => evictor.after!(...given)) }),
  }
}

const evicting =
  (evict: Evict): Evict =>
  (elements, window, ctx) => {
    const records = elements.map(({ value, timestamp }) => ({ value: recordOf(value), timestamp }))
    const staying = new Set(iterableOf(evict(records, window, ctx), 'The function of the evictor'))
    return staying.size === elements.length ? elements : elements.filter((_, place) => staying.has(records[place]))
  }
