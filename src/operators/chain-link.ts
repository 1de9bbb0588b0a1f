/**
 * One operator of a chain as the output of its parent, and as the one to blame: whatever its code throws leaves as a
 * `StreamError` that names it. An error that is a `StreamError` already passes unchanged, so the innermost operator is
 * the one named.
 */
import type { RecordBatch } from '../core/elements.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import type { Operator, Output } from './operator.ts'
import { PromiseReturned, promiseRule } from './refuse-promise.ts'

export class ChainLink implements Output {
  readonly operator: Operator
  readonly #name: string
  readonly #uid: string | undefined

  constructor(operator: Operator, name: string, uid: string | undefined) {
    this.operator = operator
    this.#name = name
    this.#uid = uid
  }

  emit(batch: RecordBatch): void {
    this.input(0, batch)
  }

  watermark(timestamp: number): void {
    this.inputWatermark(0, timestamp)
  }

  input(input: 0 | 1, batch: RecordBatch): void {
    try {
      this.operator.batch(input, batch)
    } catch (thrown) {
      throw this.#named(thrown)
    }
  }

  inputWatermark(input: 0 | 1, timestamp: number): void {
    try {
      this.operator.watermark(input, timestamp)
    } catch (thrown) {
      throw this.#named(thrown)
    }
  }

  /** Any other call of the operator, with its errors named; also those of the promise that it returns. */
  call<T>(action: (operator: Operator) => T): T {
    try {
      const result = action(this.operator)
      if (!(result instanceof Promise)) return result
      return result.catch((thrown: unknown) => {
        throw this.#named(thrown)
      }) as T
    } catch (thrown) {
      throw this.#named(thrown)
    }
  }

  #named(thrown: unknown): StreamError {
    if (thrown instanceof StreamError) return thrown
    const uid = this.#uid === undefined ? 'no uid' : `uid "${this.#uid}"`
    const details = { operator: this.#name, uid: this.#uid ?? null }
    if (thrown instanceof PromiseReturned) {
      const sentence = `${thrown.subject} of operator "${this.#name}" (${uid}) returned a promise: ${promiseRule}`
      return new StreamError('USER_FUNCTION_FAILED', sentence, { restartable: false, details })
    }
    const sentence = `A function of operator "${this.#name}" (${uid}) failed: ${messageOf(thrown)}`
    return new StreamError('USER_FUNCTION_FAILED', sentence, { cause: thrown, restartable: true, details })
  }
}
