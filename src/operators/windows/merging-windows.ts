/**
 * The windows of a key that are merged when they overlap or touch: a list of them by time, each with its start, end and contents
 * one after the other. Mostly there is one. Many are found by halving, but the list is one value, which every change copies: with
 * some thousands open that is what a record costs.
 *
 * INV-MW-1 No two of them overlap or touch.
 */
import type { KeyedStateBackend, ValueState } from '../../backends/state-backend.ts'
import { valueState } from '../state-descriptors.ts'
import type { TimeDomain } from '../timer-service.ts'
import { contentsName, evolutionOf, type NamedState } from './contents-states.ts'
import { cleanupTimeOf, type WindowDefinition, windowName } from './definition.ts'
import { checkResult, type KeyWindows, type WindowParts } from './key-windows.ts'
import type { OpenWindows } from './triggering.ts'
import { maxTimestampOf, type TriggerResult, type Window } from './window.ts'

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

export class MergingWindows implements KeyWindows, OpenWindows {
  readonly #backend: KeyedStateBackend
  readonly #name: string
  readonly #parts: WindowParts
  readonly #sessions: ValueState<Sessions>
  readonly #restored: boolean

  constructor(backend: KeyedStateBackend, parts: WindowParts) {
    this.#parts = parts
    this.#restored = backend.entryCount > 0
    const { name, descriptor } = mergingState(parts.definition)
    this.#backend = backend
    this.#name = name
    this.#sessions = backend.state(name, descriptor) as ValueState<Sessions>
  }

  adopt(): void {
    for (const [key, keyGroup] of this.#backend.keys(this.#name)) {
      this.#backend.setCurrentKey(key, keyGroup)
      this.#parts.triggering.adopt(this.all())
    }
  }

  element(value: unknown, timestamp: number, windows: readonly Window[]): boolean {
    let taken = false
    for (const window of windows) if (this.#add(value, timestamp, window)) taken = true
    return taken
  }

  timer(timer: number, domain: TimeDomain): void {
    const { triggering, calls } = this.#parts
    for (const window of triggering.due(timer, domain, this)) {
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

  all(): readonly Window[] {
    return windowsIn(this.#sessions.value())
  }

  has(window: Window): boolean {
    return placeOf(window, this.#sessions.value()) >= 0
  }

  at(time: number): readonly Window[] {
    const sessions = this.#sessions.value()
    const around = startingBy(time, sessions) - each
    const windows: Window[] = []
    for (let at = 0; at < around; at += each) {
      const window = windowAt(at, sessions)
      if (!this.#mayWaitFor(time, window)) break
      windows.push(window)
    }
    const last = around < 0 ? undefined : windowAt(around, sessions)
    if (last !== undefined && this.#mayWaitFor(time, last)) windows.push(last)
    return windows
  }

  /** One that has fired waits to be forgotten: where a program with another lateness has opened it, nobody knows until when. */
  #mayWaitFor(time: number, window: Window): boolean {
    return this.#restored || maxTimestampOf(window) >= time || cleanupTimeOf(window, this.#parts.definition) <= time
  }

  #add(value: unknown, timestamp: number, assigned: Window): boolean {
    const { definition, contents, triggering, time } = this.#parts
    const sessions = this.#sessions.value()
    let { start, end } = assigned
    const to = startingBy(end, sessions)
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

/** Behind the last session that starts at this time or before. Most records belong to the last one. */
function startingBy(time: number, sessions: Sessions): number {
  let [from, to] = [0, sessions.length / each]
  let middle = to - 1
  while (from < to) {
    if ((sessions[middle * each] as number) <= time) from = middle + 1
    else to = middle
    middle = (from + to) >>> 1
  }
  return from * each
}

/** Where a session is in the list; below 0 when it is not there. */
function placeOf({ start, end }: Window, sessions: Sessions): number {
  const at = startingBy(start, sessions) - each
  return at >= 0 && sessions[at] === start && sessions[at + 1] === end ? at : -1
}

const windowAt = (at: number, sessions: Sessions): Window => ({
  start: sessions[at] as number,
  end: sessions[at + 1] as number,
})

function windowsIn(sessions: Sessions): readonly Window[] {
  const windows: Window[] = []
  for (let at = 0; at < sessions.length; at += each) windows.push(windowAt(at, sessions))
  return windows
}

/** The list with `count` sessions from `at` on replaced by `session`, or left out. */
function spliced(sessions: Sessions, at: number, count: number, session?: readonly unknown[]): Sessions {
  if (session !== undefined && sessions.length === count * each) return session
  const next = sessions.slice()
  next.splice(at, count * each, ...(session ?? []))
  return next
}
