/**
 * The windows of a key that are merged when they overlap or touch: a list of them by time, each with its start, end and contents
 * one after the other. They stay few, and mostly there is one.
 *
 * INV-MW-1 No two of them overlap or touch.
 */
import type { KeyedStateBackend, ValueState } from '../../backends/state-backend.ts'
import { valueState } from '../state-descriptors.ts'
import type { TimeDomain } from '../timer-service.ts'
import { contentsName, evolutionOf, type NamedState } from './contents-states.ts'
import { cleanupTimeOf, type WindowDefinition, windowName } from './definition.ts'
import { checkResult, type KeyWindows, type WindowParts } from './key-windows.ts'
import type { TriggerResult, Window } from './window.ts'
import { askedFor } from './window-timers.ts'

/** Start, end, contents, start, end, … Contents that were purged are undefined. */
type Sessions = readonly unknown[]
const none: Sessions = Object.freeze([])
const noWindows: readonly Window[] = []
/** Elements of the list for each session. */
const each = 3

export const mergingState = (definition: WindowDefinition): NamedState => ({
  name: contentsName('session', definition),
  descriptor: valueState<unknown>(none, evolutionOf(definition, changeContents)).descriptor,
})

const changeContents = (sessions: unknown, change: (contents: unknown) => unknown): Sessions =>
  (sessions as Sessions).map((one, at) => (at % each === 2 && one !== undefined ? change(one) : one))

export class MergingWindows implements KeyWindows {
  readonly #parts: WindowParts
  readonly #sessions: ValueState<Sessions>

  constructor(backend: KeyedStateBackend, parts: WindowParts) {
    this.#parts = parts
    const { name, descriptor } = mergingState(parts.definition)
    this.#sessions = backend.state(name, descriptor) as ValueState<Sessions>
  }

  element(value: unknown, timestamp: number, windows: readonly Window[]): boolean {
    let taken = false
    for (const window of windows) if (this.#add(value, timestamp, window)) taken = true
    return taken
  }

  timer(timer: number, domain: TimeDomain): void {
    const { triggering, calls } = this.#parts
    const at = askedFor(timer, domain)
    // Those that begin later are not over, and have timers of their own.
    const begun = () => windowsIn(this.#sessions.value(), at)
    for (const window of triggering.due(timer, domain, begun)) {
      // A trigger may have left a timer behind for a window that has become part of another.
      if (placeOf(window, this.#sessions.value()) < 0) continue
      const name = windowName(window)
      this.#act(triggering.timer(timer, domain, window, name), window)
      if (!triggering.over(timer, domain, window, name)) continue
      const sessions = this.#sessions.value()
      this.#store(spliced(sessions, placeOf(window, sessions), 1))
      triggering.clear(window, name)
      calls.clear(window, name)
    }
  }

  #add(value: unknown, timestamp: number, assigned: Window): boolean {
    const { definition, contents, triggering, time } = this.#parts
    const sessions = this.#sessions.value()
    let { start, end } = assigned
    // Most records belong to the last session.
    let to = sessions.length
    while (to > 0 && (sessions[to - each] as number) > end) to -= each
    let from = to
    let before: unknown
    while (from > 0 && (sessions[from - each + 1] as number) >= start) {
      from -= each
      start = Math.min(start, sessions[from] as number)
      end = Math.max(end, sessions[from + 1] as number)
      before = this.#merged(sessions[from + 2], before)
    }
    const window = start === assigned.start && end === assigned.end ? assigned : { start, end }
    if (cleanupTimeOf(window, definition) <= time.watermark) return false
    const after = contents.add(before, value, timestamp)
    this.#sessions.update(spliced(sessions, from, (to - from) / each, [start, end, after]))
    const name = triggering.named ? windowName(window) : ''
    if (from === to) triggering.opened(window, name)
    else if (to - from > each || sessions[from] !== start || sessions[from + 1] !== end) {
      const others = triggering.named ? windowsIn(sessions.slice(from, to)) : noWindows
      triggering.merged(window, sessions[to - each + 1] as number, others)
    }
    this.#act(triggering.element(value, timestamp, window, name), window)
    return true
  }

  #merged(earlier: unknown, later: unknown): unknown {
    if (earlier === undefined) return later
    return later === undefined ? earlier : this.#parts.contents.merge(earlier, later)
  }

  #act(result: TriggerResult, window: Window): void {
    if (result === 'continue') return
    checkResult(result)
    const sessions = this.#sessions.value()
    const at = placeOf(window, sessions)
    const contents = sessions[at + 2]
    let left = contents
    if (result !== 'purge' && contents !== undefined) left = this.#parts.fire(contents, window, windowName(window))
    if (result !== 'fire') left = undefined
    if (left !== contents) this.#sessions.update(spliced(sessions, at, 1, [window.start, window.end, left]))
  }

  #store(sessions: Sessions): void {
    if (sessions.length > 0) this.#sessions.update(sessions)
    else this.#sessions.clear()
  }
}

/** Where a session is in the list; below 0 when it is not there. */
function placeOf({ start, end }: Window, sessions: Sessions): number {
  let low = 0
  let high = sessions.length / each
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sessions[middle * each] as number) < start) low = middle + 1
    else high = middle
  }
  const at = low * each
  return sessions[at] === start && sessions[at + 1] === end ? at : -1
}

/** Those that begin at this time or before. */
function windowsIn(sessions: Sessions, upTo = Number.POSITIVE_INFINITY): readonly Window[] {
  const windows: Window[] = []
  for (let at = 0; at < sessions.length && (sessions[at] as number) <= upTo; at += each) {
    windows.push({ start: sessions[at] as number, end: sessions[at + 1] as number })
  }
  return windows
}

/** The list with `count` sessions from `at` on replaced by `session`, or left out. */
function spliced(sessions: Sessions, at: number, count: number, session?: readonly unknown[]): Sessions {
  if (session !== undefined && sessions.length === count * each) return session
  const next = sessions.slice()
  next.splice(at, count * each, ...(session ?? []))
  return next
}
