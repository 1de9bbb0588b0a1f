/** The process functions with one input, and reduce. The loop is in `callback-operator.ts`, the types in `keyed-context.ts`. */
import type { KeyedStateBackend, ValueState } from '../backends/state-backend.ts'
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { assert, StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { Fold } from './aggregations.ts'
import { CallbackOperator, type Callbacks, keepsState } from './callback-operator.ts'
import type { KeyedProcessDefinition, ProcessDefinition } from './keyed-context.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from './operator.ts'
import type { NoOperatorStates, OperatorStateDeclarations } from './operator-state-declarations.ts'
import { refusePromise } from './refuse-promise.ts'
import { descriptorsOf, type StateDeclarations, valueState } from './state-descriptors.ts'
import { timerNames } from './timer-service.ts'

/**
 * Calls `element` for each record of a stream that is not keyed. A throw fails the job with `USER_FUNCTION_FAILED`.
 *
 * @example
 * const twice = processOperator({
 *   element(value: number, ctx) {
 *     ctx.emit(value)
 *     ctx.emit(value)
 *   },
 * })
 */
export function processOperator<In, Out, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>(
  definition: ProcessDefinition<In, Out, OperatorStates>,
): OperatorFactory {
  refuseKeyedParts('process', definition)
  const callbacks = callbacksOf(definition as unknown as KeyedProcessDefinition<unknown, unknown, unknown>)
  return {
    kind: 'process',
    stateful: keepsState(callbacks),
    operatorStates: callbacks.operatorState,
    inputCount: 1,
    chaining: 'always',
    keyed: false,
    create: () => new CallbackOperator(callbacks, false),
  }
}

/**
 * Calls `element` for each record of a keyed stream, with the state and timers of its key in `ctx`. A throw fails the
 * job with `USER_FUNCTION_FAILED`; state outside a callback with `STATE_ACCESS_INVALID`.
 *
 * @example
 * const count = keyedProcessOperator({
 *   state: { count: valueState(0) },
 *   element(word: string, ctx) {
 *     ctx.state.count.update(ctx.state.count.value() + 1)
 *     ctx.emit({ word, count: ctx.state.count.value() })
 *   },
 * })
 */
export function keyedProcessOperator<
  In,
  K,
  Out,
  States extends StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
>(definition: KeyedProcessDefinition<In, K, Out, States, OperatorStates>): OperatorFactory {
  const callbacks = callbacksOf(definition as unknown as KeyedProcessDefinition<unknown, unknown, unknown>)
  return {
    kind: 'keyed-process',
    stateful: keepsState(callbacks),
    operatorStates: callbacks.operatorState,
    ...declaredBy(callbacks),
    inputCount: 1,
    chaining: 'always',
    keyed: true,
    create: () => new CallbackOperator(callbacks, true),
  }
}

/** A definition's keyed parts on a stream that is not keyed: refused when the program is built, not when it runs. */
export function refuseKeyedParts(what: string, definition: object): void {
  for (const part of ['state', 'timer']) {
    if (!(part in definition)) continue
    throw new StreamError(
      'STATE_ACCESS_INVALID',
      `A ${what} function declares "${part}" but its input is not keyed: call keyBy first, or leave it out.${part === 'state' ? ' State that belongs to no key is declared as "operatorState".' : ''}`,
    )
  }
}

/** What the state of a snapshot is compared with. */
export const declaredBy = ({ state, timer }: Callbacks): Pick<OperatorFactory, 'states' | 'timers'> => ({
  states: descriptorsOf(state),
  timers: timer === undefined ? [] : timerNames,
})

const callbacksOf = (definition: KeyedProcessDefinition<unknown, unknown, unknown>): Callbacks => ({
  state: definition.state ?? {},
  operatorState: definition.operatorState ?? {},
  open: definition.open?.bind(definition),
  elements: [definition.element.bind(definition)],
  timer: definition.timer?.bind(definition),
  endOfKey: definition.endOfKey?.bind(definition),
  endOfData: definition.endOfData?.bind(definition),
})

const reduceState = 'reduce'
const reduced = valueState<unknown>(undefined)

class ReduceOperator implements Operator {
  readonly #fold: Fold
  #context!: OperatorContext
  #state!: KeyedStateBackend
  #reduced!: ValueState<unknown>

  constructor(fold: Fold) {
    this.#fold = fold
  }

  open(context: OperatorContext): void {
    assert(context.state !== undefined, `keyed operator ${context.operatorName} has a state backend`)
    this.#context = context
    this.#state = context.state
    this.#reduced = this.#state.state(reduceState, reduced.descriptor) as ValueState<unknown>
  }

  batch(_input: 0 | 1, { values, timestamps, keys, keyGroups }: RecordBatch): void {
    assert(keys !== undefined, `a batch for ${this.#context.operatorName} carries its keys`)
    const { first, next: fn } = this.#fold
    const state = this.#state
    const reduced = this.#reduced
    const results: unknown[] = new Array(values.length)
    let checked = false
    for (let i = 0; i < values.length; i++) {
      state.setCurrentKey(keys[i] as Key, keyGroups === undefined ? undefined : keyGroups[i])
      const previous = reduced.value()
      const next = previous === undefined ? first(values[i]) : fn(previous, values[i])
      if (!checked && previous !== undefined) {
        refusePromise(next, 'The reduce function')
        checked = true
      }
      if (next === undefined) this.#refuseUndefined()
      reduced.update(next)
      results[i] = next
    }
    this.#context.output.emit(recordBatch(results, timestamps))
  }

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return { state: undefined, keyed: this.#state.mark(), durable: undefined }
  }

  close(): void {}

  #refuseUndefined(): never {
    const { operatorName, uid } = this.#context
    throw new StreamError(
      'USER_FUNCTION_FAILED',
      `The reduce function of operator "${operatorName}" (${uid === undefined ? 'no uid' : `uid "${uid}"`}) gave ` +
        'undefined: expected a value, and no undefined records.',
      { restartable: true, details: { operator: operatorName, uid: uid ?? null } },
    )
  }
}

/**
 * Combines each record with the last result of its key and emits every result. `fn` must not change its arguments.
 * A throw fails the job with `USER_FUNCTION_FAILED`.
 *
 * @example
 * const totals = reduceOperator((a: number, b: number) => a + b)
 */
export const reduceOperator = <T>(fn: (a: T, b: T) => T): OperatorFactory =>
  foldOperator('reduce', { first: (value) => value, next: fn as (a: unknown, b: unknown) => unknown })

/**
 * The same with another beginning: what is made of the first record of a key. `kind` is how people call it.
 *
 * @example
 * const totals = foldOperator('sum', combining('sum', 'amount'))
 */
export const foldOperator = (kind: string, fold: Fold): OperatorFactory => ({
  kind,
  stateful: true,
  states: descriptorsOf({ [reduceState]: reduced }),
  timers: [],
  inputCount: 1,
  chaining: 'always',
  keyed: true,
  create: () => new ReduceOperator(fold),
})
