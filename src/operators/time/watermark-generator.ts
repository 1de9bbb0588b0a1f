/** How a program makes watermarks of its own: behind certain records, every so often, or both. */

/** What a generator says of its stream. */
export interface WatermarkOutput {
  /**
   * No record of this timestamp, in milliseconds, or of an earlier one is expected from now on; with `endOfTime`, none at all. Fractions
   * are cut off; one that does not rise is not heard; what is no time fails the job with `WATERMARK_INVALID`. In `onEvent` it comes exactly
   * behind that record.
   */
  emitWatermark(timestamp: number): void
  /** Nobody should wait for this stream, until its next record or `markActive`. */
  markIdle(): void
  markActive(): void
}

/** Makes the watermarks of one subtask's part of a stream, or of one split of a source. Its state is in no snapshot. */
export interface WatermarkGenerator<in T> {
  /** For each record, in order. */
  onEvent(value: T, timestamp: number, output: WatermarkOutput): void
  /** Once every `autoWatermarkIntervalMs`; with 0, behind every batch of records. */
  onPeriodicEmit?(output: WatermarkOutput): void
}
