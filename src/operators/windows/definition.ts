/**
 * A windowed operator as data: what `WindowedStream` and the window joins put together, and what the operators over it are
 * made of.
 */
import { maxWatermark } from '../../core/elements.ts'
import type { OutputTag } from '../output-tag.ts'
import type { StateDeclarations } from '../state-descriptors.ts'
import {
  type AggregateFunction,
  type Evictor,
  maxTimestampOf,
  type Trigger,
  type Window,
  type WindowAssigner,
  type WindowContext,
} from './window.ts'

/** What `process` may use beyond its window. */
export interface WindowProcessContext<
  K,
  Out,
  WindowStates extends StateDeclarations = StateDeclarations,
  States extends StateDeclarations = StateDeclarations,
> extends WindowContext<K, WindowStates, States> {
  /** Emits a result, with the last time of the window as its timestamp. */
  emit(value: Out): void
  sideOutput<T>(tag: OutputTag<T>, value: T): void
}

/** A window function: called whenever the trigger fires, with all elements of the window, or with the one aggregated value. */
export interface WindowFunction<
  In,
  K,
  Out,
  WindowStates extends StateDeclarations = StateDeclarations,
  States extends StateDeclarations = StateDeclarations,
> {
  /** Of a key and a window; `clear` must clear it. */
  readonly windowState?: WindowStates
  /** Of a key, for all windows. */
  readonly state?: States
  process(elements: In, ctx: WindowProcessContext<K, Out, WindowStates, States>): void
  /** The window is over. */
  clear?(ctx: WindowContext<K, WindowStates, States>): void
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

/** How the result of a window comes about. */
export type WindowComputation =
  /** One accumulator per window; its result is emitted, or given to `finish`. */
  | {
      readonly type: 'aggregate'
      readonly aggregate: AggregateFunction<unknown, unknown, unknown>
      readonly finish: WindowFunction<unknown, unknown, unknown> | undefined
    }
  /** Like an aggregate whose accumulator is a record, and the first one as it is. */
  | {
      readonly type: 'reduce'
      readonly reduce: (a: unknown, b: unknown) => unknown
      readonly finish: WindowFunction<unknown, unknown, unknown> | undefined
    }
  /** All elements are kept. */
  | { readonly type: 'elements'; readonly process: WindowFunction<readonly unknown[], unknown, unknown> }

export interface WindowDefinition {
  readonly assigner: WindowAssigner<unknown>
  /** In place of the assigner's own. */
  readonly trigger: Trigger<unknown> | undefined
  readonly evictor: Evictor<unknown> | undefined
  readonly allowedLatenessMs: number
  /** Where records go that are too late; they are dropped without it. */
  readonly lateTag: string | undefined
  /** The same for those of the second input, if there is one. */
  readonly secondLateTag?: string | undefined
  readonly computation: WindowComputation
  /** 2: an element is `[input, record]`, with the input that it came on, 0 or 1. */
  readonly inputs: 1 | 2
  /** The windows are of all records, whose one key is null. */
  readonly nonParallel?: boolean | undefined
}

/** What a plan says of it: `tumbling event-time windows of 10000 ms, count trigger of 3, aggregate`. */
export function describeWindows(definition: WindowDefinition): string {
  const { assigner, trigger, evictor, allowedLatenessMs, computation } = definition
  const lateness = allowedLatenessMs > 0 ? `${allowedLatenessMs} ms of allowed lateness` : undefined
  const parts = [assigner.description, trigger?.description, evictor?.description, lateness, computation.type]
  return parts.filter((part) => part !== undefined).join(', ')
}

/** The name of a window in keyed state. */
export const windowName = ({ start, end }: Window): string => `${start} ${end}`

/** The window that has this name. */
export function windowCalled(name: string): Window {
  const space = name.indexOf(' ')
  return { start: Number(name.slice(0, space)), end: Number(name.slice(space + 1)) }
}

/** When a window is forgotten, in the time of its assigner: late records count up to then. Infinite for the global one. */
export function cleanupTimeOf(window: Window, { assigner, allowedLatenessMs }: WindowDefinition): number {
  if (window.end === Number.POSITIVE_INFINITY) return window.end
  const last = maxTimestampOf(window)
  // The end of the input forgets every window, however long it waits for late records.
  return assigner.timeDomain === 'event-time' ? Math.min(last + allowedLatenessMs, maxWatermark.timestamp) : last
}
