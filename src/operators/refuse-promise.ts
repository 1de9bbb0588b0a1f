/**
 * What happens to an `async` function where records go through: it is refused. A promise would become the record, the
 * key or a condition that always holds, and its failure would end the process instead of the job.
 *
 * Owns the check and its words. Loops check one call of a batch, which costs nothing beside the batch; who is to blame is
 * added by `chain-link.ts`, or by the partitioner for its key function.
 */

/** A function of the program returned a promise. Carries no operator yet. */
export class PromiseReturned extends Error {
  readonly subject: string

  constructor(subject: string) {
    super(`${subject} returned a promise`)
    this.subject = subject
  }
}

export const promiseRule =
  'functions of operators are synchronous. Make asynchronous calls with asyncOrdered or asyncUnordered.'

/** Also promises of other kinds than the built-in one. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Fails with `PromiseReturned` for a promise. `subject` is the function, as a sentence begins: `The map function`. */
export function refusePromise(result: unknown, subject: string): void {
  if (isPromise(result)) throw promiseReturned(result, subject)
}

/** Whatever the promise still brings is not heard: its rejection must not end the process. */
export function promiseReturned(result: PromiseLike<unknown>, subject: string): PromiseReturned {
  result.then(undefined, () => {})
  return new PromiseReturned(subject)
}
