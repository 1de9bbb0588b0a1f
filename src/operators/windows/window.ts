/**
 * The vocabulary of windows: what an assigner, a trigger and an evictor are. The ready-made ones are in
 * `assigners.ts`, `triggers.ts` and `evictors.ts`.
 *
 * All of them are plain data and pure functions of their arguments: they are shared by all subtasks and all keys, so what they
 * remember they keep in the state that their context gives them.
 */
import { maxWatermark } from '../../core/elements.ts'
import type { StateDeclarations, StateHandles } from '../state-descriptors.ts'

/**
 * The times from `start` (inclusive) to `end` (exclusive), in milliseconds. Two windows with the same bounds are the same. The
 * global window goes from minus infinity to infinity.
 */
export interface Window {
  readonly start: number
  readonly end: number
}

export const globalWindow: Window = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }

/** The last time inside a window, which its results have as their timestamp: of the global one, the last time of all. */
export const maxTimestampOf = ({ end }: Window): number => Math.min(end - 1, maxWatermark.timestamp)

/** What an assigner may use. */
export interface AssignerContext {
  /** Processing time in milliseconds. */
  readonly processingTime: number
}

/** Says in which windows a record is. */
export interface WindowAssigner<in T = never> {
  /** For messages and plans: `tumbling event-time windows of 10000 ms`. */
  readonly description: string
  readonly timeDomain: 'event-time' | 'processing-time'
  /**
   * `timestamp` is that of the record in event time; the processing time, in processing time. What it has returned once does not
   * change: the same array stands for the same windows.
   */
  assign(value: T, timestamp: number, context: AssignerContext): readonly Window[]
  /** Windows that overlap or touch are merged, as those of sessions are. */
  readonly merging?: boolean
  /** The windows are every `slide` milliseconds, `size` long, from `offset` on, and contain the same for every record. */
  readonly aligned?: { readonly size: number; readonly slide: number; readonly offset: number }
  readonly defaultTrigger: Trigger<T>
}

/** What becomes of a window: nothing, its result is given out, its contents are dropped, or both. */
export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fire-and-purge'

/** What a trigger may use, of one key and one window. */
export interface TriggerContext<States extends StateDeclarations = StateDeclarations> {
  readonly processingTime: number
  readonly currentWatermark: number
  /** Of the key and the window. `clear` must clear it. */
  readonly state: StateHandles<States>
  registerEventTime(atMs: number): void
  deleteEventTime(atMs: number): void
  registerProcessingTime(atMs: number): void
  deleteProcessingTime(atMs: number): void
}

/** The same while windows are merged. */
export interface TriggerMergeContext<States extends StateDeclarations = StateDeclarations>
  extends TriggerContext<States> {
  /** What the trigger remembers of one of the windows that are merged. */
  stateOf(merged: Window): StateHandles<States>
}

/** Decides when a window gives out its result. */
export interface Trigger<in T = never, States extends StateDeclarations = StateDeclarations> {
  readonly description: string
  /** What it remembers of a key and a window. */
  readonly state?: States
  onElement(value: T, timestamp: number, window: Window, ctx: TriggerContext<States>): TriggerResult
  onEventTime(timestamp: number, window: Window, ctx: TriggerContext<States>): TriggerResult
  onProcessingTime(timestamp: number, window: Window, ctx: TriggerContext<States>): TriggerResult
  /** `window` has come out of `merged`. Without it the trigger cannot be used with merging windows. */
  onMerge?(window: Window, merged: readonly Window[], ctx: TriggerMergeContext<States>): void
  /** The window is over, or has become part of another: removes timers and state. */
  clear(window: Window, ctx: TriggerContext<States>): void
}

export interface WindowElement<T> {
  readonly value: T
  readonly timestamp: number
}

export interface EvictorContext {
  readonly processingTime: number
  readonly currentWatermark: number
}

/** Takes elements out of a window before or after its function is called. What it takes is gone for good. */
export interface Evictor<in T = never> {
  readonly description: string
  /** Gives those that stay, in their order. */
  before?<E extends WindowElement<T>>(elements: readonly E[], window: Window, ctx: EvictorContext): readonly E[]
  after?<E extends WindowElement<T>>(elements: readonly E[], window: Window, ctx: EvictorContext): readonly E[]
}

/**
 * Combines records into one accumulator per window. No function may change its arguments: `add` and `merge` give a new accumulator.
 */
export interface AggregateFunction<In, Acc, Out> {
  createAccumulator(): Acc
  add(value: In, accumulator: Acc): Acc
  getResult(accumulator: Acc): Out
  /** Needed by merging windows; with it sliding windows share what they have in common. */
  merge?(a: Acc, b: Acc): Acc
  /** Of the shape of the accumulator, an integer from 0; 0 when left out. Raise it with every change of the shape. */
  readonly version?: number
  /** Makes an accumulator of this version from one that an earlier version of the program has stored. Must be pure. */
  migrate?(old: unknown, version: number): NoInfer<Acc>
}

/** What a window function may use. */
export interface WindowContext<
  K,
  WindowStates extends StateDeclarations = StateDeclarations,
  States extends StateDeclarations = StateDeclarations,
> {
  readonly key: K
  readonly window: Window
  readonly processingTime: number
  readonly currentWatermark: number
  /** Of the key and this window. `clear` must clear it. */
  readonly windowState: StateHandles<WindowStates>
  /** Of the key, for all windows. */
  readonly state: StateHandles<States>
}
