/**
 * What happens to a function that should give any number of results and gives none of the things that can be gone through.
 *
 * Owns the check and its words; who is to blame is added by `chain-link.ts`. An array passes at the cost of one look.
 */
import { shortJson } from '../core/short-json.ts'
import { ResultRefused, refusePromise } from './refuse-promise.ts'

/** The results themselves. Fails with `ResultRefused`; `subject` is the function, as a sentence begins: `The flatMap function`. */
export function iterableOf(results: unknown, subject: string): Iterable<unknown> {
  if (Array.isArray(results) || isIterable(results)) return results
  refusePromise(results, subject)
  throw new ResultRefused(subject, shortJson(results), 'expected an iterable of results, such as an array.')
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof (value as { readonly [Symbol.iterator]?: unknown } | null | undefined)?.[Symbol.iterator] === 'function'
