/** The windows of a key that stay as they were assigned: a map from their names to their contents. */
import type { KeyedStateBackend, MapState } from '../../backends/state-backend.ts'
import { mapState } from '../state-descriptors.ts'
import type { TimeDomain } from '../timer-service.ts'
import { contentsName, evolutionOf, type NamedState } from './contents-states.ts'
import { cleanupTimeOf, type WindowDefinition, windowCalled, windowName } from './definition.ts'
import { checkResult, type KeyWindows, type WindowParts } from './key-windows.ts'
import { PaneGrid } from './pane-grid.ts'
import type { OpenWindows } from './triggering.ts'
import type { TriggerResult, Window } from './window.ts'

export const separateState = (definition: WindowDefinition): NamedState => ({
  name: contentsName('window', definition),
  descriptor: mapState<string, unknown>(evolutionOf(definition)).descriptor,
})

const noWindows: readonly Window[] = []

export class SeparateWindows implements KeyWindows, OpenWindows {
  readonly #backend: KeyedStateBackend
  readonly #name: string
  readonly #parts: WindowParts
  readonly #contents: MapState<string, unknown>
  /** Of tumbling windows that are told by their ends. */
  readonly #grid: PaneGrid | undefined
  /** Windows of all keys that are not in the grid, which an earlier program has left. */
  #foreign = 0
  /** Those that the record before was in, and their names: mostly the next one is in the same. */
  #windows: readonly Window[] = []
  #names: readonly string[] = []

  constructor(backend: KeyedStateBackend, parts: WindowParts) {
    this.#parts = parts
    const { name, descriptor } = separateState(parts.definition)
    this.#backend = backend
    this.#name = name
    this.#contents = backend.state(name, descriptor) as MapState<string, unknown>
    const { aligned } = parts.definition.assigner
    if (parts.triggering.named || aligned === undefined) return
    this.#grid = new PaneGrid(aligned)
    for (const [key, keyGroup] of backend.keys(name)) {
      backend.setCurrentKey(key, keyGroup)
      for (const window of this.#contents.keys()) if (this.#isForeign(windowCalled(window))) this.#foreign++
    }
  }

  /** Is there a window, of any key, that an earlier program has left and this one would not have opened? Only of tumbling ones. */
  get hasForeign(): boolean {
    return this.#foreign > 0
  }

  adopt(): void {
    for (const [key, keyGroup] of this.#backend.keys(this.#name)) {
      this.#backend.setCurrentKey(key, keyGroup)
      this.#parts.triggering.adopt(this.all())
    }
  }

  element(value: unknown, timestamp: number, windows: readonly Window[]): boolean {
    if (windows !== this.#windows) {
      this.#windows = windows
      this.#names = windows.map(windowName)
    }
    const { definition, contents, triggering, time } = this.#parts
    let taken = false
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i]!
      if (cleanupTimeOf(window, definition) <= time.watermark) continue
      const name = this.#names[i]!
      const before = this.#contents.get(name)
      const after = contents.add(before, value, timestamp)
      this.#contents.put(name, after)
      if (before === undefined) triggering.opened(window, name)
      this.#act(triggering.element(value, timestamp, window, name), window, name)
      taken = true
    }
    return taken
  }

  /** What a window of the current key contains, and does no longer. */
  take(name: string): unknown {
    const contents = this.#contents.get(name)
    if (contents !== undefined) this.#contents.remove(name)
    return contents
  }

  timer(timer: number, domain: TimeDomain): void {
    const { triggering, calls } = this.#parts
    for (const window of triggering.due(timer, domain, this)) {
      const name = windowName(window)
      this.#act(triggering.timer(timer, domain, window, name), window, name)
      if (!triggering.over(timer, domain, window, name)) continue
      this.#contents.remove(name)
      if (this.#foreign > 0 && this.#isForeign(window)) this.#foreign--
      triggering.clear(window, name)
      calls.clear(window, name)
    }
  }

  all(): readonly Window[] {
    return [...this.#contents.keys()].map(windowCalled)
  }

  has(window: Window): boolean {
    return this.#contents.has(windowName(window))
  }

  at(time: number): readonly Window[] {
    const grid = this.#grid
    if (grid === undefined || this.#foreign > 0) return this.all()
    const end = grid.endOf(grid.lastEnded(time) + 1)
    const window = { start: end - grid.size, end }
    return this.has(window) ? [window] : noWindows
  }

  #isForeign({ start, end }: Window): boolean {
    const grid = this.#grid!
    return end - start !== grid.size || grid.endOf(grid.lastEnded(end)) !== end
  }

  #act(result: TriggerResult, window: Window, name: string): void {
    if (result === 'continue') return
    checkResult(result)
    if (result !== 'purge') this.#fire(window, name)
    if (result !== 'fire') this.#contents.remove(name)
  }

  #fire(window: Window, name: string): void {
    const contents = this.#contents.get(name)
    if (contents === undefined) return
    const left = this.#parts.fire(contents, window, name)
    if (left === contents) return
    if (left === undefined) this.#contents.remove(name)
    else this.#contents.put(name, left)
  }
}
