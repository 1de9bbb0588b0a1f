/**
 * Sliding windows over shared panes: a record changes the accumulator of one pane, however many windows it is in, and a window
 * that fires costs about three merges, however many panes it has.
 *
 * The panes of a key before `until` have been in a result. They are in two parts. Those before `middle` are the front: each
 * holds what it and the front panes after it come to, so that the first one is the sum of all that is left of them. Those
 * from `middle` on are as they came, and `back` is their sum. A result is the first of the front, and the back. Every so
 * many firings as there are slides in a window the front is used up, and what is left of the other part becomes the
 * new one: a pane is merged once for that, and was once into the back.
 *
 * When a key does this depends on its hash, so that keys whose windows began together do not all do it at the same time.
 *
 * INV-SP-1 While a key has panes before `until`, it has a timer for the end of the window after that.
 * INV-SP-2 A pane from `until` on is as it came, and there is a timer for the end of its first window.
 * INV-SP-3 No pane from `middle` to `until` leaves the windows before the front is renewed, and all of the front has by then.
 * Tests: test/operators/windows/sliding-panes.test.ts.
 */
import type { KeyedStateBackend, MapState, StateDescriptor, ValueState } from '../../backends/state-backend.ts'
import { keyGroupOf } from '../../core/key-groups.ts'
import { limits } from '../../core/limits.ts'
import { descriptorsOf, mapState, valueState } from '../state-descriptors.ts'
import { type KeyedPanes, unstamped } from './keyed-panes.ts'
import type { AlignedWindows, PaneGrid } from './pane-grid.ts'
import type { Window } from './window.ts'
import type { WindowContents } from './window-contents.ts'

/** What a key remembers besides its panes, while one of them has been in a result. */
export interface SlidingSums {
  /** The end of the window that fired last. */
  readonly until: number
  /** The end of the window with which the front is renewed. */
  readonly renewal: number
  /** The first pane of the front; undefined when there is none. */
  readonly top: number | undefined
  /** The sum of the panes behind the front; undefined when there are none. */
  readonly back: unknown
}

const panesOf = mapState<number, unknown>()
const sumsOf = valueState<SlidingSums | undefined>(undefined)

/**
 * The states, by names that say which panes they are: what was stored of others has no place here, rather than be taken for
 * these.
 */
export function slidingDescriptors(windows: AlignedWindows): Readonly<Record<string, StateDescriptor>> {
  const { panes, sums } = namesOf(windows)
  return descriptorsOf({ [panes]: panesOf, [sums]: sumsOf })
}

function namesOf({ size, slide, offset }: AlignedWindows): { readonly panes: string; readonly sums: string } {
  const shape = `${size} every ${slide} from ${offset}`
  return { panes: `window-panes ${shape}`, sums: `window-sums ${shape}` }
}

export class SlidingPanes implements KeyedPanes {
  goesOn = false
  readonly #grid: PaneGrid
  readonly #contents: WindowContents
  readonly #backend: KeyedStateBackend
  /** By where they begin. */
  readonly #panes: MapState<number, unknown>
  readonly #sums: ValueState<SlidingSums | undefined>
  /** From one renewal to the next. */
  readonly #period: number

  /** `contents` can be merged. */
  constructor(grid: PaneGrid, contents: WindowContents, backend: KeyedStateBackend) {
    this.#grid = grid
    this.#contents = contents
    this.#backend = backend
    const { panes, sums } = namesOf(grid)
    this.#panes = backend.state(panes, panesOf.descriptor) as MapState<number, unknown>
    this.#sums = backend.state(sums, sumsOf.descriptor) as ValueState<SlidingSums | undefined>
    this.#period = grid.size - grid.rest
  }

  add(start: number, value: unknown, fired: number): number | 'late' | undefined {
    const sums = this.#sums.value()
    if (start < (sums === undefined ? fired : sums.until)) return this.#addLate(start, value, fired, sums)
    const before = this.#panes.get(start)
    this.#panes.put(start, this.#plus(before, value))
    return before === undefined ? this.#grid.firstEnd(start) : undefined
  }

  fire({ end }: Window): unknown {
    const { size, slide, rest } = this.#grid
    const sums = this.#sums.value() ?? this.#noSums(end - slide)
    const panes = this.#panes
    let { renewal, top, back } = sums
    back = this.#together(back, panes.get(end - slide))
    if (rest > 0) back = this.#together(back, panes.get(end - rest))
    const result = this.#together(top === undefined ? undefined : panes.get(top), back)
    const over = end - size
    panes.remove(over)
    if (rest > 0) panes.remove(over + rest)
    if (end >= renewal) {
      top = this.#renewFront(end)
      back = undefined
      renewal = end + this.#period
    } else if (top !== undefined && top < over + slide) top = this.#firstPane(over + slide, renewal - this.#period)
    this.goesOn = top !== undefined || back !== undefined
    if (this.goesOn) this.#sums.update({ until: end, renewal, top, back })
    else this.#sums.clear()
    return result
  }

  /** A record for a pane that has been in a result, or could have been: it is only in the windows that have not fired. */
  #addLate(start: number, value: unknown, fired: number, before: SlidingSums | undefined): number | 'late' | undefined {
    const { until, renewal, top, back } = before ?? this.#noSums(fired)
    if (this.#grid.lastEnd(start) <= until) return 'late'
    const middle = renewal - this.#period
    if (start >= middle) {
      this.#panes.put(start, this.#plus(this.#panes.get(start), value))
      this.#sums.update({ until, renewal, top, back: this.#plus(back, value) })
    } else {
      this.#addToFront(start, value, top ?? start, middle)
      this.#sums.update({ until, renewal, top: top === undefined ? start : Math.min(top, start), back })
    }
    return before === undefined ? until + this.#grid.slide : undefined
  }

  /** All panes of the front up to this one contain it. */
  #addToFront(start: number, value: unknown, top: number, middle: number): void {
    const panes = this.#panes
    if (!panes.has(start)) {
      const next = this.#firstPane(start, middle)
      const behind = next === undefined ? undefined : panes.get(next)
      panes.put(start, this.#plus(behind, value))
      this.#addBetween(top, start, value)
    } else this.#addBetween(top, this.#grid.after(start), value)
  }

  #addBetween(from: number, to: number, value: unknown): void {
    for (let start = from; start < to; start = this.#grid.after(start)) {
      const pane = this.#panes.get(start)
      if (pane !== undefined) this.#panes.put(start, this.#plus(pane, value))
    }
  }

  /** Makes all panes before `end` the front, which they are not, and gives the first one. */
  #renewFront(end: number): number | undefined {
    const starts = [...this.#panes.keys()].filter((start) => start < end).sort((a, b) => a - b)
    let behind: unknown
    for (let i = starts.length - 1; i >= 0; i--) {
      const pane = this.#panes.get(starts[i]!)
      const sum = this.#together(pane, behind)
      if (sum !== pane) this.#panes.put(starts[i]!, sum)
      behind = sum
    }
    return starts[0]
  }

  #firstPane(from: number, to: number): number | undefined {
    for (let start = from; start < to; start = this.#grid.after(start)) if (this.#panes.has(start)) return start
    return undefined
  }

  /** Of a key none of whose panes has been in a result. */
  #noSums(until: number): SlidingSums {
    const { slide } = this.#grid
    const share = keyGroupOf(this.#backend.currentKey, limits.parallelismMax) / limits.parallelismMax
    const firings = Math.floor((share * this.#period) / slide)
    return { until, renewal: until + slide + firings * slide, top: undefined, back: undefined }
  }

  #plus(accumulator: unknown, value: unknown): unknown {
    return this.#contents.add(accumulator, value, unstamped)
  }

  #together(a: unknown, b: unknown): unknown {
    if (a === undefined) return b
    return b === undefined ? a : this.#contents.merge(a, b)
  }
}
