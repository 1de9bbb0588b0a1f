/**
 * Time, and nowhere else. A `Clock` says what time it is and calls back later; the virtual one moves only when told.
 *
 * `monotonicMs` is for measuring how long something took; `now` is the time of day in milliseconds since 1970.
 */
export interface Clock {
  now(): number
  monotonicMs(): number
  /** Calls `fire` once, `delayMs` from now at the earliest. */
  setTimer(delayMs: number, fire: () => void): TimerHandle
}

export interface TimerHandle {
  clear(): void
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(delayMs, 2 ** 31 - 1))
    return { clear: () => clearTimeout(timer) }
  },
}

interface VirtualTimer {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
}

/**
 * A clock for tests and simulation. `advance(ms)` fires every timer that falls due, one by one, in due order (ties in
 * the order they were set), with `now()` at each timer's own due time.
 */
export class VirtualClock implements Clock {
  #now: number
  /** By how much the time of day has been put forward. */
  #setMs = 0
  #order = 0
  readonly #timers = new Set<VirtualTimer>()

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now + this.#setMs
  }

  monotonicMs(): number {
    return this.#now
  }

  setTimer(delayMs: number, fire: () => void): TimerHandle {
    const timer = { dueMs: this.#now + Math.max(0, delayMs), order: this.#order++, fire }
    this.#timers.add(timer)
    return { clear: () => void this.#timers.delete(timer) }
  }

  /** When the next timer falls due, or undefined when none is set. */
  nextDueMs(): number | undefined {
    return this.#next()?.dueMs
  }

  /** Puts the time of day forward, or back: `now()` jumps, and nothing else notices, as when a person sets a clock. */
  setForward(ms: number): void {
    this.#setMs += ms
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms)
  }

  advanceTo(targetMs: number): void {
    for (let next = this.#next(); next !== undefined && next.dueMs <= targetMs; next = this.#next()) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.dueMs)
      next.fire()
    }
    this.#now = Math.max(this.#now, targetMs)
  }

  #next(): VirtualTimer | undefined {
    let next: VirtualTimer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) {
        next = timer
      }
    }
    return next
  }
}
