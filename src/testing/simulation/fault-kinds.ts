/**
 * What can go wrong in a simulated run, each with a name, how often it strikes and how often at most.
 *
 * *Spontaneous* faults come between two steps; all others befall something that is happening. Nothing here makes a
 * channel lose or reorder elements: between two subtasks of one process that cannot happen.
 */
import { StreamError } from '../../core/errors.ts'

export interface FaultKind {
  readonly what: string
  /** Comes between two steps: `rate` is the probability per step. Otherwise per opportunity. */
  readonly spontaneous?: true
  readonly rate: number
  /** Times in one run, at most. Without such a bound a run would not have to come to its end. */
  readonly most: number
}

const kinds = {
  'function-throws': { what: 'A function of the program throws.', rate: 0.003, most: 3 },
  'subtask-crash': { what: 'A subtask is told that it has failed.', spontaneous: true, rate: 0.0006, most: 2 },
  'coordinator-crash': {
    what:
      'The coordinator throws after a decision and before it is carried out. An actor that throws is a bug: the job fails ' +
      'for good, and the next process resumes it.',
    rate: 0.002,
    most: 1,
  },
  'process-death': { what: 'The process dies between two steps.', spontaneous: true, rate: 0.0006, most: 2 },
  'store-fails': { what: 'An operation on storage fails.', rate: 0.05, most: 12 },
  'store-slow': { what: 'An operation on storage takes its time.', rate: 0.05, most: 10 },
  'store-late': { what: 'It succeeds, but only after the checkpoint timeout.', rate: 0.01, most: 3 },
  'store-tears': {
    what: 'The process dies in the middle of a write: what was not synced is on the disk, cut short, or not at all.',
    rate: 0.01,
    most: 1,
  },
  'acknowledgement-delayed': { what: 'An acknowledgement is under way for long.', rate: 0.04, most: 12 },
  'acknowledgement-repeated': { what: 'An acknowledgement comes twice.', rate: 0.04, most: 12 },
  'notification-lost': {
    what: 'A subtask does not hear that a checkpoint is complete or aborted.',
    rate: 0.02,
    most: 8,
  },
  'actor-clogged': { what: 'An actor is not run for a while.', spontaneous: true, rate: 0.002, most: 6 },
  'channel-clogged': { what: 'A channel gives nothing for a while.', spontaneous: true, rate: 0.003, most: 10 },
  'clock-jump': { what: 'Time jumps forwards.', spontaneous: true, rate: 0.001, most: 3 },
  'clock-back': { what: 'The wall clock is set back; timers go on.', spontaneous: true, rate: 0.0005, most: 2 },
  'everything-twice': {
    what: 'Each control message that may be repeated comes twice.',
    rate: 0.02,
    most: Number.MAX_SAFE_INTEGER,
  },
} as const satisfies Readonly<Record<string, FaultKind>>

export type FaultName = keyof typeof kinds

export const faultKinds: Readonly<Record<FaultName, FaultKind>> = kinds
export const faultNames = Object.keys(kinds) as FaultName[]

/** What a user says about one fault: off, how often, or both rate and bound. */
export type FaultSetting = false | number | { readonly rate?: number; readonly most?: number }
export type FaultSettings = Readonly<Partial<Record<FaultName, FaultSetting>>>

export interface FaultRate {
  readonly rate: number
  readonly most: number
}
export type FaultRates = Readonly<Record<FaultName, FaultRate>>

/**
 * The usual rates, where `settings` does not say something else; none at all when it is `false`. Fails with
 * `ARGUMENT_INVALID` for the name of no fault: a run without the fault that was meant would say less than it seems to.
 */
export function faultRates(settings: FaultSettings | false = {}): FaultRates {
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(kinds, name))
  if (unknown !== undefined) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `There is no fault "${unknown}" for a simulation: expected ${faultNames.join(', ')}.`,
    )
  }
  const rates = faultNames.map((name): [FaultName, FaultRate] => {
    const { rate, most } = faultKinds[name]
    const setting = settings === false ? false : settings[name]
    if (setting === false) return [name, { rate: 0, most: 0 }]
    if (typeof setting === 'number') return [name, { rate, most: setting }]
    return [name, { rate: setting?.rate ?? rate, most: setting?.most ?? most }]
  })
  return Object.fromEntries(rates) as FaultRates
}

export const faultText = (fault: FaultName, target: string): string => `fault ${fault} ${target}`

/** A fault of the simulation, to be told from a real one. */
export class InjectedFault extends Error {}

/** Operations that faults of storage may befall, and those of them that write. */
export const storeOperation = /persist|store checkpoint|clean|prepare|restore|commit|reserve|pin |publish|remove /
export const writeOperation = /persist|store checkpoint|publish|pin |clean/
/** How long things are held up, and how far clocks jump. */
export const clogMs: readonly number[] = [5, 30, 120]
export const jumpMs: readonly number[] = [10, 100, 1_000]
