/**
 * Which state of a snapshot each operator of a program takes over, and what nobody takes: pure.
 *
 * State is found by operator id; an id given by `setUidHash` wins where the snapshot has it, and a mapping (`state-mapping.ts`)
 * wins over both. Owns who takes what; how it is given out to subtasks is in `state-assignment.ts`. Tests:
 * test/deployment/operator-matching.test.ts.
 */
import { handlesOf, type ManifestOperator, type StoredState } from '../backends/manifest.ts'
import type { StateChoice } from '../backends/state-backend.ts'
import type { StreamError } from '../core/errors.ts'
import type { OperatorId } from '../core/ids.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import type { JobGraph, JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { isWhole, keepsUnkeyed, type UnkeyedSource, unclaimedLists, unkeyedSourcesOf } from './list-matching.ts'
import { invalid, keyedStatesOf, labelOf, resolveMappings, type StateMapping, type StateMove } from './state-mapping.ts'

/** Keyed state that an operator takes from one operator of the snapshot. */
export interface KeyedSource {
  readonly stored: ManifestOperator
  /** Which of its states, and under which name; all under their own when left out. */
  readonly states?: readonly StateChoice[] | undefined
}

/** State that nobody takes. */
export interface UnclaimedState {
  readonly stored: ManifestOperator
  /** The operator of the program that stands in its place, but does not take this. */
  readonly heir: JobOperator | undefined
  /** Keyed states, timers among them. */
  readonly states: readonly StoredState[]
  /** Lists that belong to no key. */
  readonly lists: readonly OperatorItemsFacts[]
  /** And what belongs to no key and is in no list, and what was on its way to it? */
  readonly unkeyed: boolean
}

export interface Matching {
  /** In whose place each operator stands: it takes what was on its way there, and goes on if that one had finished. */
  readonly matched: ReadonlyMap<OperatorId, ManifestOperator>
  readonly keyed: ReadonlyMap<OperatorId, readonly KeyedSource[]>
  readonly unkeyed: ReadonlyMap<OperatorId, readonly UnkeyedSource[]>
  readonly unclaimed: readonly UnclaimedState[]
  /** Mappings that cannot be carried out. */
  readonly problems: readonly StreamError[]
}

export const hasState = ({ subtasks }: ManifestOperator): boolean =>
  subtasks.some((subtask) => handlesOf(subtask).length > 0)

/** What was on its way goes to whoever stands in the place, one value only to an operator that can keep it. */
const leavesUnkeyed = (stored: ManifestOperator, heir: JobOperator | undefined): boolean =>
  (isWhole(stored) && (heir === undefined || !keepsUnkeyed(heir))) ||
  (heir === undefined && stored.subtasks.some(({ inFlight = [] }) => inFlight.length > 0))

export function matchOperators(
  graph: JobGraph,
  stored: readonly ManifestOperator[],
  mappings: readonly StateMapping[] = [],
): Matching {
  const program = graph.vertices.flatMap(({ operators }) => operators)
  const { moves, problems: misnamed } = resolveMappings(mappings, stored, program)
  const problems = [...misnamed]
  const matched = matchPlaces(program, stored, moves, problems)
  const keyed = new Map<OperatorId, readonly KeyedSource[]>()
  const unkeyed = new Map<OperatorId, readonly UnkeyedSource[]>()
  for (const operator of program) {
    const place = matched.get(operator.id)
    const sources = keyedSourcesOf(operator, place, moves, problems)
    if (sources.length > 0) keyed.set(operator.id, sources)
    const others = unkeyedSourcesOf(operator, place, moves, problems)
    if (others.length > 0) unkeyed.set(operator.id, others)
  }
  const heirs = new Map([...matched].map(([id, { id: from }]) => [from, program.find((one) => one.id === id)!]))
  const unclaimed = stored.flatMap((operator) => unclaimedOf(operator, heirs.get(operator.id), { keyed, unkeyed }))
  return { matched, keyed, unkeyed, unclaimed, problems }
}

/** An operator without a move of its own keeps its place, unless that went to another. */
function matchPlaces(
  program: readonly JobOperator[],
  stored: readonly ManifestOperator[],
  moves: readonly StateMove[],
  problems: StreamError[],
): ReadonlyMap<OperatorId, ManifestOperator> {
  const byId = new Map(stored.map((operator) => [operator.id, operator]))
  const whole = moves.filter(({ type }) => type === 'operator')
  const movedAway = new Set(whole.map((move) => move.stored.id))
  const matched = new Map<OperatorId, ManifestOperator>()
  for (const operator of program) {
    const move = whole.find(({ target }) => target === operator)
    const own = ownOf(operator, byId)
    const left = own === undefined || movedAway.has(own.id) ? undefined : own
    const found = move?.stored ?? left
    if (found !== undefined) matched.set(operator.id, found)
    if (move !== undefined && left !== undefined && hasState(left)) {
      problems.push(invalid(move.text, `operator ${labelOf(operator)} has state of its own in the savepoint`))
    }
  }
  return matched
}

const ownOf = ({ id, alternativeId }: JobOperator, stored: ReadonlyMap<OperatorId, ManifestOperator>) =>
  (alternativeId === undefined ? undefined : stored.get(alternativeId)) ?? stored.get(id)

function keyedSourcesOf(
  operator: JobOperator,
  own: ManifestOperator | undefined,
  moves: readonly StateMove[],
  problems: StreamError[],
): readonly KeyedSource[] {
  const { keyed, states: declared, timers } = operator.operator as OperatorFactory
  if (!keyed) return []
  const single = moves.filter((move) => move.type === 'state')
  const choices = new Map<ManifestOperator, StateChoice[]>()
  const states = own === undefined ? [] : keyedStatesOf(own)
  const stays = states.filter(
    ({ name, kind }) =>
      (kind === 'timers' && timers?.includes(name) !== false) ||
      (kind !== 'timers' &&
        !single.some(({ stored, state }) => stored === own && state === name) &&
        (declared === undefined || Object.hasOwn(declared, name))),
  )
  if (own !== undefined && stays.length > 0)
    choices.set(
      own,
      stays.map(({ name }) => ({ from: name, to: name })),
    )
  for (const { stored, state, target, name, text } of single) {
    if (target !== operator) continue
    if (stays.some((stay) => stay.name === name && stay.kind !== 'timers')) {
      problems.push(invalid(text, `operator ${labelOf(operator)} has state "${name}" of its own in the savepoint`))
      continue
    }
    choices.set(stored, [...(choices.get(stored) ?? []), { from: state, to: name }])
  }
  return [...choices].map(([stored, chosen]) => {
    const all = stored === own && chosen.length === states.length && chosen.every(({ from, to }) => from === to)
    return all ? { stored } : { stored, states: chosen }
  })
}

/** What is lost, for people. */
export function droppedText({ stored, heir, states, lists, unkeyed }: UnclaimedState): string {
  const names = [
    ...states.map(({ name, kind }) => `"${name}" (${kind})`),
    ...lists.map(({ name, mode }) => `"${name}" (${mode} list)`),
  ]
  const all = [...names, ...(unkeyed ? ['what belongs to no key'] : [])].join(', ')
  const why =
    heir === undefined
      ? 'the program has no such operator'
      : `operator ${labelOf(heir)} of the program does not keep it`
  return `The state of operator ${labelOf(stored)} is dropped: ${why}. It is ${all}.`
}

function unclaimedOf(
  stored: ManifestOperator,
  heir: JobOperator | undefined,
  { keyed, unkeyed: others }: Pick<Matching, 'keyed' | 'unkeyed'>,
): readonly UnclaimedState[] {
  const sources = [...keyed.values()].flat().filter((source) => source.stored === stored)
  const taken = ({ name }: StoredState) =>
    sources.some(({ states }) => states === undefined || states.some(({ from }) => from === name))
  const states = keyedStatesOf(stored).filter((state) => !taken(state))
  const lists = unclaimedLists(stored, [...others.values()].flat())
  const unkeyed = leavesUnkeyed(stored, heir)
  return states.length === 0 && lists.length === 0 && !unkeyed ? [] : [{ stored, heir, states, lists, unkeyed }]
}
