/** One record of an asynchronous operator, from its arrival until its result is emitted, and the call made for it. */
import type { AsyncRequest } from './async-definition.ts'

/** How a call has ended. */
export interface Outcome {
  readonly failed: boolean
  /** The result, or what it failed with. */
  readonly value: unknown
  /** It counts as it is: no other call is made. */
  readonly final: boolean
}

/** The records between two watermarks. */
export interface Section {
  /** Records whose result is not emitted. */
  left: number
  /** Finished ones, in the order in which they finished; not kept when results keep the order of their records. */
  readonly finished: AsyncEntry[]
  /** What came behind its last record, once something has. */
  mark: Mark | undefined
}

export interface Mark {
  readonly watermark?: number | undefined
  readonly idle?: boolean | undefined
}

export class AsyncEntry {
  readonly value: unknown
  readonly timestamp: number | undefined
  readonly section: Section
  /** Calls made so far. */
  calls = 0
  /** The one that is under way. */
  request: CallRequest | undefined = undefined
  /** Of a call that is over and has not been looked at. */
  outcome: Outcome | undefined = undefined
  /** When its time is up, and when it is called again, by the monotonic clock. */
  deadlineMs = Number.POSITIVE_INFINITY
  retryAtMs = Number.POSITIVE_INFINITY
  finished = false
  result: unknown = undefined

  constructor(value: unknown, timestamp: number | undefined, section: Section) {
    this.value = value
    this.timestamp = timestamp
    this.section = section
  }
}

/** Makes its signal only for those who ask for it. */
export class CallRequest implements AsyncRequest {
  readonly timestamp: number | undefined
  readonly attempt: number
  #controller: AbortController | undefined
  #aborted: Error | undefined

  constructor(timestamp: number | undefined, attempt: number) {
    this.timestamp = timestamp
    this.attempt = attempt
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted)
    }
    return this.#controller.signal
  }

  abort(why: string): void {
    this.#aborted = new Error(why)
    this.#controller?.abort(this.#aborted)
  }
}
