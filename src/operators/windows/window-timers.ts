/**
 * The timers of windows: which windows of a key wait for which time. The timers of an operator know their key only.
 *
 * A window is there for a time as long as its trigger, or its end, asks for it; a timer of the key is there when any window
 * is. The processing-time timer is set one millisecond later than asked for, since records of that time may still come in it.
 */
import type { KeyedStateBackend, MapState, StateDescriptor } from '../../backends/state-backend.ts'
import { maxWatermark } from '../../core/elements.ts'
import { descriptorsOf, mapState } from '../state-descriptors.ts'
import type { TimeDomain, TimerService } from '../timer-service.ts'

const eventTimers = 'window-event-timers'
const processingTimers = 'window-processing-timers'
const timers = mapState<number, readonly string[]>()

export const windowTimerDescriptors: Readonly<Record<string, StateDescriptor>> = descriptorsOf({
  [eventTimers]: timers,
  [processingTimers]: timers,
})

/** The time that a timer of the operator stands for, and back. */
export const askedFor = (timer: number, domain: TimeDomain): number => (domain === 'event-time' ? timer : timer - 1)

export class WindowTimers {
  readonly #timers: TimerService
  readonly #event: MapState<number, readonly string[]>
  readonly #processing: MapState<number, readonly string[]>

  constructor(backend: KeyedStateBackend, timers: TimerService) {
    this.#timers = timers
    this.#event = backend.state(eventTimers, windowTimerDescriptors[eventTimers]!) as MapState<
      number,
      readonly string[]
    >
    this.#processing = backend.state(processingTimers, windowTimerDescriptors[processingTimers]!) as MapState<
      number,
      readonly string[]
    >
  }

  /** Of the current key. The clock never comes to the last time of all; the watermark does. */
  register(domain: TimeDomain, at: number, window: string): void {
    if (domain === 'processing-time' && at >= maxWatermark.timestamp) return
    const waiting = this.#of(domain)
    const windows = waiting.get(at)
    if (windows?.includes(window)) return
    waiting.put(at, windows === undefined ? [window] : [...windows, window])
    if (windows === undefined) setTimer(this.#timers, domain, at)
  }

  delete(domain: TimeDomain, at: number, window: string): void {
    const waiting = this.#of(domain)
    const windows = waiting.get(at)
    if (windows?.includes(window) !== true) return
    if (windows.length > 1) {
      waiting.put(
        at,
        windows.filter((other) => other !== window),
      )
      return
    }
    waiting.remove(at)
    if (domain === 'event-time') this.#timers.event.delete(at)
    else this.#timers.processing.delete(at + 1)
  }

  has(domain: TimeDomain, at: number, window: string): boolean {
    return this.#of(domain).get(at)?.includes(window) === true
  }

  /** The windows that wait for this time, which has come: they do so no longer. */
  take(domain: TimeDomain, at: number): readonly string[] {
    const waiting = this.#of(domain)
    const windows = waiting.get(at) ?? []
    waiting.remove(at)
    return windows
  }

  #of(domain: TimeDomain): MapState<number, readonly string[]> {
    return domain === 'event-time' ? this.#event : this.#processing
  }
}

/** Sets the timer of the current key for a time that a window waits for. */
export function setTimer(timers: TimerService, domain: TimeDomain, at: number): void {
  if (domain === 'event-time') timers.event.add(at)
  else timers.registerProcessingTime(at + 1)
}
