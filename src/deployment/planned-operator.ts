/**
 * What one operator has to expect of a restore, as plain data: whose state it takes over, which states, how, and what is
 * wrong. Pure; the whole is put together by `restore-plan.ts`.
 */
import { handlesOf, type ManifestOperator } from '../backends/manifest.ts'
import type { StateDescriptor } from '../backends/state-backend.ts'
import type { ErrorCode, StreamError } from '../core/errors.ts'
import type { OperatorId } from '../core/ids.ts'
import type { OperatorStateMode } from '../core/operator-state.ts'
import type { StateKind } from '../core/state-handles.ts'
import type { JobOperator, JobVertex } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { isWhole, type UnkeyedSource } from './list-matching.ts'
import type { KeyedSource, Matching, UnclaimedState } from './operator-matching.ts'
import { judgeLists, judgeWhole } from './operator-state-check.ts'
import { isOwnState, otherContents } from './own-states.ts'
import { judgeStates, type StateVerdict } from './state-check.ts'
import { labelOf, mappingName } from './state-mapping.ts'

/**
 * Of the program: `as-is`, `rescaled` (to another parallelism), `migrated` (some state is converted), `finished` (it had read
 * all its data, and does not run again), `new` (starts empty), `stateless`, `refused`. Of the snapshot: `dropped`, since nobody
 * takes it.
 */
export type OperatorOutcome =
  | 'as-is'
  | 'rescaled'
  | 'migrated'
  | 'finished'
  | 'new'
  | 'stateless'
  | 'refused'
  | 'dropped'

export interface PlannedOperator {
  readonly id: OperatorId
  readonly uid: string | undefined
  readonly name: string
  readonly outcome: OperatorOutcome
  /** In whose place it stands, when that was stored under another id than its own. */
  readonly from: OperatorName | undefined
  /** Stored: of what it takes, another one than the program's if any of it has. */
  readonly parallelism: { readonly stored: number | undefined; readonly program: number | undefined }
  /** Of all state that it takes from, or that is dropped. */
  readonly bytes: number
  readonly states: readonly PlannedState[]
  /** What is wrong, each with what mends it. */
  readonly refusals: readonly { readonly code: ErrorCode; readonly message: string }[]
  /** Against what is dropped. */
  readonly remedies: readonly Remedy[]
}

/** What to type. */
export interface Remedy {
  readonly type: string
  /** Is the state kept then, or may it be dropped? */
  readonly effect: 'keeps' | 'drops'
  /** Does it name what only looks like the same thing under a new name? */
  readonly guessed: boolean
}

export interface OperatorName {
  readonly id: OperatorId
  readonly uid: string | undefined
  readonly name: string
}

export interface PlannedState {
  /** In the program; of what is dropped, in the snapshot. Undefined for state that belongs to no key and is one value. */
  readonly name: string | undefined
  /** Where it was, when that was elsewhere: `state`, or `operator/state` as in a mapping. */
  readonly from: string | undefined
  /** Of keyed state its kind, of lists that belong to no key their mode; `whole` is one value per subtask. */
  readonly kind: StateKind | 'timers' | OperatorStateMode | 'whole'
  /** The kind that was stored, when it was another one. */
  readonly storedKind: StateKind | 'timers' | undefined
  readonly version: { readonly stored: number | undefined; readonly program: number | undefined }
  /** Of lists: how many, over all subtasks. */
  readonly items: number | undefined
  readonly outcome: 'as-is' | 'migrated' | 'new' | 'dropped' | 'refused'
  readonly why: string | undefined
}

export const storedBytes = ({ subtasks }: ManifestOperator): number =>
  subtasks.flatMap(handlesOf).reduce((sum, { length }) => sum + length, 0)

const nameOf = ({ id, uid, name }: OperatorName): OperatorName => ({ id, uid, name })

export function planOperator(
  operator: JobOperator,
  { parallelism }: JobVertex,
  { matched, keyed, unkeyed, unclaimed }: Matching,
  refusals: readonly StreamError[],
): PlannedOperator {
  const place = matched.get(operator.id)
  const sources = keyed.get(operator.id) ?? []
  const left = unclaimed.filter(({ heir }) => heir === operator)
  const others = unkeyed.get(operator.id) ?? []
  const onItsWay = place?.subtasks.some(({ inFlight = [] }) => inFlight.length > 0) ? [place] : []
  const takenFrom = [...new Set([...onItsWay, ...[...others, ...sources].map(({ stored }) => stored)])]
  const rescaled = takenFrom.find((stored) => stored.parallelism !== parallelism)
  const states = [
    ...keyedStates(operator, place, sources),
    ...unkeyedStates(operator, place, others),
    ...left.flatMap(droppedStates),
  ]
  const planned = {
    ...nameOf(operator),
    from: place === undefined || place.id === operator.id ? undefined : nameOf(place),
    parallelism: { stored: (rescaled ?? takenFrom[0] ?? place)?.parallelism, program: parallelism },
    bytes: takenFrom.reduce((sum, one) => sum + storedBytes(one), 0),
    states,
    refusals: refusals.map(({ code, message }) => ({ code, message })),
    remedies: left.flatMap((unclaimed) => keepingStates(unclaimed, operator, states)),
  }
  const finished = place?.subtasks.every((subtask) => subtask.finished) === true
  return { ...planned, outcome: outcomeOf(operator, planned, { restored: takenFrom.length > 0, finished }) }
}

function outcomeOf(
  { operator }: JobOperator,
  { refusals, states, parallelism: { stored, program } }: Omit<PlannedOperator, 'outcome'>,
  { restored, finished }: { readonly restored: boolean; readonly finished: boolean },
): OperatorOutcome {
  if (refusals.some(({ code }) => code !== 'RESTORE_STATE_UNMATCHED')) return 'refused'
  if (finished) return 'finished'
  if (!restored) return operator.stateful ? 'new' : 'stateless'
  if (states.some(({ outcome }) => outcome === 'migrated')) return 'migrated'
  return stored === program ? 'as-is' : 'rescaled'
}

/** State of an operator that the program does not have. `guess` is the operator that it may be called now. */
export const planDropped = (unclaimed: UnclaimedState, guess: JobOperator | undefined): PlannedOperator => ({
  ...nameOf(unclaimed.stored),
  outcome: 'dropped',
  from: undefined,
  parallelism: { stored: unclaimed.stored.parallelism, program: undefined },
  bytes: storedBytes(unclaimed.stored),
  states: droppedStates(unclaimed),
  refusals: [],
  remedies: keepingOperator(unclaimed, guess),
})

function keyedStates(
  operator: JobOperator,
  place: ManifestOperator | undefined,
  sources: readonly KeyedSource[],
): readonly PlannedState[] {
  const factory = operator.operator as OperatorFactory
  const declared = factory.states
  const taken = judgeStates(factory, sources).map((verdict) => {
    const { stored, from, to } = verdict
    const origin = originOf(stored.name, from, place)
    return restoredState(verdict, origin, stored.kind === 'timers' ? undefined : declared?.[to])
  })
  const names = new Set(taken.map(({ name }) => name))
  const fresh = Object.entries(declared ?? {}).filter(([name]) => !names.has(name))
  return [...taken, ...fresh.map(([name, descriptor]) => newState(name, descriptor))]
}

const originOf = (name: string, from: ManifestOperator, place: ManifestOperator | undefined): string =>
  from === place ? name : `${mappingName(from.uid ?? from.id)}/${mappingName(name)}`

function restoredState(
  { stored: { kind, version }, to: name, conversion }: StateVerdict,
  from: string,
  declared: StateDescriptor | undefined,
): PlannedState {
  const program = declared === undefined ? kind : declared.kind
  return {
    name,
    from: from === name ? undefined : from,
    kind: program,
    storedKind: program === kind ? undefined : kind,
    version: { stored: version, program: declared?.version },
    items: undefined,
    outcome: outcomes[conversion.type],
    why: conversion.type === 'same' ? undefined : conversion.why,
  }
}

const outcomes = { same: 'as-is', converted: 'migrated', refused: 'refused' } as const

const newState = (
  name: string,
  { kind, version }: { readonly kind: PlannedState['kind']; readonly version?: number | undefined },
): PlannedState => ({
  name,
  from: undefined,
  kind,
  storedKind: undefined,
  version: { stored: undefined, program: version },
  items: undefined,
  outcome: 'new',
  why: undefined,
})

function unkeyedStates(
  operator: JobOperator,
  place: ManifestOperator | undefined,
  sources: readonly UnkeyedSource[],
): readonly PlannedState[] {
  const verdicts = judgeLists(operator, sources)
  const taken = verdicts.map(({ list: { name, mode, items }, from, to, type }): PlannedState => {
    const origin = originOf(name, from, place)
    const outcome = type === 'same' ? 'as-is' : type
    return { ...unversioned, name: to, from: origin === to ? undefined : origin, kind: mode, items, outcome }
  })
  const fresh = Object.entries((operator.operator as OperatorFactory).operatorStates ?? {}).filter(
    ([name]) => !verdicts.some(({ to }) => to === name),
  )
  const outcome = judgeWhole(operator) === 'same' ? 'as-is' : 'refused'
  const whole = sources.filter(({ stored }) => isWhole(stored))
  return [
    ...taken,
    ...whole.map(() => wholeState(outcome)),
    ...fresh.map(([name, { mode }]) => newState(name, { kind: mode })),
  ]
}

const unversioned = {
  from: undefined,
  storedKind: undefined,
  version: { stored: undefined, program: undefined },
  why: undefined,
} as const

const wholeState = (outcome: PlannedState['outcome']): PlannedState => ({
  ...unversioned,
  name: undefined,
  kind: 'whole',
  items: undefined,
  outcome,
})

function droppedStates({ stored, heir, states, lists, unkeyed }: UnclaimedState): readonly PlannedState[] {
  const why = heir === undefined ? undefined : `operator ${labelOf(heir)} does not declare it`
  const rest = { ...unversioned, outcome: 'dropped', why } as const
  return [
    ...states.map((state): PlannedState => {
      const { name, kind, version } = state
      const why = (heir && otherContents(heir, [state])) ?? rest.why
      return { ...rest, name, kind, version: { stored: version, program: undefined }, items: undefined, why }
    }),
    ...lists.map(({ name, mode, items }): PlannedState => ({ ...rest, name, kind: mode, items })),
    ...(unkeyed && isWhole(stored) ? [wholeState('dropped')] : []),
  ]
}

const drop: Remedy = { type: '--allowNonRestoredState', effect: 'drops', guessed: false }
const keep = (type: string, guessed = false): Remedy => ({ type, effect: 'keeps', guessed })

/** For states that the operator in their place does not declare: perhaps one that starts empty is the same under a new name. */
function keepingStates(
  { stored, states, lists }: UnclaimedState,
  operator: JobOperator,
  planned: readonly PlannedState[],
): readonly Remedy[] {
  const [from, to] = [stored, operator].map(({ uid, id }) => mappingName(uid ?? id))
  const movable = states.filter((state) => !isOwnState(operator, state))
  const named = [...movable, ...lists.map(({ name, mode }) => ({ name, kind: mode }))]
  const moves = named.flatMap(({ name, kind }) => {
    if (kind === 'timers') return []
    const [fresh, ...others] = planned.filter((state) => state.outcome === 'new' && state.kind === kind)
    const guess = others.length > 0 ? undefined : fresh?.name
    const target = guess === undefined ? '<uid>/<state>' : `${to}/${mappingName(guess)}`
    return [keep(`--map-state ${from}/${mappingName(name)}=${target}`, guess !== undefined)]
  })
  return [...moves, drop]
}

/** For an operator that is gone. */
function keepingOperator({ stored }: UnclaimedState, guess: JobOperator | undefined): readonly Remedy[] {
  const target = guess === undefined ? '<uid>' : mappingName(guess.uid ?? guess.id)
  const named = stored.uid === undefined ? `.setUidHash('${stored.id}')` : `.uid('${stored.uid}')`
  const move = `--map-state ${mappingName(stored.uid ?? stored.id)}=${target}`
  return [keep(move, guess !== undefined), keep(named), drop]
}
