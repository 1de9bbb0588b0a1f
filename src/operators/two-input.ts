/** The process functions with two inputs, and coMap and coFlatMap over them. The loop is in `callback-operator.ts`. */
import { CallbackOperator, type Callbacks, keepsState } from './callback-operator.ts'
import { iterableOf } from './iterable-results.ts'
import type { KeyedProcessContext, ProcessContext } from './keyed-context.ts'
import type { OperatorFactory } from './operator.ts'
import type { NoOperatorStates, OperatorStateDeclarations } from './operator-state-declarations.ts'
import { declaredBy, refuseKeyedParts } from './process.ts'
import { refusePromise } from './refuse-promise.ts'
import type { StateDeclarations } from './state-descriptors.ts'

export interface CoProcessDefinition<
  In1,
  In2,
  Out,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
> {
  readonly operatorState?: OperatorStates
  open?(ctx: ProcessContext<Out, OperatorStates>): void
  element1(value: In1, ctx: ProcessContext<Out, OperatorStates>): void
  element2(value: In2, ctx: ProcessContext<Out, OperatorStates>): void
  /** Neither input has records left. */
  endOfData?(ctx: ProcessContext<Out, OperatorStates>): void
}

/** Both inputs are keyed by the same kind of key, and share the state of a key. */
export interface KeyedCoProcessDefinition<
  In1,
  In2,
  K,
  Out,
  States extends StateDeclarations = StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
> {
  readonly state?: States
  readonly operatorState?: OperatorStates
  open?(ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  element1(value: In1, ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  element2(value: In2, ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  timer?(timestamp: number, ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  endOfData?(ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
}

/**
 * Calls `element1` or `element2` for each record of two connected streams. A throw fails the job with
 * `USER_FUNCTION_FAILED`.
 *
 * @example
 * const merged = coProcessOperator({
 *   element1: (order: { id: string }, ctx) => ctx.emit(order.id),
 *   element2: (payment: { order: string }, ctx) => ctx.emit(payment.order),
 * })
 */
export function coProcessOperator<In1, In2, Out, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>(
  definition: CoProcessDefinition<In1, In2, Out, OperatorStates>,
): OperatorFactory {
  refuseKeyedParts('co-process', definition)
  return coOperator('co-process', false, definition as unknown as AnyDefinition)
}

/**
 * Calls `element1` or `element2` for each record of two connected keyed streams, which share the state of a key. A
 * throw fails the job with `USER_FUNCTION_FAILED`; state outside a callback with `STATE_ACCESS_INVALID`.
 *
 * @example
 * const paid = keyedCoProcessOperator({
 *   state: { total: valueState(0) },
 *   element1: (order: { total: number }, ctx) => ctx.state.total.update(order.total),
 *   element2: (payment: { sum: number }, ctx) => ctx.emit(payment.sum >= ctx.state.total.value()),
 * })
 */
export const keyedCoProcessOperator = <
  In1,
  In2,
  K,
  Out,
  States extends StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
>(
  definition: KeyedCoProcessDefinition<In1, In2, K, Out, States, OperatorStates>,
): OperatorFactory => coOperator('keyed-co-process', true, definition as unknown as AnyDefinition)

/**
 * One record out for each record in, with one function per input.
 *
 * @example
 * const texts = coMapOperator((n: number) => `n${n}`, (s: string) => s)
 */
export const coMapOperator = <In1, In2, Out>(map1: (value: In1) => Out, map2: (value: In2) => Out): OperatorFactory =>
  coOperator('co-map', false, {
    element1: (value, ctx) => emitMapped(map1(value as In1), ctx),
    element2: (value, ctx) => emitMapped(map2(value as In2), ctx),
  })

/**
 * Any number of records out for each record in, with one function per input.
 *
 * @example
 * const words = coFlatMapOperator((line: string) => line.split(' '), (words: string[]) => words)
 */
export const coFlatMapOperator = <In1, In2, Out>(
  flatMap1: (value: In1) => Iterable<Out>,
  flatMap2: (value: In2) => Iterable<Out>,
): OperatorFactory =>
  coOperator('co-flat-map', false, {
    element1(value, ctx) {
      emitEach(flatMap1(value as In1), ctx)
    },
    element2(value, ctx) {
      emitEach(flatMap2(value as In2), ctx)
    },
  })

function emitMapped(result: unknown, ctx: ProcessContext<unknown>): void {
  refusePromise(result, 'The map function')
  ctx.emit(result)
}

function emitEach(results: unknown, ctx: ProcessContext<unknown>): void {
  for (const result of iterableOf(results, 'The flatMap function')) ctx.emit(result)
}

type AnyDefinition = KeyedCoProcessDefinition<unknown, unknown, unknown, unknown>

function coOperator(kind: string, keyed: boolean, definition: AnyDefinition): OperatorFactory {
  const callbacks: Callbacks = {
    state: definition.state ?? {},
    operatorState: definition.operatorState ?? {},
    open: definition.open?.bind(definition),
    elements: [definition.element1.bind(definition), definition.element2.bind(definition)],
    timer: definition.timer?.bind(definition),
    endOfKey: undefined,
    endOfData: definition.endOfData?.bind(definition),
  }
  return {
    kind,
    stateful: keepsState(callbacks),
    operatorStates: callbacks.operatorState,
    ...(keyed && declaredBy(callbacks)),
    inputCount: 2,
    chaining: 'always',
    keyed,
    create: () => new CallbackOperator(callbacks, keyed),
  }
}
