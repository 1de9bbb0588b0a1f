/**
 * Where aligned windows begin and end, and the panes between: the longest pieces of time that are wholly inside or
 * wholly outside of every window. Windows begin every `slide` and end `size % slide` after a beginning, so there are at most
 * two panes per slide, however little size and slide have in common.
 *
 * Arithmetic only, good for times before 1970 and negative offsets. Tests: test/operators/windows/pane-grid.test.ts.
 */
export interface AlignedWindows {
  readonly size: number
  readonly slide: number
  readonly offset: number
}

export class PaneGrid implements AlignedWindows {
  readonly size: number
  readonly slide: number
  readonly offset: number
  /** From a beginning of windows to the next end of some; 0 when they fall together. */
  readonly rest: number

  /** `slide` is at most `size`: no time is outside of all windows. */
  constructor({ size, slide, offset }: AlignedWindows) {
    this.size = size
    this.slide = slide
    this.offset = offset
    this.rest = size % slide
  }

  /** The beginning of the pane with this time. */
  startOf(time: number): number {
    const into = this.#into(time)
    return into < this.rest ? time - into : time - into + this.rest
  }

  /** The beginning of the next pane. */
  after(start: number): number {
    return start + (this.rest === 0 ? this.slide : this.#begins(start) ? this.rest : this.slide - this.rest)
  }

  /** The end of the first window that the pane is in. */
  firstEnd(start: number): number {
    return start + (this.rest !== 0 && this.#begins(start) ? this.rest : this.slide)
  }

  /** The end of the last one. */
  lastEnd(start: number): number {
    return start + (this.#begins(start) ? this.size : this.size - this.rest)
  }

  /** Does a window end here? */
  isEnd(time: number): boolean {
    return this.#into(time) === this.rest
  }

  /** Do windows begin here? */
  #begins(start: number): boolean {
    return this.#into(start) === 0
  }

  #into(time: number): number {
    const into = (time - this.offset) % this.slide
    // Minus zero, too, would make a start that is another key of a map.
    return into < 0 ? into + this.slide : into + 0
  }
}
