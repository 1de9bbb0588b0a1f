/**
 * Where aligned windows begin and end, and the panes between: the longest pieces of time that are wholly inside or
 * wholly outside of every window. Windows begin every `slide` and end `size % slide` after a beginning, so there are at most
 * two panes per slide, however little size and slide have in common.
 *
 * Windows and panes are numbered in their order, from those that begin at `offset`: numbers that stay small are kept in maps for
 * less than times. Arithmetic only, good for times before 1970 and negative offsets.
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
  readonly panesPerSlide: 1 | 2
  readonly panesPerWindow: number
  /** From a beginning of windows to the next end of some; 0 when they fall together. */
  readonly #rest: number

  /** `slide` is at most `size`: no time is outside of all windows. */
  constructor({ size, slide, offset }: AlignedWindows) {
    this.size = size
    this.slide = slide
    this.offset = offset
    this.#rest = size % slide
    this.panesPerSlide = this.#rest === 0 ? 1 : 2
    this.panesPerWindow = Math.floor(size / slide) * this.panesPerSlide + (this.#rest === 0 ? 0 : 1)
  }

  /** The pane with this time. */
  paneOf(time: number): number {
    const slides = Math.floor((time - this.offset) / this.slide)
    if (this.#rest === 0) return slides
    return 2 * slides + (time - this.offset - slides * this.slide < this.#rest ? 0 : 1)
  }

  /** Where the pane begins. */
  startOf(pane: number): number {
    if (this.#rest === 0) return this.offset + pane * this.slide
    const slides = Math.floor(pane / 2)
    return this.offset + slides * this.slide + (pane === 2 * slides ? 0 : this.#rest)
  }

  /** The first pane of the window. */
  firstPane(window: number): number {
    return window * this.panesPerSlide
  }

  /** The pane behind the last one of the window. */
  paneAfter(window: number): number {
    return window * this.panesPerSlide + this.panesPerWindow
  }

  /** The first window that the pane is in. */
  firstWindow(pane: number): number {
    return Math.floor((pane - this.panesPerWindow) / this.panesPerSlide) + 1
  }

  /** The last one. */
  lastWindow(pane: number): number {
    return Math.floor(pane / this.panesPerSlide)
  }

  endOf(window: number): number {
    return this.offset + window * this.slide + this.size
  }

  /** The last window that ends at this time or before. */
  lastEnded(time: number): number {
    return Math.floor((time - this.offset - this.size) / this.slide)
  }
}
