/** Records that an operator drops because they are late: counted, told of once, and at the end how many there were. */
import { endOfTime } from '../core/elements.ts'

export class LateRecords {
  readonly #warn: (what: string) => void
  readonly #kind: string
  readonly #advice: string
  /** How many so far. */
  dropped = 0

  /** `kind`: late for what. `advice`: what the program can do. `warn` names the operator. */
  constructor(warn: (what: string) => void, kind: string, advice: string) {
    this.#warn = warn
    this.#kind = kind
    this.#advice = advice
  }

  drop(timestamp: number, watermark: number): void {
    this.dropped++
    if (this.dropped > 1) return
    const at = watermark >= endOfTime ? 'at the end of event time' : `at watermark ${watermark}`
    this.#warn(`drops records that come ${this.#kind}, such as one of ${timestamp} ${at}: ${this.#advice}.`)
  }

  /** The operator is closed. */
  close(): void {
    if (this.dropped > 1) this.#warn(`has dropped ${this.dropped} records as too late.`)
  }
}
