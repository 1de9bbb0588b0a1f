/**
 * One operator of a chain as the output of its parent, and as the one to blame: whatever its code throws leaves as a
 * `StreamError` that names it. An error that is a `StreamError` already passes unchanged, so the innermost operator is
 * the one named.
 */
import type { RecordBatch } from '../core/elements.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { FusedSteps } from './fused-steps.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { ResultRefused } from './refuse-promise.ts'
import { stepOf } from './stateless.ts'

interface Run {
  readonly links: readonly ChainLink[]
  /** Of the last one. */
  readonly output: Output
  readonly limit: number
  readonly owner: string
}

/** What the engine says of a change of something frozen. */
const changesFrozen = /read only property|object is not extensible|^Cannot (delete|redefine) property/
const frozenRule =
  'What is kept in state, as an accumulator is, is frozen and must not be changed in place: give a new one, such as { ...old, n: old.n + 1 }.'

export class ChainLink implements Output {
  readonly operator: Operator
  readonly #name: string
  readonly #uid: string | undefined
  /** This operator and those that follow it alone, as far as one loop can be made of them. Known once it is open. */
  #run: Run | undefined
  #fused: FusedSteps | undefined
  #output!: Output

  constructor(operator: Operator, name: string, uid: string | undefined) {
    this.operator = operator
    this.#name = name
    this.#uid = uid
  }

  emit(batch: RecordBatch): void {
    this.input(0, batch)
  }

  watermark(timestamp: number): void {
    try {
      if (this.operator.watermark === undefined) this.#output.watermark(timestamp)
      else this.operator.watermark(timestamp)
    } catch (thrown) {
      throw this.#named(thrown)
    }
  }

  watermarkStatus(idle: boolean): void {
    try {
      if (this.operator.watermarkStatus === undefined) this.#output.watermarkStatus(idle)
      else this.operator.watermarkStatus(idle)
    } catch (thrown) {
      throw this.#named(thrown)
    }
  }

  /** Opens the operator. Those that it feeds are open already. */
  open(context: OperatorContext, restored: unknown): void {
    this.#output = context.output
    this.call((operator) => operator.open(context, restored))
    if (stepOf(this.operator) === undefined) return
    const { output, batchRecords: limit, jobId, operatorId } = context
    const owner = `${jobId} ${operatorId}`
    const next = output instanceof ChainLink ? output.#run : undefined
    this.#run = { links: [this, ...(next?.links ?? [])], output: next?.output ?? output, limit, owner }
  }

  input(input: 0 | 1, batch: RecordBatch): void {
    try {
      const fused = this.#fused ?? this.#fuse()
      if (fused === undefined) this.operator.batch(input, batch)
      else fused.batch(batch)
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

  /** At the first batch: only the first operator of a run gets one. */
  #fuse(): FusedSteps | undefined {
    if (this.#run === undefined) return undefined
    const { links, output, limit, owner } = this.#run
    this.#run = undefined
    if (links.length < 2) return undefined
    const steps = links.map(({ operator }) => stepOf(operator)!)
    const named = (step: number, thrown: unknown) => links[step]!.#named(thrown)
    this.#fused = new FusedSteps({ steps, output, limit, owner, named })
    return this.#fused
  }

  #named(thrown: unknown): StreamError {
    if (thrown instanceof StreamError) return thrown
    const uid = this.#uid === undefined ? 'no uid' : `uid "${this.#uid}"`
    const details = { operator: this.#name, uid: this.#uid ?? null }
    if (thrown instanceof ResultRefused) {
      const { subject, returned, rule } = thrown
      const sentence = `${subject} of operator "${this.#name}" (${uid}) returned ${returned}: ${rule}`
      return new StreamError('USER_FUNCTION_FAILED', sentence, { restartable: false, details })
    }
    const hint = thrown instanceof TypeError && changesFrozen.test(thrown.message) ? `. ${frozenRule}` : ''
    const sentence = `A function of operator "${this.#name}" (${uid}) failed: ${messageOf(thrown)}${hint}`
    return new StreamError('USER_FUNCTION_FAILED', sentence, { cause: thrown, restartable: true, details })
  }
}
