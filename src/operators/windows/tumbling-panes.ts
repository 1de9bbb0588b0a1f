/**
 * Tumbling windows of a key: a pane is a window. Kept like `separate-windows.ts` keeps its windows, so that a program may change its
 * trigger, its lateness or its function and go on with what is stored.
 */
import type { KeyedStateBackend, MapState } from '../../backends/state-backend.ts'
import { windowName } from './definition.ts'
import { type KeyedPanes, unstamped } from './keyed-panes.ts'
import { contentsState, separateDescriptors } from './separate-windows.ts'
import type { Window } from './window.ts'
import type { WindowContents } from './window-contents.ts'

/** Names of panes that are remembered. */
const namesMax = 64

export class TumblingPanes implements KeyedPanes {
  readonly goesOn = false
  readonly #size: number
  readonly #contents: WindowContents
  readonly #windows: MapState<string, unknown>
  /** By the beginning of the window. */
  readonly #names = new Map<number, string>()

  constructor(size: number, contents: WindowContents, backend: KeyedStateBackend) {
    this.#size = size
    this.#contents = contents
    this.#windows = backend.state(contentsState, separateDescriptors[contentsState]!) as MapState<string, unknown>
  }

  add(start: number, value: unknown, fired: number): number | 'late' | undefined {
    const end = start + this.#size
    if (end <= fired) return 'late'
    const name = this.#names.get(start) ?? this.#name(start)
    const before = this.#windows.get(name)
    this.#windows.put(name, this.#contents.add(before, value, unstamped))
    return before === undefined ? end : undefined
  }

  fire(_window: Window, name: string): unknown {
    const contents = this.#windows.get(name)
    if (contents !== undefined) this.#windows.remove(name)
    return contents
  }

  #name(start: number): string {
    if (this.#names.size >= namesMax) this.#names.clear()
    const name = windowName({ start, end: start + this.#size })
    this.#names.set(start, name)
    return name
  }
}
