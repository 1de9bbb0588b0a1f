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
  readonly unkeyed: boolean
}

export type DeclaredState = Pick<StateSpec, 'name' | 'kind' | 'version' | 'ttl' | 'migrates'>

/** What nobody takes of an operator. */
export interface Left {
  readonly operator: KeptOperator
  /** Who stands in its place. */
  readonly heir: PlacedOperator | undefined
  readonly states: readonly string[]
  readonly timers: boolean
  readonly unkeyed: boolean
}

export const hasUnkeyed = ({ lists, whole }: KeptOperator): boolean => lists.size > 0 || whole !== undefined

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

/** A process function that keeps anything keeps lists that it does not declare, too; reduce has no place for them. */
const keepsUnkeyed = (body: Body): boolean => isStateful(body) && body.type !== 'reduce'

interface Move {
  readonly from: KeptOperator
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
      (other.from === move?.from && other.state === move.state) || (other.to === move?.to && other.name === move.name)
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
  const move: Move = { from: stored, state: from.state, to: target, name: to.state }
  if (from.state === undefined) return move
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
    const moved = moves.find((move) => move.to === operator && move.name === to.name)
    const stays =
      place?.states.has(to.name) && !moves.some((move) => move.from === place && move.state === to.name)
        ? [{ from: place, name: to.name, to }]
        : []
    if (moved === undefined) return stays
    if (stays.length > 0) problems.push('STATE_MAPPING_INVALID')
    return [{ from: moved.from, name: moved.state!, to }]
  })
  const timers = body.type === 'keyed' && body.timers && place?.timers !== undefined
  const unkeyed = place !== undefined && keepsUnkeyed(body) && hasUnkeyed(place)
  return { operator, place, states: isKeyed(body) ? states : [], timers, unkeyed }
}

function leftOf(operator: KeptOperator, takes: readonly Take[]): readonly Left[] {
  const heir = takes.find(({ place }) => place === operator)
  const taken = takes.flatMap(({ states }) => states.filter(({ from }) => from === operator))
  const states = [...operator.states.keys()].filter((state) => !taken.some(({ name }) => name === state))
  const timers = operator.timers !== undefined && heir?.timers !== true
  const unkeyed = hasUnkeyed(operator) && heir?.unkeyed !== true
  const nothing = states.length === 0 && !timers && !unkeyed
  return nothing ? [] : [{ operator, heir: heir?.operator, states, timers, unkeyed }]
}
