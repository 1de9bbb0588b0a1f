/**
 * The operator that calls the outside for each record and emits what comes back.
 *
 * Owns how many calls are under way, their time-outs and retries. Does not own when a result may be emitted
 * (`result-queue.ts`), nor holding back its input while it is full (the chain and the data plane of its subtask).
 *
 * INV-AS-1 at most `capacity` records have a call under way or a result that waits. INV-AS-2 a snapshot holds every record
 * whose result is not emitted, in the order in which they came; a restored operator calls for them first. INV-AS-3 what a
 * call brings after its time-out, or after the operator was closed, changes nothing.
 */

import type { RecordBatch } from '../../core/elements.ts'
import { assert, StreamError } from '../../core/errors.ts'
import { operatorLabel } from '../../core/operator-label.ts'
import { DividedState } from '../../core/operator-state.ts'
import { EmitBuffer } from '../emit-buffer.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot, OutsideWork } from '../operator.ts'
import { operatorListState } from '../operator-state-declarations.ts'
import { refusePromise } from '../refuse-promise.ts'
import { restoredLists } from '../restored-lists.ts'
import { type AsyncDefinition, type AsyncSettings, asyncSettings, retryDelayMs } from './async-definition.ts'
import { type AsyncEntry, CallRequest, type Mark, type Outcome } from './async-entry.ts'
import { ResultQueue } from './result-queue.ts'

/** A record, with its timestamp if it has one. */
type InFlight = readonly [value: unknown, timestamp?: number]

const operatorStates = { inFlight: operatorListState<InFlight>() }

class AsyncOperator implements Operator, OutsideWork {
  readonly outside = this
  readonly #settings: AsyncSettings
  #context!: OperatorContext
  #buffer!: EmitBuffer
  #queue!: ResultQueue
  /** Those that no call was made for, from `#next` on. */
  #waiting: AsyncEntry[] = []
  #next = 0
  /** Those with an outcome that has not been looked at. */
  #settled: AsyncEntry[] = []
  #closed = false

  constructor(settings: AsyncSettings) {
    this.#settings = settings
  }

  open(context: OperatorContext, restored: unknown): void {
    this.#context = context
    this.#buffer = new EmitBuffer(context.output, context.batchRecords)
    this.#queue = new ResultQueue(this.#settings.ordered, {
      result: (value, timestamp) => this.#buffer.push(value, timestamp),
      mark: (mark) => this.#mark(mark),
    })
    const inFlight = restoredLists(context, restored, 'an asynchronous operator')?.items('inFlight') ?? []
    for (const [value, timestamp] of inFlight as readonly InFlight[]) this.#add(value, timestamp)
    this.#start()
  }

  batch(_input: 0 | 1, { values, timestamps }: RecordBatch): void {
    for (let i = 0; i < values.length; i++) this.#add(values[i], timestamps === undefined ? undefined : timestamps[i])
    this.#start()
  }

  watermark(timestamp: number): void {
    this.#queue.mark({ watermark: timestamp })
  }

  watermarkStatus(idle: boolean): void {
    this.#queue.mark({ idle })
  }

  get pending(): boolean {
    return this.#queue.size > 0
  }

  get full(): boolean {
    return this.#next < this.#waiting.length
  }

  get ready(): boolean {
    return this.#settled.length > 0
  }

  collect(): void {
    const settled = this.#settled
    this.#settled = []
    for (const entry of settled) this.#judge(entry, entry.outcome!)
    this.#queue.release()
    this.#buffer.flush()
    this.#start()
  }

  /** Time-outs and retries: by the clock that nobody sets, as a call takes no longer when the time of day is corrected. */
  turn(now: number): void {
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#queue.entries) {
      // Those behind it are not called yet, either.
      if (entry.calls === 0) break
      if (entry.finished || entry.outcome !== undefined) continue
      if (entry.deadlineMs <= now) {
        this.#timeOut(entry)
        continue
      }
      if (entry.retryAtMs <= now) this.#call(entry)
      next = Math.min(next, entry.deadlineMs, entry.retryAtMs)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#context.requestTurn(next)
  }

  endOfData(): void {
    assert(!this.pending, 'the data ends only when no call is under way')
  }

  snapshot(): OperatorSnapshot {
    const items = Array.from(
      this.#queue.entries,
      ({ value, timestamp }): InFlight => (timestamp === undefined ? [value] : [value, timestamp]),
    )
    const state = items.length === 0 ? undefined : new DividedState({ inFlight: { mode: 'split', items } })
    return { state, keyed: undefined, durable: undefined }
  }

  close(): void {
    this.#closed = true
    for (const { request } of this.#queue?.entries ?? []) request?.abort('The operator was closed.')
  }

  #add(value: unknown, timestamp: number | undefined): void {
    this.#waiting.push(this.#queue.add(value, timestamp))
  }

  /** Calls for those that wait, as many as there is room for. */
  #start(): void {
    const { capacity, timeoutMs } = this.#settings
    while (this.full && this.#queue.size - (this.#waiting.length - this.#next) < capacity) {
      const entry = this.#waiting[this.#next++]!
      entry.deadlineMs = this.#context.monotonicMs() + timeoutMs
      this.#context.requestTurn(entry.deadlineMs)
      this.#call(entry)
    }
    if (this.full || this.#next === 0) return
    this.#waiting = []
    this.#next = 0
  }

  #call(entry: AsyncEntry): void {
    const request = new CallRequest(entry.timestamp, ++entry.calls)
    entry.request = request
    entry.retryAtMs = Number.POSITIVE_INFINITY
    const { call } = this.#settings
    this.#context.runOutside(
      () => call(entry.value, request),
      (value) => this.#settle(entry, request, { failed: false, value, final: false }),
      (error) => this.#settle(entry, request, { failed: true, value: error, final: false }),
    )
  }

  /** Outside of any call of the operator. */
  #settle(entry: AsyncEntry, request: CallRequest, outcome: Outcome): void {
    if (this.#closed || entry.request !== request) return
    this.#note(entry, outcome)
    if (this.#settled.length === 1) this.#context.wake()
  }

  #note(entry: AsyncEntry, outcome: Outcome): void {
    entry.request = undefined
    entry.outcome = outcome
    this.#settled.push(entry)
  }

  #timeOut(entry: AsyncEntry): void {
    const { onTimeout, timeoutMs } = this.#settings
    entry.request?.abort(`The call took longer than ${timeoutMs} ms.`)
    if (onTimeout === undefined) throw this.#timedOut()
    const value = onTimeout(entry.value)
    refusePromise(value, 'The onTimeout function')
    this.#note(entry, { failed: false, value, final: true })
  }

  #judge(entry: AsyncEntry, outcome: Outcome): void {
    const { failed, value } = outcome
    entry.outcome = undefined
    if (this.#wantsRetry(entry, outcome)) {
      entry.retryAtMs = this.#context.monotonicMs() + retryDelayMs(this.#settings.retry, entry.calls)
      this.#context.requestTurn(entry.retryAtMs)
    } else if (failed) throw value
    else this.#queue.finish(entry, value)
  }

  #wantsRetry({ calls }: AsyncEntry, { failed, value, final }: Outcome): boolean {
    const { retry } = this.#settings
    if (final || calls >= retry.attempts) return false
    const answer = failed ? retry.retryOn?.(value) : retry.retryOnResult?.(value)
    refusePromise(answer, `The ${failed ? 'retryOn' : 'retryOnResult'} function`)
    return answer ?? failed
  }

  #mark({ watermark, idle }: Mark): void {
    const { output } = this.#context
    this.#buffer.flush()
    if (idle === false) output.watermarkStatus(false)
    if (watermark !== undefined) output.watermark(watermark)
    if (idle === true) output.watermarkStatus(true)
  }

  #timedOut(): StreamError {
    const { operatorName, uid } = this.#context
    return new StreamError(
      'ASYNC_TIMEOUT',
      `A call of operator ${operatorLabel(this.#context)} was not done within ${this.#settings.timeoutMs} ms, its retries ` +
        'included: raise timeoutMs, or give the operator an onTimeout that says what to emit instead.',
      { restartable: true, details: { operator: operatorName, uid: uid ?? null } },
    )
  }
}

/**
 * Makes an asynchronous call for each record and emits what it brings: in the order of the records, or, not `ordered`, as
 * it comes. A rejection fails the job with `USER_FUNCTION_FAILED`. Fails with `ARGUMENT_INVALID` for a wrong option.
 *
 * @example
 * const named = asyncOperator({ call: async (id: number) => (await db.user(id)).name }, true)
 */
export function asyncOperator<In, Out, Late = never>(
  definition: AsyncDefinition<In, Out, Late>,
  ordered: boolean,
): OperatorFactory {
  const settings = asyncSettings(definition as AsyncDefinition<unknown, unknown, unknown>, ordered)
  return {
    kind: ordered ? 'async-ordered' : 'async-unordered',
    stateful: true,
    operatorStates,
    inputCount: 1,
    chaining: 'always',
    keyed: false,
    create: () => new AsyncOperator(settings),
  }
}
