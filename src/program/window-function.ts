/** What a program gives for the function of a window, a plain function or a definition, as the operator takes it. */
import { refusePromise } from '../operators/refuse-promise.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import type { WindowFunction } from '../operators/windows/definition.ts'
import type { Window } from '../operators/windows/window.ts'
import { checkDefinition } from './program-builder.ts'

type AnyFunction = WindowFunction<unknown, unknown, unknown>

/** What `reduce` and `aggregate` were given as their second argument; undefined without one. */
export function windowFunctionOf(call: string, result: unknown): AnyFunction | undefined {
  if (result === undefined) return undefined
  if (typeof result === 'function') {
    const fn = result as (value: unknown, key: unknown, window: Window) => unknown
    return {
      process(value, ctx) {
        const made = fn(value, ctx.key, ctx.window)
        refusePromise(made, `The result function of ${call}`)
        ctx.emit(made)
      },
    }
  }
  checkDefinition(call, result, 'process')
  return bound(result as AnyFunction)
}

/** With functions that can be called by themselves. */
export const bound = <In, K, Out, W extends StateDeclarations, S extends StateDeclarations>(
  definition: WindowFunction<In, K, Out, W, S>,
): WindowFunction<In, K, Out, W, S> => ({
  ...definition,
  process: definition.process.bind(definition),
  ...(definition.clear !== undefined && { clear: definition.clear.bind(definition) }),
})
