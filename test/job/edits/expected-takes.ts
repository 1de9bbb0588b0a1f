/**
 * The rules by which state finds its operator, once more and as simply as can be: what a restore does is held against them.
 * Who takes what; what it is then is in `expected-restore.ts`.
 */
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { PlacedOperator } from './build-program.ts'
import type { KeptOperator } from './kept-state.ts'
import { type Body, isKeyed, listsOf, type StateSpec, statesOf } from './program-spec.ts'

/** An operator by its uid or its id, or one of its states. */
export interface StatePlace {
  readonly operator: string
  readonly state?: string | undefined
}

export interface Mapping {
  readonly from: StatePlace
  readonly to: StatePlace
}

/** What one operator of the program takes. */
export interface Take {
  readonly operator: PlacedOperator
  /** In whose place it stands. */
  readonly place: KeptOperator | undefined
  readonly states: readonly { readonly from: KeptOperator; readonly name: string; readonly to: DeclaredState }[]
  readonly timers: boolean
  readonly lists: readonly TakenList[]
  /** Does it take the one value of each subtask in its place? */
  readonly whole: boolean
  /** Has it begun, though all its lists may have gone to others? */
  readonly begun: boolean
}

export interface TakenList {
  readonly from: KeptOperator
  readonly name: string
  readonly to: string
}

export type DeclaredState = Pick<StateSpec, 'name' | 'kind' | 'version' | 'ttl' | 'migrates'>

/** What nobody takes of an operator. */
export interface Left {
  readonly operator: KeptOperator
  /** Who stands in its place. */
  readonly heir: PlacedOperator | undefined
  readonly states: readonly string[]
  readonly timers: boolean
  readonly lists: readonly string[]
  readonly whole: boolean
}

export const declaredStates = (body: Body): readonly DeclaredState[] =>
  body.type === 'reduce' ? [{ name: 'reduce', kind: 'value', version: 0, ttl: false, migrates: false }] : statesOf(body)

export function isStateful(body: Body): boolean {
  switch (body.type) {
    case 'source':
    case 'reduce':
      return true
    case 'sink':
      return body.keeps !== 'nothing'
    case 'keyed':
      return body.timers || body.states.length > 0 || body.lists.length > 0
    default:
      return listsOf(body).length > 0
  }
}

/** Reduce has no place for what belongs to no key. */
const keepsUnkeyed = (body: Body): boolean => isStateful(body) && body.type !== 'reduce'

/** Of sources and sinks nobody knows what they declare. */
export const isFunction = ({ type }: Body): boolean => type === 'keyed' || type === 'unkeyed'

interface Move {
  readonly from: KeptOperator
  readonly list: boolean
  readonly state: string | undefined
  readonly to: PlacedOperator
  readonly name: string | undefined
}

export function expectTakes(
  kept: readonly KeptOperator[],
  program: readonly PlacedOperator[],
  mapping: readonly Mapping[],
) {
  const problems: ErrorCode[] = []
  const moves: Move[] = []
  for (const one of mapping) {
    const move = resolve(one, kept, program)
    const again = (other: Move) =>
      other.list === move?.list &&
      ((other.from === move.from && other.state === move.state) || (other.to === move.to && other.name === move.name))
    if (move === undefined || moves.some(again)) problems.push('STATE_MAPPING_INVALID')
    else moves.push(move)
  }
  const takes = program.map((operator) => takeOf(operator, kept, moves, problems))
  return { takes, left: kept.flatMap((operator) => leftOf(operator, takes)), problems }
}

function resolve({ from, to }: Mapping, kept: readonly KeptOperator[], program: readonly PlacedOperator[]) {
  const stored = kept.find(({ uid }) => uid === from.operator) ?? kept.find(({ id }) => id === from.operator)
  const target = program.find(({ spec }) => spec.uid === to.operator) ?? program.find(({ id }) => id === to.operator)
  if (stored === undefined || target === undefined) return undefined
  const move: Move = { from: stored, list: false, state: from.state, to: target, name: to.state }
  if (from.state === undefined) return move
  const asList = listsOf(target.spec.body).some(({ name }) => name === to.state)
  if (asList && stored.lists.has(from.state)) return { ...move, list: true }
  const declared = declaredStates(target.spec.body).some(({ name }) => name === to.state)
  return stored.states.has(from.state) && declared ? move : undefined
}

function takeOf(
  operator: PlacedOperator,
  kept: readonly KeptOperator[],
  moves: readonly Move[],
  problems: ErrorCode[],
): Take {
  const { body } = operator.spec
  const whole = moves.filter(({ state }) => state === undefined)
  const given = whole.find(({ to }) => to === operator)?.from
  const found = kept.find(({ id }) => id === operator.alternativeId) ?? kept.find(({ id }) => id === operator.id)
  const own = whole.some(({ from }) => from === found) ? undefined : found
  if (given !== undefined && own !== undefined && own.bytes > 0) problems.push('STATE_MAPPING_INVALID')
  const place = given ?? own
  const states = declaredStates(body).flatMap((to) => {
    const moved = moves.find((move) => !move.list && move.to === operator && move.name === to.name)
    const stays =
      place?.states.has(to.name) && !moves.some((move) => !move.list && move.from === place && move.state === to.name)
        ? [{ from: place, name: to.name, to }]
        : []
    if (moved === undefined) return stays
    if (stays.length > 0) problems.push('STATE_MAPPING_INVALID')
    return [{ from: moved.from, name: moved.state!, to }]
  })
  const timers = body.type === 'keyed' && body.timers && place?.timers !== undefined
  const lists = takenLists(operator, place, moves, problems)
  const takesWhole = keepsUnkeyed(body) && place?.whole !== undefined
  const begun = keepsUnkeyed(body) && !isFunction(body) && place !== undefined && place.lists.size > 0
  return { operator, place, states: isKeyed(body) ? states : [], timers, lists, whole: takesWhole, begun }
}

function takenLists(
  operator: PlacedOperator,
  place: KeptOperator | undefined,
  moves: readonly Move[],
  problems: ErrorCode[],
): readonly TakenList[] {
  const { body } = operator.spec
  if (!keepsUnkeyed(body)) return []
  const declares = (name: string) => !isFunction(body) || listsOf(body).some((list) => list.name === name)
  const away = (name: string) => moves.some((move) => move.list && move.from === place && move.state === name)
  const staying = [...(place?.lists.keys() ?? [])].filter((name) => declares(name) && !away(name))
  const given = moves.filter(({ list, to }) => list && to === operator)
  if (given.some(({ name }) => staying.includes(name!))) problems.push('STATE_MAPPING_INVALID')
  return [
    ...staying.map((name) => ({ from: place!, name, to: name })),
    ...given.map(({ from, state, name }) => ({ from, name: state!, to: name! })),
  ]
}

function leftOf(operator: KeptOperator, takes: readonly Take[]): readonly Left[] {
  const heir = takes.find(({ place }) => place === operator)
  const taken = takes.flatMap(({ states }) => states.filter(({ from }) => from === operator))
  const states = [...operator.states.keys()].filter((state) => !taken.some(({ name }) => name === state))
  const timers = operator.timers !== undefined && heir?.timers !== true
  const takenLists = takes.flatMap(({ lists }) => lists.filter(({ from }) => from === operator))
  const lists = [...operator.lists.keys()].filter((list) => !takenLists.some(({ name }) => name === list))
  const whole = operator.whole !== undefined && heir?.whole !== true
  const nothing = states.length === 0 && lists.length === 0 && !timers && !whole
  return nothing ? [] : [{ operator, heir: heir?.operator, states, timers, lists, whole }]
}
