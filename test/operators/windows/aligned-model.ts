/** What aligned windows must give, computed from the definition of a window, one window after the other. */
import type { AlignedWindows } from '../../../src/operators/windows/pane-grid.ts'

export interface Arrival {
  readonly key: string
  readonly time: number
  readonly id: number
}

export interface Firing {
  readonly key: string
  readonly end: number
  readonly ids: readonly number[]
}

export class AlignedModel {
  readonly firings: Firing[] = []
  readonly late: number[] = []
  readonly #windows: AlignedWindows
  readonly #open = new Map<string, { key: string; end: number; ids: number[] }>()
  #watermark = Number.NEGATIVE_INFINITY

  constructor(windows: AlignedWindows) {
    this.#windows = windows
  }

  record({ key, time, id }: Arrival): void {
    const ends = this.#endsOf(time).filter((end) => end - 1 > this.#watermark)
    if (ends.length === 0) this.late.push(id)
    for (const end of ends) {
      const name = `${key} ${end}`
      const open = this.#open.get(name) ?? { key, end, ids: [] }
      this.#open.set(name, open)
      open.ids.push(id)
    }
  }

  watermark(timestamp: number): void {
    this.#watermark = Math.max(this.#watermark, timestamp)
    for (const [name, window] of this.#open) {
      if (window.end - 1 > this.#watermark) continue
      this.#open.delete(name)
      this.firings.push(window)
    }
  }

  #endsOf(time: number): number[] {
    const { size, slide, offset } = this.#windows
    const ends: number[] = []
    const last = Math.floor((time - offset) / slide) * slide + offset
    for (let start = last; start + size > time; start -= slide) ends.push(start + size)
    return ends
  }
}
