/** Which parts of windows do not go together: said when the program is built. */
import { StreamError } from '../../core/errors.ts'
import { shortJson } from '../../core/short-json.ts'
import { descriptorsOf } from '../state-descriptors.ts'
import { describeContents } from './contents-states.ts'
import type { WindowDefinition } from './definition.ts'
import { triggeringDescriptors, triggerOf } from './triggering.ts'
import { functionOf } from './window-firing.ts'

/** Fails with `ARGUMENT_INVALID`, and `STATE_NAME_DUPLICATE` for a state with a name of the operator's own. */
export function checkWindows(definition: WindowDefinition): void {
  const { assigner, computation, allowedLatenessMs } = definition
  const trigger = triggerOf(definition)
  if (!(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)) {
    throw invalid(`allowedLateness was given ${String(allowedLatenessMs)}`, 'whole milliseconds from 0')
  }
  if (assigner.merging) {
    if (trigger.onMerge === undefined) {
      throw invalid(`A ${trigger.description} is used with ${assigner.description}`, 'a trigger that has onMerge')
    }
    if (computation.type === 'aggregate' && computation.aggregate.merge === undefined) {
      throw invalid(
        `An aggregate without merge is used with ${assigner.description}`,
        'one with merge, since two of these windows may become one',
      )
    }
    if (Object.keys(functionOf(computation)?.windowState ?? {}).length > 0) {
      throw invalid(
        `A window function with windowState is used with ${assigner.description}`,
        'state only, since two of these windows may become one',
      )
    }
  }
  checkDeclared('windowState', functionOf(computation)?.windowState)
  checkDeclared('state', functionOf(computation)?.state)
  const timing = triggeringDescriptors(definition)
  // Also the names that other windows use: what is refused does not depend on what else the program says.
  const own = Object.keys(descriptorsOf(functionOf(computation)?.state ?? {})).find(
    (name) => Object.hasOwn(timing, name) || describeContents(name) !== undefined,
  )
  if (own === undefined) return
  throw new StreamError(
    'STATE_NAME_DUPLICATE',
    `A window function declares the state "${own}", a name that windows use for their own: expected another name.`,
    { details: { state: own } },
  )
}

/** Fails for what is no record of declared states. */
function checkDeclared(what: string, states: unknown = {}): void {
  if (typeof states !== 'object' || states === null) throw notDeclared(what, states)
  for (const [name, state] of Object.entries(states)) {
    if ((state as { readonly descriptor?: unknown } | undefined | null)?.descriptor === undefined) {
      throw notDeclared(`${what}.${name}`, state)
    }
  }
}

const notDeclared = (what: string, got: unknown): StreamError =>
  invalid(
    `The ${what} of a window function is ${shortJson(got)}`,
    'states that are declared, such as { seen: valueState(0) }',
  )

const invalid = (what: string, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${what}: expected ${expected}.`)
