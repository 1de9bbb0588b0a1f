/**
 * What the callbacks of a process function see: the types of definitions and contexts, and the one context object that
 * an operator instance reuses for all of its calls.
 *
 * Owns the buffers of emitted records and the rule when what may be used: emitting only while a callback runs, keyed
 * state and timers only while a callback of one key runs. Does not own the loop over a batch (`callback-operator.ts`).
 */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { DividedState } from '../core/operator-state.ts'
import { CallbackTimers } from './callback-timers.ts'
import { EmitBuffer } from './emit-buffer.ts'
import { emittedTime } from './emitted-time.ts'
import { openStates } from './open-state.ts'
import type { OperatorContext } from './operator.ts'
import type {
  NoOperatorStates,
  OperatorStateDeclarations,
  OperatorStateHandles,
} from './operator-state-declarations.ts'
import { OperatorStates } from './operator-states.ts'
import type { OutputTag } from './output-tag.ts'
import { refusePromise } from './refuse-promise.ts'
import type { StateCleanup } from './state-cleanup.ts'
import { descriptorsOf, type StateDeclarations, type StateHandles } from './state-descriptors.ts'
import type { TimeDomain, TimerService } from './timer-service.ts'

export interface ProcessContext<Out, OperatorStates extends OperatorStateDeclarations = OperatorStateDeclarations> {
  /** State that belongs to no key but to this subtask. */
  readonly operatorState: OperatorStateHandles<OperatorStates>
  /**
   * Event time of the current record in milliseconds; undefined without timestamps. In the callback of an event-time timer its
   * time; undefined in that of a processing-time timer.
   */
  readonly timestamp: number | undefined
  /**
   * How far event time has come here, in milliseconds: no record of this time or earlier is expected. Minus infinity at first,
   * `endOfTime` when none is left to come.
   */
  readonly currentWatermark: number
  /** Which of the parallel instances of the operator this is, from 0. Another one after the parallelism has changed. */
  readonly subtaskIndex: number
  readonly parallelism: number
  /** Processing time in milliseconds. */
  now(): number
  /** A number in [0, 1) from the run's generator, so that a replayed run draws the same. */
  random(): number
  /** Emits a record, with the current record's timestamp unless another is given. Fails with `TIMESTAMP_MISSING` for one that is no time. */
  emit(value: Out, timestamp?: number): void
  /** Emits a record to a side output; it is dropped when nobody reads that tag. */
  sideOutput<T>(tag: OutputTag<T>, value: T): void
}

export interface Timers {
  /** Calls `timer` under the current key once this time has come; a second registration of the same time is one. */
  registerProcessingTime(atMs: number): void
  deleteProcessingTime(atMs: number): void
  /**
   * The same once the watermark has come to this time; at the next watermark, if it has already, and in the callback of a timer
   * still at this one. Dropped, with a warning, when the last watermark has come: a timer that registers the next one ends there.
   */
  registerEventTime(atMs: number): void
  deleteEventTime(atMs: number): void
}

export interface KeyedProcessContext<
  K,
  Out,
  States extends StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = OperatorStateDeclarations,
> extends ProcessContext<Out, OperatorStates> {
  readonly key: K
  readonly state: StateHandles<States>
  readonly timers: Timers
  /** Which kind of timer is calling; undefined outside the callback of a timer. */
  readonly timeDomain: TimeDomain | undefined
}

export interface ProcessDefinition<In, Out, OperatorStates extends OperatorStateDeclarations = NoOperatorStates> {
  readonly operatorState?: OperatorStates
  open?(ctx: ProcessContext<Out, OperatorStates>): void
  element(value: In, ctx: ProcessContext<Out, OperatorStates>): void
  /** No record follows. */
  endOfData?(ctx: ProcessContext<Out, OperatorStates>): void
}

export interface KeyedProcessDefinition<
  In,
  K,
  Out,
  States extends StateDeclarations = StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
> {
  readonly state?: States
  readonly operatorState?: OperatorStates
  /** Called once per instance, under no key: keyed state and timers are out of reach. */
  open?(ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  element(value: In, ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  /** Called under the key that registered the timer, never in the middle of another callback. */
  timer?(timestamp: number, ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  /**
   * No record follows. Called once for every key that has state, under that key: the place to emit a result that is only
   * final when the input has ended. A job that is stopped without draining does not come here.
   */
  endOfKey?(ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
  /** No record follows, and every key has heard of it. Called under no key. */
  endOfData?(ctx: KeyedProcessContext<K, Out, States, OperatorStates>): void
}

/** Nothing may be used between two calls; emitting is allowed in every call, state and timers only under a key. */
export const phases = { idle: 0, unkeyed: 1, keyed: 2 } as const

export class CallbackContext implements KeyedProcessContext<unknown, unknown, StateDeclarations> {
  phase: 0 | 1 | 2 = phases.idle
  key: unknown = undefined
  timestamp: number | undefined = undefined
  currentWatermark = Number.NEGATIVE_INFINITY
  timeDomain: TimeDomain | undefined = undefined
  /** May broadcast state be changed? */
  mayWrite = true
  readonly timers: Timers
  /** Of keyed state with a time to live. */
  readonly cleanup: StateCleanup | undefined
  readonly #context: OperatorContext
  readonly #handles: StateHandles<StateDeclarations>
  readonly #operatorStates: OperatorStates
  readonly #main: EmitBuffer
  readonly #sides = new Map<string, EmitBuffer>()
  /** The key that applyToKeyedState has come to, and its key group. */
  #applied: readonly [key: Key, keyGroup: number] | undefined

  constructor(
    context: OperatorContext,
    states: StateDeclarations,
    timers: TimerService | undefined,
    operatorStates: { readonly declared: OperatorStateDeclarations; readonly restored: DividedState | undefined },
  ) {
    this.#context = context
    this.#main = new EmitBuffer(context.output, context.batchRecords)
    const open = context.state && openStates(context.state, descriptorsOf(states), context)
    this.#handles = (open?.handles ?? {}) as StateHandles<StateDeclarations>
    this.cleanup = open?.cleanup
    this.timers = new CallbackTimers(context, timers, () => {
      if (this.phase !== phases.keyed) this.refuse('A timer')
    })
    const { declared, restored } = operatorStates
    this.#operatorStates = new OperatorStates(
      context,
      declared,
      restored,
      () => this.#checkRunning(),
      () => this.#checkWrite(),
    )
  }

  get state(): StateHandles<StateDeclarations> {
    if (this.phase !== phases.keyed) this.refuse('Keyed state')
    return this.#handles
  }

  get subtaskIndex(): number {
    return this.#context.subtaskIndex
  }

  get parallelism(): number {
    return this.#context.parallelism
  }

  get operatorState(): OperatorStateHandles<OperatorStateDeclarations> {
    this.#checkRunning()
    return this.#operatorStates.handles
  }

  get broadcastState(): OperatorStateHandles<OperatorStateDeclarations> {
    return this.operatorState
  }

  /** The state is that of each key, in turn, while `fn` is called. Only on the broadcast side, where there is no key. */
  applyToKeyedState(name: string, fn: (key: unknown, state: unknown) => unknown): void {
    const { state: backend } = this.#context
    if (backend === undefined) this.refuse('Keyed state')
    if (this.phase !== phases.unkeyed || !this.mayWrite) {
      this.#refuse(
        `Operator ${this.#label} used applyToKeyedState outside of broadcastElement: expected it there only.`,
      )
    }
    if (!Object.hasOwn(this.#handles, name)) {
      this.#refuse(`Operator ${this.#label} declares no state "${name}": expected the name of one of its keyed states.`)
    }
    this.cleanup?.runAll(this.#context.now())
    const outer = this.#applied
    for (const applied of backend.keys(name)) {
      this.#applied = applied
      backend.setCurrentKey(...applied)
      refusePromise(fn(applied[0], this.#handles[name]), 'The function given to applyToKeyedState')
    }
    this.#applied = outer
    if (outer !== undefined) backend.setCurrentKey(...outer)
  }

  /** The state that belongs to no key, for a snapshot. */
  snapshot(): DividedState | undefined {
    return this.#operatorStates.snapshot()
  }

  now(): number {
    return this.#context.now()
  }

  random(): number {
    return this.#context.random()
  }

  emit(value: unknown, timestamp?: number): void {
    if (this.phase === phases.idle) this.#refuseEmit()
    this.#main.push(value, timestamp === undefined ? this.timestamp : emittedTime(timestamp, this.#context))
  }

  sideOutput<T>(tag: OutputTag<T>, value: T): void {
    if (this.phase === phases.idle) this.#refuseEmit()
    let side = this.#sides.get(tag.name)
    if (side === undefined) {
      side = new EmitBuffer(this.#context.sideOutput(tag.name), this.#context.batchRecords)
      this.#sides.set(tag.name, side)
    }
    side.push(value, this.timestamp)
  }

  /** After a call, which left the phase idle: hands on what it emitted and forgets its record. */
  finish(): void {
    this.key = undefined
    this.timestamp = undefined
    this.#main.flush()
    if (this.#sides.size > 0) for (const side of this.#sides.values()) side.flush()
  }

  /** Tells whoever runs the job what the operator does. */
  warn(what: string): void {
    this.#context.log('warn', `Operator ${this.#label} ${what}`)
  }

  refuse(what: string): never {
    this.#refuse(
      this.#context.state === undefined
        ? `${what} of operator ${this.#label} was used, but its input is not keyed: call keyBy first.`
        : `${what} of operator ${this.#label} was used outside the callback of a key: expected a use inside ` +
            'element or timer, before it returns.',
    )
  }

  #checkRunning(): void {
    if (this.phase !== phases.idle) return
    this.#refuse(
      `Operator state of operator ${this.#label} was used outside of its callbacks: expected a use inside ` +
        'one of them, before it returns.',
    )
  }

  #checkWrite(): void {
    this.#checkRunning()
    if (this.mayWrite) return
    this.#refuse(
      `Operator ${this.#label} changed broadcast state in a callback that not every subtask has: expected changes in ` +
        'broadcastElement only, which all of them have for the same records.',
    )
  }

  get #label(): string {
    return operatorLabel(this.#context)
  }

  #refuse(sentence: string): never {
    throw new StreamError('STATE_ACCESS_INVALID', sentence, {
      restartable: true,
      details: { operator: this.#context.operatorName },
    })
  }

  #refuseEmit(): never {
    const label = operatorLabel(this.#context)
    throw new StreamError(
      'EMIT_INVALID',
      `Operator ${label} emitted a record after its callback had returned: expected emit before it returns.`,
      { restartable: true, details: { operator: this.#context.operatorName } },
    )
  }
}
