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
  readonly effects: readonly { readonly type: string }[]
}

export type Tap = (step: StepSeen) => void

export const noTap: Tap = () => {}
