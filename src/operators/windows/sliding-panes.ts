/**
 * Sliding windows over shared panes: a record changes the accumulator of one pane, however many windows it is in, and a window
 * that fires costs about three merges, however many panes it has.
 *
 * A pane is open until a window with it fires. The closed panes of a key are in two parts. Those before `middle` are the front: each
 * holds what it and the front panes behind it come to, so that the first one is the sum of all that is left of them. Those from
 * `middle` on are the back: they are as they came, and `sum` is what they come to. A result is the first of the front, and that sum.
 * Every so many firings as there are slides in a window the front is used up, and what is left of the back becomes the new one: a
 * pane is merged once for that, and was once into the sum.
 *
 * When a key does this depends on its hash, so that keys whose windows began together do not all do it at the same time.
 *
 * Closed panes are kept in runs. Only the first run of the front, which is in one value with the sum, and the newest panes, which
 * are no run yet and in a map with the open ones, are touched by every firing; the others wait in maps of their own. So what a
 * firing reads and writes does not grow with the number of panes, neither in memory nor where the entries of a map are one, on a disk.
 *
 * INV-SP-1 While a key has closed panes, it has a timer for the window behind the last one that fired.
 * INV-SP-2 For an open pane there is a timer for its first window.
 * INV-SP-3 No pane of the back leaves the windows before the front is renewed, and all of the front has by then.
 * Tests: test/operators/windows/sliding-panes.test.ts.
 */
import type { KeyedStateBackend, MapState, ValueState } from '../../backends/state-backend.ts'
import { keyGroupOf } from '../../core/key-groups.ts'
import { limits } from '../../core/limits.ts'
import { mapState, valueState } from '../state-descriptors.ts'
import { contentsName, evolutionOf, type NamedState } from './contents-states.ts'
import type { WindowDefinition } from './definition.ts'
import { type KeyedPanes, unstamped } from './keyed-panes.ts'
import type { PaneGrid } from './pane-grid.ts'
import {
  appendPane,
  changedRun,
  contentsIn,
  firstOf,
  nextFilled,
  noPanes,
  type PaneRun,
  runFrom,
  runOf,
  withPane,
} from './pane-runs.ts'
import type { WindowContents } from './window-contents.ts'

/** What a key has at hand while it has closed panes. */
export interface SlidingSums {
  /** The window that fired last. */
  readonly window: number
  /** The window with which the front is renewed. */
  readonly renewal: number
  /** The first pane of the front; undefined when there is none. */
  readonly top: number | undefined
  /** The run with `top`. Panes before it have left. */
  readonly front: PaneRun
  /** Of all of the back; undefined when that is empty. */
  readonly sum: unknown
}

const noSums = { top: undefined, front: noPanes, sum: undefined }

export interface SlidingStates {
  readonly panes: NamedState
  readonly front: NamedState
  readonly back: NamedState
  readonly sums: NamedState
}

/**
 * The states, by names that say which panes they are: what was stored of others has no place here, rather than be taken for
 * these. Only for windows that are aligned.
 */
export function slidingStates(definition: WindowDefinition): SlidingStates {
  const { size, slide, offset } = definition.assigner.aligned!
  const shape = `${size} every ${slide} from ${offset}`
  const runs = mapState<number, unknown>(evolutionOf(definition, changeRun)).descriptor
  return {
    panes: {
      name: contentsName('pane', definition, shape),
      descriptor: mapState<number, unknown>(evolutionOf(definition)).descriptor,
    },
    front: { name: contentsName('pane-front', definition, shape), descriptor: runs },
    back: { name: contentsName('pane-back', definition, shape), descriptor: runs },
    sums: {
      name: contentsName('pane-sum', definition, shape),
      descriptor: valueState<unknown>(undefined, evolutionOf(definition, changeSums)).descriptor,
    },
  }
}

type Change = (accumulator: unknown) => unknown

const changeRun = (run: unknown, change: Change): PaneRun => changedRun(run as PaneRun, change)

function changeSums(value: unknown, change: Change): SlidingSums {
  const sums = value as SlidingSums
  return { ...sums, front: changeRun(sums.front, change), sum: sums.sum === undefined ? undefined : change(sums.sum) }
}

export class SlidingPanes implements KeyedPanes {
  goesOn = false
  readonly #grid: PaneGrid
  readonly #byEventTime: boolean
  readonly #contents: WindowContents
  readonly #backend: KeyedStateBackend
  /** Open panes, and those of the back that would be in the same run as the last one. */
  readonly #newest: MapState<number, unknown>
  /** Runs of the front but the first, and of the back, by number. */
  readonly #front: MapState<number, PaneRun>
  readonly #back: MapState<number, PaneRun>
  readonly #sums: ValueState<SlidingSums | undefined>
  /** Windows from one renewal to the next. */
  readonly #period: number

  /** `contents` can be merged. A record can be late only by event time. */
  constructor(
    grid: PaneGrid,
    contents: WindowContents,
    backend: KeyedStateBackend,
    states: SlidingStates,
    byEventTime = true,
  ) {
    this.#grid = grid
    this.#byEventTime = byEventTime
    this.#contents = contents
    this.#backend = backend
    const { panes, front, back, sums } = states
    this.#newest = backend.state(panes.name, panes.descriptor) as MapState<number, unknown>
    this.#front = backend.state(front.name, front.descriptor) as MapState<number, PaneRun>
    this.#back = backend.state(back.name, back.descriptor) as MapState<number, PaneRun>
    this.#sums = backend.state(sums.name, sums.descriptor) as ValueState<SlidingSums | undefined>
    this.#period = Math.floor(grid.size / grid.slide)
  }

  add(pane: number, value: unknown, fired: number): number | 'late' | undefined {
    const sums = this.#sums.value()
    if (pane < this.#grid.paneAfter(sums === undefined ? fired : sums.window)) {
      return this.#addLate(pane, value, fired, sums)
    }
    const before = this.#newest.get(pane)
    this.#newest.put(pane, this.#plus(before, value))
    if (before !== undefined) return undefined
    const window = this.#grid.firstWindow(pane)
    return sums !== undefined && window === sums.window + 1 ? undefined : window
  }

  fire(window: number): unknown {
    const { panesPerSlide } = this.#grid
    const after = this.#grid.paneAfter(window)
    let { renewal, top, front, sum } = this.#sums.value() ?? this.#noSums(window - 1)
    for (let pane = after - panesPerSlide; pane < after; pane++) {
      if (sum !== undefined && pane === firstOf(runOf(pane))) this.#keepRun(pane - 1)
      sum = this.#together(sum, this.#newest.get(pane))
    }
    const result = this.#together(top === undefined ? undefined : contentsIn(front, top), sum)
    const next = this.#grid.firstPane(window) + panesPerSlide
    if (window >= renewal) {
      if (sum !== undefined) this.#keepRun(after - 1)
      front = this.#renewedFront(next)
      top = front[0]
      sum = undefined
      renewal = window + this.#period
    } else if (top !== undefined && top < next) {
      top = nextFilled(front, next)
      if (top === undefined) {
        front = this.#takeFront(next, this.#middle(renewal))
        top = nextFilled(front, next)
      }
    }
    this.goesOn = top !== undefined || sum !== undefined
    if (this.goesOn) this.#sums.update({ window, renewal, top, front, sum })
    else this.#sums.clear()
    return result
  }

  /** A record for a closed pane, or one that could have been: it is only in the windows that have not fired. */
  #addLate(pane: number, value: unknown, fired: number, before: SlidingSums | undefined): number | 'late' | undefined {
    const sums = before ?? this.#noSums(fired)
    if (this.#grid.lastWindow(pane) <= sums.window) {
      if (this.#byEventTime) return 'late'
      // The clock was set back: no record is late by it, so it is in the windows that fire next.
      return this.#addLate(this.#grid.firstPane(sums.window + 1), value, fired, before)
    }
    if (pane >= this.#middle(sums.renewal)) {
      this.#addToBack(pane, value, this.#grid.paneAfter(sums.window) - 1)
      this.#sums.update({ ...sums, sum: this.#plus(sums.sum, value) })
    } else {
      const front = this.#addToFront(sums, pane, value)
      this.#sums.update({ ...sums, front, top: Math.min(sums.top ?? pane, pane) })
    }
    return before === undefined ? sums.window + 1 : undefined
  }

  #addToBack(pane: number, value: unknown, last: number): void {
    const number = runOf(pane)
    if (number === runOf(last)) {
      this.#newest.put(pane, this.#plus(this.#newest.get(pane), value))
    } else {
      const run = this.#back.get(number) ?? noPanes
      this.#back.put(number, withPane(run, pane, this.#plus(contentsIn(run, pane), value)))
    }
  }

  /** Makes a run of the newest closed panes, the last of which is `last`. */
  #keepRun(last: number): void {
    const number = runOf(last)
    const run: unknown[] = []
    for (let pane = firstOf(number); pane <= last; pane++) {
      const contents = this.#newest.get(pane)
      if (contents === undefined) continue
      appendPane(run, pane, contents)
      this.#newest.remove(pane)
    }
    if (run.length > 0) this.#back.put(number, run as unknown as PaneRun)
  }

  /** All panes of the front up to this one contain it. Gives the first run. */
  #addToFront({ top, front, renewal }: SlidingSums, pane: number, value: unknown): PaneRun {
    const middle = this.#middle(renewal)
    if (top !== undefined) this.#front.put(runOf(top), runFrom(front, top))
    const number = runOf(pane)
    const sum = this.#plus(this.#sumFrom(pane, middle), value)
    this.#front.put(number, withPane(this.#front.get(number) ?? noPanes, pane, sum))
    const first = Math.min(top ?? pane, pane)
    for (let at = runOf(first); at <= number; at++) {
      const run = this.#front.get(at)
      if (run === undefined) continue
      this.#front.put(
        at,
        changedRun(run, (before, it) => (it < pane ? this.#plus(before, value) : before)),
      )
    }
    return this.#takeFront(first, middle)
  }

  /** Of the front, all runs of which are in the map. */
  #sumFrom(pane: number, middle: number): unknown {
    for (let number = runOf(pane); number <= runOf(middle - 1); number++) {
      const run = this.#front.get(number) ?? noPanes
      const filled = nextFilled(run, pane)
      if (filled !== undefined) return contentsIn(run, filled)
    }
    return undefined
  }

  /** Out of the map, the first run from that of this pane on. Runs before it have left as wholes, and this one has panes to come. */
  #takeFront(pane: number, middle: number): PaneRun {
    if (this.#front.isEmpty()) return noPanes
    for (let number = runOf(pane); number <= runOf(middle - 1); number++) {
      const run = this.#front.get(number)
      if (run === undefined) continue
      this.#front.remove(number)
      return run
    }
    return noPanes
  }

  /** Makes the back the front, but for panes before `next`, and gives the first run. */
  #renewedFront(next: number): PaneRun {
    const runs = [...this.#back.values()].map((run) => runFrom(run, next)).filter((run) => run.length > 0)
    this.#back.clear()
    let front = noPanes
    let behind: unknown
    for (const run of runs.sort((a, b) => b[0]! - a[0]!)) {
      if (front[0] !== undefined) this.#front.put(runOf(front[0]), front)
      front = changedRun(run, (contents) => {
        behind = this.#together(contents, behind)
        return behind
      })
    }
    return front
  }

  /** The pane behind the front, given when that is renewed. */
  #middle(renewal: number): number {
    return this.#grid.paneAfter(renewal - this.#period)
  }

  /** Of a key without closed panes. */
  #noSums(window: number): SlidingSums {
    const share = keyGroupOf(this.#backend.currentKey, limits.parallelismMax) / limits.parallelismMax
    return { window, renewal: window + 1 + Math.floor(share * this.#period), ...noSums }
  }

  #plus(accumulator: unknown, value: unknown): unknown {
    return this.#contents.add(accumulator, value, unstamped)
  }

  #together(a: unknown, b: unknown): unknown {
    if (a === undefined) return b
    return b === undefined ? a : this.#contents.merge(a, b)
  }
}
