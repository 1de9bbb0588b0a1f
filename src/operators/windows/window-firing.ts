/** What a window gives out when it fires: from its contents to the call of its function, through the evictor if there is one. */
import { shortJson } from '../../core/short-json.ts'
import { ResultRefused, refusePromise } from '../refuse-promise.ts'
import type { WindowComputation, WindowDefinition, WindowFunction } from './definition.ts'
import { unstamped } from './keyed-panes.ts'
import type { AggregateFunction, Evictor, EvictorContext, Window, WindowElement } from './window.ts'
import type { WindowCalls } from './window-calls.ts'
import { contentsOf, elementsIn, type Runs } from './window-contents.ts'

/** Gives out the result of a window, and returns the contents that stay: undefined when an evictor has taken all. */
export type Fire = (contents: unknown, window: Window, name: string) => unknown

/** The function that is called with results, if any. */
export const functionOf = (computation: WindowComputation): WindowFunction<unknown, unknown, unknown> | undefined =>
  computation.type === 'elements'
    ? (computation.process as WindowFunction<unknown, unknown, unknown>)
    : computation.finish

export function firingOf({ computation, evictor }: WindowDefinition, calls: WindowCalls): Fire {
  if (evictor !== undefined) return evicting(computation, evictor, calls)
  switch (computation.type) {
    case 'reduce':
      return (contents, window, name) => {
        calls.result(contents, window, name)
        return contents
      }
    case 'aggregate':
      return (contents, window, name) => {
        calls.result(resultOf(computation.aggregate, contents), window, name)
        return contents
      }
    case 'elements':
      return (contents, window, name) => {
        calls.result(elementsIn(contents as Runs), window, name)
        return contents
      }
  }
}

type Elements = readonly WindowElement<unknown>[]

function evicting(computation: WindowComputation, evictor: Evictor<unknown>, calls: WindowCalls): Fire {
  const context: EvictorContext = {
    get processingTime() {
      return calls.processingTime
    },
    get currentWatermark() {
      return calls.currentWatermark
    },
  }
  return (contents, window, name) => {
    const all = elementsIn(contents as Runs) as Elements
    const given = evictor.before === undefined ? all : staying(evictor.before(all, window, context), 'before')
    giveOut(computation, given, (value) => calls.result(value, window, name))
    const left = evictor.after === undefined ? given : staying(evictor.after(given, window, context), 'after')
    if (left === all) return contents
    return left.length === 0 ? undefined : [left]
  }
}

function staying(elements: unknown, when: 'before' | 'after'): Elements {
  if (Array.isArray(elements) && elements.every(isElement)) return elements as Elements
  const subject = `The ${when} function of the evictor`
  refusePromise(elements, subject)
  throw new ResultRefused(subject, shortJson(elements), 'expected an array of the elements that stay.')
}

const isElement = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'value' in value && 'timestamp' in value

function resultOf(aggregate: AggregateFunction<unknown, unknown, unknown>, accumulator: unknown): unknown {
  const result = aggregate.getResult(accumulator)
  refusePromise(result, 'The getResult function of the aggregate')
  return result
}

/** As if the elements had been combined when they came. Of no element there is nothing to reduce. */
function giveOut(computation: WindowComputation, elements: Elements, result: (value: unknown) => void): void {
  const values = elements.map(({ value }) => value)
  if (computation.type === 'elements') {
    result(values)
    return
  }
  const { add } = contentsOf(computation, false)
  const combined = values.reduce((contents, value) => add(contents, value, unstamped), undefined)
  if (computation.type === 'aggregate') {
    result(
      resultOf(computation.aggregate, combined === undefined ? computation.aggregate.createAccumulator() : combined),
    )
  } else if (combined !== undefined) result(combined)
}
