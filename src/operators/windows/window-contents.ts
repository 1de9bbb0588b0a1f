/**
 * What is kept of the elements of a window: one value in the state of its key, which is replaced with every element.
 *
 * Pure functions. A value is never undefined: that is a window without contents.
 */
import { isPromise, promiseReturned } from '../refuse-promise.ts'
import type { WindowComputation } from './definition.ts'
import type { WindowElement } from './window.ts'

export interface WindowContents {
  /** With one more element; `contents` is undefined at first. */
  add(contents: unknown, value: unknown, timestamp: number): unknown
  /** Of two windows that have become one: `earlier` began first. */
  merge(earlier: unknown, later: unknown): unknown
}

/** `stamped`: elements are kept, with their timestamps, whatever is computed from them: that is what an evictor needs. */
export function contentsOf(computation: WindowComputation, stamped: boolean): WindowContents {
  if (stamped) return stampedElements
  switch (computation.type) {
    case 'reduce':
      return reduced(computation.reduce)
    case 'aggregate':
      return aggregated(computation.aggregate)
    case 'elements':
      return elements
  }
}

function reduced(reduce: (a: unknown, b: unknown) => unknown): WindowContents {
  const combine = (a: unknown, b: unknown) => checked(reduce(a, b), 'The reduce function')
  return {
    add: (contents, value) => (contents === undefined ? first(value) : combine(contents, value)),
    merge: combine,
  }
}

/** The first record is what a window contains then. */
function first(value: unknown): unknown {
  if (value === undefined) throw new Error('reduce was given the record undefined: expected a value')
  return value
}

function aggregated(aggregate: Extract<WindowComputation, { type: 'aggregate' }>['aggregate']): WindowContents {
  const empty = () => checked(aggregate.createAccumulator(), 'The createAccumulator function of the aggregate')
  return {
    add: (contents, value) =>
      checked(aggregate.add(value, contents === undefined ? empty() : contents), 'The add function of the aggregate'),
    merge: (a, b) => checked(aggregate.merge!(a, b), 'The merge function of the aggregate'),
  }
}

/** Fails for what cannot be the contents of a window: whoever runs the operator adds its name. */
export function checked(contents: unknown, subject: string): unknown {
  if (contents === undefined) throw new Error(`${subject} gave undefined: expected a value`)
  if (isPromise(contents)) throw promiseReturned(contents, subject)
  return contents
}

/**
 * A growing list whose every version stays as it is: runs of elements, each longer than the one behind it. So an element is
 * copied as often as its run is joined with others, which is a number of times that grows with the logarithm of their number.
 */
export type Runs = readonly (readonly unknown[])[]

export function appended(runs: Runs, element: unknown): Runs {
  let length = 1
  let first = runs.length
  for (; first > 0 && runs[first - 1]!.length <= length; first--) length += runs[first - 1]!.length
  const run: unknown[] = new Array(length)
  let at = 0
  for (let i = first; i < runs.length; i++) {
    const earlier = runs[i]!
    for (let j = 0; j < earlier.length; j++) run[at++] = earlier[j]
  }
  run[at] = element
  if (first === 0) return [run]
  const next = runs.slice(0, first)
  next.push(run)
  return next
}

/** All elements, in the order in which they came. */
export const elementsIn = (runs: Runs): readonly unknown[] => (runs.length === 1 ? runs[0]! : runs.flat(1))

const elements: WindowContents = {
  add: (contents, value) => appended((contents ?? []) as Runs, value),
  merge: (earlier, later) => [[...elementsIn(earlier as Runs), ...elementsIn(later as Runs)]],
}

const stampedElements: WindowContents = {
  add: (contents, value, timestamp) =>
    appended((contents ?? []) as Runs, { value, timestamp } satisfies WindowElement<unknown>),
  merge: elements.merge,
}
