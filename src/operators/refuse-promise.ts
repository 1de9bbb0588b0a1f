/**
 * What happens to an `async` function where records go through: it is refused. A promise would become the record, the
 * key or a condition that always holds, and its failure would end the process instead of the job.
 *
 * Owns the check and its words, and the error of any result that is refused. Loops check one call of a batch, which costs
 * nothing beside the batch; who is to blame is added by `chain-link.ts`, or by the partitioner for its key function.
 */

/** A function of the program returned what it must not. Carries no operator yet. */
export class ResultRefused extends Error {
  readonly subject: string
  readonly returned: string
  /** What is expected instead. */
  readonly rule: string

  /** `subject` is the function, as a sentence begins: `The map function`. */
  constructor(subject: string, returned: string, rule: string) {
    super(`${subject} returned ${returned}`)
    this.subject = subject
    this.returned = returned
    this.rule = rule
  }
}

export const promiseRule =
  'functions of operators are synchronous. Make asynchronous calls with asyncOrdered or asyncUnordered.'

/** Also promises of other kinds than the built-in one. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Fails with `ResultRefused` for a promise. `subject` is the function, as a sentence begins: `The map function`. */
export function refusePromise(result: unknown, subject: string): void {
  if (isPromise(result)) throw promiseReturned(result, subject)
}

/** Whatever the promise still brings is not heard: its rejection must not end the process. */
export function promiseReturned(result: PromiseLike<unknown>, subject: string): ResultRefused {
  result.then(undefined, () => {})
  return new ResultRefused(subject, 'a promise', promiseRule)
}
