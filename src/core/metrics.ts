/** Counters of one subtask, kept on the data path as plain numbers and read by whoever wants to show them. */
export interface SubtaskCounts {
  /** Records taken from channels; of a source, records polled. */
  readonly recordsIn: number
  /** Records put into channels. */
  readonly recordsOut: number
}
