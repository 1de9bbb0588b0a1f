/**
 * Keeps a source from running ahead of the others in its group: says how far it has come, and whether it has to wait.
 *
 * Owns when that is said: at once when the source gets or loses a say, else once an interval while it goes on. Does not own
 * what the group says (the job tells), nor the reading.
 */
import type { OperatorContext } from '../operator.ts'
import type { WatermarkAlignment } from './watermark-strategy.ts'

/** How far a source has come; undefined while it has no say: nothing read yet, idle, ended. */
export type Progress = number | undefined

export class SourceAlignment {
  readonly #alignment: WatermarkAlignment
  readonly #context: Pick<OperatorContext, 'monotonicMs' | 'requestTurn' | 'reportWatermark'>
  #progress: Progress
  #said: Progress
  #sayAt = Number.POSITIVE_INFINITY
  /** How far a watermark may come. */
  limit = Number.POSITIVE_INFINITY

  constructor(
    alignment: WatermarkAlignment,
    context: Pick<OperatorContext, 'monotonicMs' | 'requestTurn' | 'reportWatermark'>,
  ) {
    this.#alignment = alignment
    this.#context = context
    this.#say()
  }

  get mustWait(): boolean {
    return this.#progress !== undefined && this.#progress > this.limit
  }

  /** The lowest watermark of the group; undefined when nobody in it has one. */
  groupWatermark(watermark: number | undefined): void {
    this.limit = watermark === undefined ? Number.POSITIVE_INFINITY : watermark + this.#alignment.maxDriftMs
  }

  progressed(progress: Progress): void {
    this.#progress = progress
    if (progress === this.#said) return
    if (progress === undefined || this.#said === undefined) this.#say()
    else if (this.#sayAt === Number.POSITIVE_INFINITY) {
      this.#sayAt = this.#context.monotonicMs() + this.#alignment.updateIntervalMs
      this.#context.requestTurn(this.#sayAt)
    }
  }

  turn(now: number): void {
    if (this.#sayAt === Number.POSITIVE_INFINITY) return
    if (now >= this.#sayAt) this.#say()
    else this.#context.requestTurn(this.#sayAt)
  }

  #say(): void {
    const { group, updateIntervalMs } = this.#alignment
    this.#said = this.#progress
    this.#sayAt = Number.POSITIVE_INFINITY
    this.#context.reportWatermark({ group, updateIntervalMs, watermark: this.#progress })
  }
}
