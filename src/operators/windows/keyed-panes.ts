/** What aligned windows keep per key, as their operator sees it. All calls are about the current key; panes and windows are numbers. */
export interface KeyedPanes {
  /**
   * Takes a record of a pane. `fired` is the last window that the watermark has let fire. Gives the window for whose end a timer is
   * needed, undefined when there is one, or `late` when the record is in no window any more.
   */
  add(pane: number, value: unknown, fired: number): number | 'late' | undefined
  /** What the window contains, which is over then; undefined when it has nothing. */
  fire(window: number, name: string): unknown
  /** Is something known to be in the window after the one that has just fired? */
  readonly goesOn: boolean
}

/** Given for the timestamp of a record, which an accumulator has no use for. */
export const unstamped = 0
