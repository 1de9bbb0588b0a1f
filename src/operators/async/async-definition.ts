/** What a program says of asynchronous calls: the types, and the checks of what types cannot say. */
import { StreamError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import { checkSpelling } from '../option-names.ts'

/** What a call gets besides its record. */
export interface AsyncRequest {
  /** Aborted when the call has timed out, and when the subtask ends: pass it on to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first call for this record, 2 for the first retry. Counts from 1 again after a restore. */
  readonly attempt: number
  /** Event time of the record in milliseconds; undefined without timestamps. */
  readonly timestamp: number | undefined
}

/** When and how often a call is made again. */
export interface AsyncRetry<Out> {
  /** Calls for one record in all, at most. */
  readonly attempts: number
  /** From one call's end to the next call, in milliseconds that pass, whatever a clock is set to. */
  readonly delayMs: number
  /** What the delay is multiplied by from retry to retry; 1 by default. */
  readonly backoffMultiplier?: number
  /** The longest that the delay grows to. */
  readonly maxDelayMs?: number
  /** Which failures are worth another call; all by default. */
  retryOn?(error: unknown): boolean
  /** Which results are no good and worth another call; none by default. The result of the last call counts as it is. */
  retryOnResult?(result: Out): boolean
}

export interface AsyncDefinition<In, Out, Late = never> {
  /** Called for each record; what its promise brings is emitted in the record's place. A rejection fails the job. */
  call(value: In, request: AsyncRequest): PromiseLike<Out>
  /** Records whose call is under way or whose result waits to be emitted, at most; 100 by default. */
  readonly capacity?: number
  /** For all calls of one record together, in milliseconds that pass, whatever a clock is set to; a minute by default. */
  readonly timeoutMs?: number
  readonly retry?: AsyncRetry<NoInfer<Out>>
  /** What is emitted for a record whose time is up. Left out, that fails the job with `ASYNC_TIMEOUT`. */
  onTimeout?(value: In): Late
}

/** With everything filled in, and the functions bound. */
export interface AsyncSettings {
  readonly ordered: boolean
  readonly call: (value: unknown, request: AsyncRequest) => PromiseLike<unknown>
  readonly capacity: number
  readonly timeoutMs: number
  readonly retry: AsyncRetry<unknown>
  readonly onTimeout: ((value: unknown) => unknown) | undefined
}

const once: AsyncRetry<unknown> = { attempts: 1, delayMs: 0 }

const names = ['call', 'capacity', 'timeoutMs', 'retry', 'onTimeout']
const retryNames = ['attempts', 'delayMs', 'backoffMultiplier', 'maxDelayMs', 'retryOn', 'retryOnResult']

/** Fails with `ARGUMENT_INVALID`, naming the option. */
export function asyncSettings(definition: AsyncDefinition<unknown, unknown, unknown>, ordered: boolean): AsyncSettings {
  checkSpelling(definition, names, 'The definition of an asynchronous operator')
  const { capacity = limits.asyncCapacity, timeoutMs = limits.asyncTimeoutMs, retry = once } = definition
  if (typeof retry !== 'object' || retry === null) throw wrong('retry', retry, 'an object')
  checkSpelling(retry, retryNames, 'The retry of an asynchronous operator')
  checkAtLeast('capacity', capacity, 1)
  checkAtLeast('timeoutMs', timeoutMs, 1)
  checkAtLeast('retry.attempts', retry.attempts, 1)
  checkAtLeast('retry.delayMs', retry.delayMs, 0)
  checkAtLeast('retry.maxDelayMs', retry.maxDelayMs ?? retry.delayMs, retry.delayMs)
  const { backoffMultiplier = 1 } = retry
  if (!(backoffMultiplier >= 1)) throw wrong('retry.backoffMultiplier', backoffMultiplier, 'a number from 1')
  checkOptionalFunction('onTimeout', definition.onTimeout)
  checkOptionalFunction('retry.retryOn', retry.retryOn)
  checkOptionalFunction('retry.retryOnResult', retry.retryOnResult)
  const call = definition.call.bind(definition)
  return { ordered, call, capacity, timeoutMs, retry, onTimeout: definition.onTimeout?.bind(definition) }
}

/** How long to wait after this many calls. */
export const retryDelayMs = (
  { delayMs, backoffMultiplier = 1, maxDelayMs = Number.POSITIVE_INFINITY }: AsyncRetry<unknown>,
  calls: number,
): number => Math.min(maxDelayMs, Math.ceil(delayMs * backoffMultiplier ** (calls - 1)))

function checkAtLeast(option: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return
  throw wrong(option, value, `an integer from ${least}`)
}

function checkOptionalFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw wrong(option, value, 'a function')
}

const wrong = (option: string, value: unknown, expected: string): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `${option} of an asynchronous operator is ${String(value)}: expected ${expected}.`,
  )
