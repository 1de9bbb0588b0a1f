/**
 * Sliding windows over shared panes: a record changes the accumulator of one pane, however many windows it is in, and a window
 * that fires costs about three merges, however many panes it has.
 *
 * The panes of a key that have been in a result are in two parts. Those before `middle` are the front: each holds what it
 * and the front panes behind it come to, so that the first one is the sum of all that is left of them. Those from `middle` on
 * are as they came, and `back` is their sum. A result is the first of the front, and the back. Every so many firings as there
 * are slides in a window the front is used up, and what is left of the other part becomes the new one: a pane is merged once
 * for that, and was once into the back.
 *
 * When a key does this depends on its hash, so that keys whose windows began together do not all do it at the same time.
 *
 * INV-SP-1 While a key has panes that have been in a result, it has a timer for the window behind the last one.
 * INV-SP-2 A pane that has not is as it came, and there is a timer for its first window.
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
import type { WindowContents } from './window-contents.ts'

/** What a key remembers besides its panes, while one of them has been in a result. */
export interface SlidingSums {
  /** The window that fired last. */
  readonly window: number
  /** The window with which the front is renewed. */
  readonly renewal: number
  /** The first pane of the front; undefined when there is none. */
  readonly top: number | undefined
  /** The sum of the panes behind the front; undefined when there are none. */
  readonly back: unknown
}

export interface SlidingStates {
  readonly panes: NamedState
  readonly sums: NamedState
}

/**
 * The states, by names that say which panes they are: what was stored of others has no place here, rather than be taken for
 * these. Only for windows that are aligned.
 */
export function slidingStates(definition: WindowDefinition): SlidingStates {
  const { size, slide, offset } = definition.assigner.aligned!
  const shape = `${size} every ${slide} from ${offset}`
  return {
    panes: {
      name: contentsName('pane', definition, shape),
      descriptor: mapState<number, unknown>(evolutionOf(definition)).descriptor,
    },
    sums: {
      name: contentsName('pane-sum', definition, shape),
      descriptor: valueState<unknown>(undefined, evolutionOf(definition, changeBack)).descriptor,
    },
  }
}

function changeBack(value: unknown, change: (accumulator: unknown) => unknown): SlidingSums {
  const sums = value as SlidingSums
  return sums.back === undefined ? sums : { ...sums, back: change(sums.back) }
}

export class SlidingPanes implements KeyedPanes {
  goesOn = false
  readonly #grid: PaneGrid
  readonly #contents: WindowContents
  readonly #backend: KeyedStateBackend
  readonly #panes: MapState<number, unknown>
  readonly #sums: ValueState<SlidingSums | undefined>
  /** Windows from one renewal to the next. */
  readonly #period: number

  /** `contents` can be merged. */
  constructor(grid: PaneGrid, contents: WindowContents, backend: KeyedStateBackend, { panes, sums }: SlidingStates) {
    this.#grid = grid
    this.#contents = contents
    this.#backend = backend
    this.#panes = backend.state(panes.name, panes.descriptor) as MapState<number, unknown>
    this.#sums = backend.state(sums.name, sums.descriptor) as ValueState<SlidingSums | undefined>
    this.#period = Math.floor(grid.size / grid.slide)
  }

  add(pane: number, value: unknown, fired: number): number | 'late' | undefined {
    const sums = this.#sums.value()
    if (pane < this.#grid.paneAfter(sums === undefined ? fired : sums.window)) {
      return this.#addLate(pane, value, fired, sums)
    }
    const before = this.#panes.get(pane)
    this.#panes.put(pane, this.#plus(before, value))
    return before === undefined ? this.#grid.firstWindow(pane) : undefined
  }

  fire(window: number): unknown {
    const panes = this.#panes
    const { panesPerSlide } = this.#grid
    const [first, after] = [this.#grid.firstPane(window), this.#grid.paneAfter(window)]
    let { renewal, top, back } = this.#sums.value() ?? this.#noSums(window - 1)
    for (let pane = after - panesPerSlide; pane < after; pane++) back = this.#together(back, panes.get(pane))
    const result = this.#together(top === undefined ? undefined : panes.get(top), back)
    const next = first + panesPerSlide
    for (let pane = first; pane < next; pane++) panes.remove(pane)
    if (window >= renewal) {
      top = this.#renewFront(after)
      back = undefined
      renewal = window + this.#period
    } else if (top !== undefined && top < next) top = this.#filledPane(next, this.#middle(renewal))
    this.goesOn = top !== undefined || back !== undefined
    if (this.goesOn) this.#sums.update({ window, renewal, top, back })
    else this.#sums.clear()
    return result
  }

  /** A record for a pane that has been in a result, or could have been: it is only in the windows that have not fired. */
  #addLate(pane: number, value: unknown, fired: number, before: SlidingSums | undefined): number | 'late' | undefined {
    const { window, renewal, top, back } = before ?? this.#noSums(fired)
    if (this.#grid.lastWindow(pane) <= window) return 'late'
    const middle = this.#middle(renewal)
    if (pane >= middle) {
      this.#panes.put(pane, this.#plus(this.#panes.get(pane), value))
      this.#sums.update({ window, renewal, top, back: this.#plus(back, value) })
    } else {
      const first = Math.min(top ?? pane, pane)
      this.#addToFront(pane, value, first, middle)
      this.#sums.update({ window, renewal, top: first, back })
    }
    return before === undefined ? window + 1 : undefined
  }

  /** All panes of the front up to this one contain it. `first` is the first of them, which may be this one. */
  #addToFront(pane: number, value: unknown, first: number, middle: number): void {
    const panes = this.#panes
    if (!panes.has(pane)) {
      const next = this.#filledPane(pane, middle)
      if (next !== undefined) panes.put(pane, panes.get(next))
    }
    for (let at = first; at <= pane; at++) {
      const sum = panes.get(at)
      if (sum !== undefined || at === pane) panes.put(at, this.#plus(sum, value))
    }
  }

  /** Makes all panes before `after` the front, which they are not, and gives the first one. */
  #renewFront(after: number): number | undefined {
    const filled = [...this.#panes.keys()].filter((pane) => pane < after).sort((a, b) => a - b)
    let behind: unknown
    for (let i = filled.length - 1; i >= 0; i--) {
      const contents = this.#panes.get(filled[i]!)
      const sum = this.#together(contents, behind)
      if (sum !== contents) this.#panes.put(filled[i]!, sum)
      behind = sum
    }
    return filled[0]
  }

  #filledPane(from: number, to: number): number | undefined {
    for (let pane = from; pane < to; pane++) if (this.#panes.has(pane)) return pane
    return undefined
  }

  /** The pane behind the front, given when that is renewed. */
  #middle(renewal: number): number {
    return this.#grid.paneAfter(renewal - this.#period)
  }

  /** Of a key none of whose panes has been in a result. */
  #noSums(window: number): SlidingSums {
    const share = keyGroupOf(this.#backend.currentKey, limits.parallelismMax) / limits.parallelismMax
    return { window, renewal: window + 1 + Math.floor(share * this.#period), top: undefined, back: undefined }
  }

  #plus(accumulator: unknown, value: unknown): unknown {
    return this.#contents.add(accumulator, value, unstamped)
  }

  #together(a: unknown, b: unknown): unknown {
    if (a === undefined) return b
    return b === undefined ? a : this.#contents.merge(a, b)
  }
}
