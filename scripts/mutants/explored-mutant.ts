/**
 * What a mutant is that the explorer must find: the protocol with one deliberate bug, the smallest scenario in which the
 * bug can do harm, and the one checker that watches. It watches alone, so that no other can find the bug for it.
 */
import type { CheckpointModelOptions } from '../../src/testing/checkpoint-model/model-options.ts'
import {
  type KernelRules,
  type ProtocolCharts,
  type ProtocolParts,
  trueParts,
} from '../../src/testing/checkpoint-model/protocol-parts.ts'

export interface ExploredMutant {
  /** What is broken, as a sentence about the code that has the bug. */
  readonly name: string
  /** The id of the checker that must find it. */
  readonly checker: string
  readonly parts: ProtocolParts
  readonly options: Partial<CheckpointModelOptions>
}

export const withRules = (rules: Partial<KernelRules>): ProtocolParts => ({
  ...trueParts,
  rules: { ...trueParts.rules, ...rules },
})

export const withCharts = (changed: Partial<ProtocolCharts>): ProtocolParts => ({
  ...trueParts,
  charts: { ...trueParts.charts, ...changed },
})

/** Scenarios: one or two checkpoints that may expire; one with a crash of a subtask, or the death of the process. */
export const one = { periodic: 1, expiries: 1 } as const
export const two = { periodic: 2, expiries: 1 } as const
export const crashed = { periodic: 1, crashes: 1 } as const
export const died = { periodic: 1, deaths: 1 } as const
