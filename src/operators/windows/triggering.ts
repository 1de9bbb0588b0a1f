/**
 * When windows fire: by the trigger of the assigner, which needs no more than the bounds of a window, or by any trigger, with the
 * timers and the state that it asks for.
 *
 * Owns the timers of the operator, also those at which a window is forgotten. Does not own what a window contains.
 */
import type { KeyedStateBackend, StateDescriptor } from '../../backends/state-backend.ts'
import { StreamError } from '../../core/errors.ts'
import { operatorLabel } from '../../core/operator-label.ts'
import { shortJson } from '../../core/short-json.ts'
import { timerDropped } from '../callback-timers.ts'
import type { StateOwner } from '../open-state.ts'
import type { OperatorContext } from '../operator.ts'
import { refusePromise } from '../refuse-promise.ts'
import type { StateDeclarations, StateHandles } from '../state-descriptors.ts'
import type { TimeDomain, TimerService } from '../timer-service.ts'
import { cleanupTimeOf, type WindowDefinition, windowCalled, windowName } from './definition.ts'
import { firesAtEnd } from './triggers.ts'
import { maxTimestampOf, type Trigger, type TriggerMergeContext, type TriggerResult, type Window } from './window.ts'
import { openWindowStates, type WindowScope, windowStateDescriptors } from './window-states.ts'
import { askedFor, setTimer, WindowTimers, windowTimerDescriptors } from './window-timers.ts'

/** The windows of the current key that have contents. */
export interface OpenWindows {
  all(): readonly Window[]
  has(window: Window): boolean
  /**
   * Those that a timer may have been set for whose triggering goes by their bounds: the time is the last one of the window, or
   * inside it when windows grow, or it is over by then. Does not look at all of them.
   */
  at(time: number): readonly Window[]
}

/** All of it is about the current key. `name` is that of the window; without `named` it does not matter, since making one takes time. */
export interface Triggering {
  readonly named: boolean
  /** The window has contents, and had none before. */
  opened(window: Window, name: string): void
  element(value: unknown, timestamp: number, window: Window, name: string): TriggerResult
  /** The windows that a timer is for. */
  due(timer: number, domain: TimeDomain, open: OpenWindows): readonly Window[]
  /** For each of these windows, what becomes of it. */
  timer(timer: number, domain: TimeDomain, window: Window, name: string): TriggerResult
  /** Behind `timer`: is the window over? If not, it will be heard of again. */
  over(timer: number, domain: TimeDomain, window: Window, name: string): boolean
  /** `window` has come out of others, one or several, of which the last one ends at `lastEnd`. Only with `named` are they given. */
  merged(window: Window, lastEnd: number, others: readonly Window[]): void
  clear(window: Window, name: string): void
  /** May windows have been opened by a program with other timers? Asked behind a restore. */
  readonly adopts: boolean
  /** Sets what timers these windows lack, which are all that the key has. None that is over by now: it has a timer still. */
  adopt(open: readonly Window[]): void
}

export interface TriggeringOptions {
  readonly definition: WindowDefinition
  readonly timers: TimerService
  readonly backend: KeyedStateBackend
  readonly owner: TriggeringOwner
}

/** Also told what becomes of timers. */
type TriggeringOwner = StateOwner & Pick<OperatorContext, 'log'>

export const triggerOf = ({ trigger, assigner }: WindowDefinition): Trigger<unknown> =>
  trigger ?? (assigner.defaultTrigger as Trigger<unknown>)

/**
 * Do the bounds of windows say all of when they fire, and can the windows that wait for a time be told by it? Else it is noted for
 * each time which ones do.
 */
const byBounds = (definition: WindowDefinition): boolean => {
  const { aligned, merging, timeDomain } = definition.assigner
  const told = aligned !== undefined && aligned.size === aligned.slide && definition.allowedLatenessMs === 0
  return (told || merging === true) && firesAtEnd(triggerOf(definition), timeDomain)
}

const isSame = (a: Window, b: Window): boolean => a.start === b.start && a.end === b.end

const triggerStatePrefix = 'trigger:'

/** The keyed states that are needed for it, with this definition or when another trigger or lateness has been used before. */
export const triggeringDescriptors = (definition: WindowDefinition): Readonly<Record<string, StateDescriptor>> => ({
  ...windowTimerDescriptors,
  ...windowStateDescriptors(triggerStatePrefix, triggerOf(definition).state ?? {}),
})

export const triggeringOf = (options: TriggeringOptions): Triggering =>
  byBounds(options.definition) ? new EndTriggering(options) : new CalledTriggering(options)

/**
 * Fires at the end of a window and for late records. A window has one timer, set for its end and then for when it is forgotten;
 * a session that grows keeps the one that it has, which is early, and gets the next one when it has come.
 *
 * INV-ET-1 Every window has a timer of its key at its last time or inside it before, or, when that is over, at its cleanup.
 */
class EndTriggering implements Triggering {
  readonly named = false
  readonly #definition: WindowDefinition
  readonly #domain: TimeDomain
  readonly #timers: TimerService
  /** What may have been noted by an earlier program, which had another trigger or lateness. */
  readonly #noted: WindowTimers | undefined
  /** Only a program that notes windows has them without a timer at their end. */
  readonly adopts: boolean

  constructor({ definition, timers, backend }: TriggeringOptions) {
    this.#definition = definition
    this.#domain = definition.assigner.timeDomain
    this.#timers = timers
    this.#noted = backend.entryCount > 0 ? new WindowTimers(backend, timers) : undefined
    this.adopts = Object.keys(windowTimerDescriptors).some((name) => backend.entryCountOf(name) > 0)
  }

  opened(window: Window): void {
    setTimer(this.#timers, this.#domain, this.#next(window, this.#now()))
  }

  element(_value: unknown, _timestamp: number, window: Window): TriggerResult {
    return maxTimestampOf(window) <= this.#now() ? 'fire' : 'continue'
  }

  due(timer: number, domain: TimeDomain, open: OpenWindows): readonly Window[] {
    const at = askedFor(timer, domain)
    const windows = open.at(at)
    const noted = this.#noted?.take(domain, at)
    if (noted === undefined || noted.length === 0) return windows
    const others = noted.map(windowCalled).filter((one) => !windows.some((other) => isSame(one, other)))
    return [...windows, ...others.filter((one) => open.has(one))]
  }

  timer(timer: number, domain: TimeDomain, window: Window): TriggerResult {
    return maxTimestampOf(window) === askedFor(timer, domain) ? 'fire' : 'continue'
  }

  over(timer: number, domain: TimeDomain, window: Window): boolean {
    const at = askedFor(timer, domain)
    if (cleanupTimeOf(window, this.#definition) <= at) return true
    setTimer(this.#timers, domain, this.#next(window, at))
    return false
  }

  merged(window: Window, lastEnd: number): void {
    // Those that have fired wait to be forgotten, later than the end of this one.
    if (lastEnd - 1 <= this.#now()) this.opened(window)
  }

  clear(): void {}

  adopt(open: readonly Window[]): void {
    for (const window of open) if (maxTimestampOf(window) > this.#now()) this.opened(window)
  }

  /** Of processing-time windows nobody asks: none is late. */
  #now(): number {
    return this.#domain === 'event-time' ? this.#timers.watermark : Number.NEGATIVE_INFINITY
  }

  #next(window: Window, now: number): number {
    const end = maxTimestampOf(window)
    return end > now ? end : cleanupTimeOf(window, this.#definition)
  }
}

/** Calls the trigger. */
class CalledTriggering implements Triggering, TriggerMergeContext {
  readonly named = true
  readonly adopts = true
  readonly state: StateHandles<StateDeclarations>
  readonly #trigger: Trigger<unknown>
  readonly #definition: WindowDefinition
  readonly #timers: TimerService
  readonly #owner: TriggeringOwner
  readonly #waiting: WindowTimers
  /** The window that the trigger is called for. */
  readonly #scope: WindowScope = { name: '' }
  readonly #mergedScope: WindowScope = { name: '' }
  readonly #mergedState: StateHandles<StateDeclarations>
  #warned = false

  constructor({ definition, timers, backend, owner }: TriggeringOptions) {
    this.#trigger = triggerOf(definition)
    this.#definition = definition
    this.#timers = timers
    this.#owner = owner
    this.#waiting = new WindowTimers(backend, timers)
    const states = this.#trigger.state ?? {}
    this.state = openWindowStates(triggerStatePrefix, states, { backend, owner, scope: this.#scope })
    this.#mergedState = openWindowStates(triggerStatePrefix, states, { backend, owner, scope: this.#mergedScope })
  }

  get processingTime(): number {
    return this.#owner.now()
  }

  get currentWatermark(): number {
    return this.#timers.watermark
  }

  registerEventTime(atMs: number): void {
    this.#checkTime(atMs)
    const { name } = this.#scope
    if (
      this.#timers.mayRegisterEventTime(atMs) ||
      this.#timers.mayRegisterEventTime(atMs, this.#lastOf(windowCalled(name), atMs))
    ) {
      this.#waiting.register('event-time', atMs, name)
    } else if (!this.#warned) {
      this.#warned = true
      this.#owner.log('warn', `The trigger of operator ${operatorLabel(this.#owner)} ${timerDropped(atMs)}`)
    }
  }

  deleteEventTime(atMs: number): void {
    this.#delete('event-time', atMs)
  }

  registerProcessingTime(atMs: number): void {
    this.#checkTime(atMs)
    this.#waiting.register('processing-time', atMs, this.#scope.name)
  }

  deleteProcessingTime(atMs: number): void {
    this.#delete('processing-time', atMs)
  }

  stateOf(merged: Window): StateHandles<StateDeclarations> {
    this.#mergedScope.name = windowName(merged)
    return this.#mergedState
  }

  opened(window: Window, name: string): void {
    const cleanup = cleanupTimeOf(window, this.#definition)
    if (Number.isFinite(cleanup)) this.#waiting.register(this.#definition.assigner.timeDomain, cleanup, name)
  }

  element(value: unknown, timestamp: number, window: Window, name: string): TriggerResult {
    this.#scope.name = name
    return this.#trigger.onElement(value, timestamp, window, this)
  }

  due(timer: number, domain: TimeDomain, open: OpenWindows): readonly Window[] {
    const at = askedFor(timer, domain)
    const waiting = this.#waiting.take(domain, at)
    if (waiting.length > 0) return waiting.map(windowCalled)
    // Its window was opened when the program had other windows or another trigger, and nothing was noted.
    return open.all().filter((one) => maxTimestampOf(one) === at || cleanupTimeOf(one, this.#definition) <= at)
  }

  timer(timer: number, domain: TimeDomain, window: Window, name: string): TriggerResult {
    const at = askedFor(timer, domain)
    this.#scope.name = name
    return domain === 'event-time'
      ? this.#trigger.onEventTime(at, window, this)
      : this.#trigger.onProcessingTime(at, window, this)
  }

  over(timer: number, domain: TimeDomain, window: Window, name: string): boolean {
    if (domain !== this.#definition.assigner.timeDomain) return false
    if (cleanupTimeOf(window, this.#definition) <= askedFor(timer, domain)) return true
    // The program may have another allowed lateness than when the window was opened.
    this.opened(window, name)
    return false
  }

  merged(window: Window, _lastEnd: number, merged: readonly Window[]): void {
    this.#scope.name = windowName(window)
    refusePromise(this.#trigger.onMerge!(window, merged, this), 'The onMerge function of the trigger')
    for (const one of merged) this.clear(one, windowName(one))
    this.opened(window, windowName(window))
  }

  clear(window: Window, name: string): void {
    this.#scope.name = name
    refusePromise(this.#trigger.clear(window, this), 'The clear function of the trigger')
    this.#waiting.delete(this.#definition.assigner.timeDomain, cleanupTimeOf(window, this.#definition), name)
  }

  /** Of the global window only the end is still to come at the end of time, however many times are before it. */
  #lastOf(window: Window, atMs: number): number | undefined {
    const cleanup = cleanupTimeOf(window, this.#definition)
    return Number.isFinite(cleanup) || atMs === maxTimestampOf(window) ? cleanup : undefined
  }

  #checkTime(atMs: unknown): void {
    if (typeof atMs === 'number' && !Number.isNaN(atMs)) return
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The trigger of operator ${operatorLabel(this.#owner)} registered a timer at ${shortJson(atMs)}: expected milliseconds since 1970.`,
      { restartable: true, details: { operator: this.#owner.operatorName } },
    )
  }

  /** A trigger may count on the end of a window: a window without a timer for its cleanup was opened when another program did. */
  adopt(open: readonly Window[]): void {
    const { timeDomain } = this.#definition.assigner
    const now = timeDomain === 'event-time' ? this.#timers.watermark : Number.NEGATIVE_INFINITY
    const atEnd = firesAtEnd(this.#trigger, timeDomain)
    for (const window of open) {
      const name = windowName(window)
      const [end, cleanup] = [maxTimestampOf(window), cleanupTimeOf(window, this.#definition)]
      const known = this.#waiting.has(timeDomain, cleanup, name)
      if (end > now && window.end < Number.POSITIVE_INFINITY && (atEnd || !known)) {
        this.#waiting.register(timeDomain, end, name)
      }
      if (cleanup > now) this.opened(window, name)
    }
  }

  /** A window stays until its cleanup, whatever its trigger deletes. */
  #delete(domain: TimeDomain, atMs: number): void {
    const { name } = this.#scope
    const { assigner } = this.#definition
    if (domain === assigner.timeDomain && atMs === cleanupTimeOf(windowCalled(name), this.#definition)) return
    this.#waiting.delete(domain, atMs, name)
  }
}
