/** Counters of one subtask, kept on the data path as plain numbers and read by whoever wants to show them. */
export interface SubtaskCounts {
  /** Records taken from channels; of a source, records polled. */
  readonly recordsIn: number
  /** Records put into channels. */
  readonly recordsOut: number
  /** The lowest watermark of all inputs; minus infinity before there was one, and of a source. */
  readonly currentInputWatermark: number
  /** Records that came too late for a window or a join and went to no side output. */
  readonly lateRecordsDropped: number
}

/** Of a subtask that has not begun. */
export const noCounts: SubtaskCounts = {
  recordsIn: 0,
  recordsOut: 0,
  currentInputWatermark: Number.NEGATIVE_INFINITY,
  lateRecordsDropped: 0,
}
