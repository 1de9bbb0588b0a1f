/**
 * Tumbling windows of a key: a pane is a window. Kept like `separate-windows.ts` keeps its windows, so that a program may change its
 * trigger, its lateness or its function and go on with what is stored.
 */
import type { KeyedStateBackend, MapState } from '../../backends/state-backend.ts'
import type { NamedState } from './contents-states.ts'
import { windowName } from './definition.ts'
import { type KeyedPanes, unstamped } from './keyed-panes.ts'
import type { PaneGrid } from './pane-grid.ts'
import type { WindowContents } from './window-contents.ts'

/** Names of panes that are remembered. */
const namesMax = 64

export class TumblingPanes implements KeyedPanes {
  readonly goesOn = false
  readonly #grid: PaneGrid
  readonly #contents: WindowContents
  readonly #windows: MapState<string, unknown>
  /** By the number of the window. */
  readonly #names = new Map<number, string>()

  /** `state` is that of separate windows. */
  constructor(grid: PaneGrid, contents: WindowContents, backend: KeyedStateBackend, state: NamedState) {
    this.#grid = grid
    this.#contents = contents
    this.#windows = backend.state(state.name, state.descriptor) as MapState<string, unknown>
  }

  add(pane: number, value: unknown, fired: number): number | 'late' | undefined {
    if (pane <= fired) return 'late'
    const name = this.#names.get(pane) ?? this.#name(pane)
    const before = this.#windows.get(name)
    this.#windows.put(name, this.#contents.add(before, value, unstamped))
    return before === undefined ? pane : undefined
  }

  fire(_window: number, name: string): unknown {
    const contents = this.#windows.get(name)
    if (contents !== undefined) this.#windows.remove(name)
    return contents
  }

  #name(pane: number): string {
    if (this.#names.size >= namesMax) this.#names.clear()
    const name = windowName({ start: this.#grid.startOf(pane), end: this.#grid.endOf(pane) })
    this.#names.set(pane, name)
    return name
  }
}
