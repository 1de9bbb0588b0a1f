/** The open windows of the current key: what both ways of keeping them have in common. */
import { refusePromise } from '../refuse-promise.ts'
import type { TimeDomain } from '../timer-service.ts'
import type { WindowDefinition } from './definition.ts'
import type { Triggering } from './triggering.ts'
import type { TriggerResult, Window } from './window.ts'
import type { WindowCalls } from './window-calls.ts'
import type { WindowContents } from './window-contents.ts'
import type { Fire } from './window-firing.ts'

/** What windows are made of. */
export interface WindowParts {
  readonly definition: WindowDefinition
  readonly contents: WindowContents
  readonly triggering: Triggering
  readonly calls: WindowCalls
  readonly fire: Fire
  /** How far event time has come for these windows: minus infinity where they go by the clock. */
  readonly time: { readonly watermark: number }
}

export interface KeyWindows {
  /** Adds an element to the windows assigned to it. Was it too late for all of them, or was there none? Then false. */
  element(value: unknown, timestamp: number, windows: readonly Window[]): boolean
  timer(timer: number, domain: TimeDomain): void
  /** Behind a restore: sees to it that all windows of all keys are heard of, whatever program has opened them. */
  adopt(): void
}

const results: readonly TriggerResult[] = ['fire', 'purge', 'fire-and-purge']

/** Fails for what a trigger cannot say, such as nothing. Of `continue` nobody asks. */
export function checkResult(result: unknown): void {
  if (results.includes(result as TriggerResult)) return
  refusePromise(result, 'A function of the trigger')
  throw new Error(
    `a trigger gave ${String(result)}: expected "continue", ${results.map((one) => `"${one}"`).join(', ')}`,
  )
}
