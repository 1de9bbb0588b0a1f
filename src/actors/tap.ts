/**
 * What an observer sees of the control plane: every step of every machine, told before its effects are carried out,
 * so that a crash leaves a record ending in the decision. Trace, statistics and checkers are observers of this one
 * stream; the runtime does not know what they do.
 */
import type { Address } from '../core/ids.ts'

export interface StepSeen {
  readonly address: Address
  readonly attempt: number
  readonly event: { readonly type: string }
  /** State values before and after, as xstate gives them: a string, or nested objects of strings. */
  readonly from: unknown
  readonly to: unknown
  readonly effects: readonly { readonly type: string; readonly params?: unknown }[]
  /** The machine's snapshot after the step, in whatever form its driver holds it: to look at, not to keep. */
  readonly snapshot?: unknown
}

export interface Tap {
  (step: StepSeen): void
  /** Told when the effect with this index has been carried out, before the next one is. */
  readonly carriedOut?: (step: StepSeen, index: number) => void
}

export const noTap: Tap = () => {}
