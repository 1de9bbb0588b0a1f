/**
 * Which state goes to another operator, or under another name, than where it was: what a person says at a restore.
 *
 * Owns the text form and what it refers to in one snapshot and one program. Whether the rest fits is seen by
 * `operator-matching.ts`. Pure. Tests: test/deployment/state-mapping.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { watermarkList } from '../operators/stored-watermark.ts'

/**
 * One move of state at a restore. Each side is `operator` for all of an operator's state, or `operator/state` for one keyed
 * state, or for one list that belongs to no key. An operator is named by its uid, or by its id of 32 hex digits; `%2F`, `%3D` and `%25` stand for `/`, `=` and `%`.
 *
 * @example { from: 'count/total', to: 'sums/sum' }
 */
export interface StateMapping {
  /** In the savepoint. */
  readonly from: string
  /** In the program. */
  readonly to: string
}

/** A mapping whose names were found. */
export type StateMove =
  | {
      readonly type: 'operator'
      readonly stored: ManifestOperator
      readonly target: JobOperator
      readonly text: string
    }
  | NamedMove<'state'>
  | NamedMove<'list'>

/** Of one keyed state, or of one list that belongs to no key. */
export interface NamedMove<T extends 'state' | 'list'> {
  readonly type: T
  readonly stored: ManifestOperator
  readonly state: string
  readonly target: JobOperator
  readonly name: string
  readonly text: string
}

/**
 * Reads `from=to`. Fails with `STATE_MAPPING_INVALID` when it has not this form.
 *
 * @example parseStateMapping('count/total=sums/sum') // { from: 'count/total', to: 'sums/sum' }
 */
export function parseStateMapping(text: string): StateMapping {
  const [from, to, ...more] = text.split('=')
  if (from === undefined || to === undefined || more.length > 0) throw malformed(text)
  const mapping = { from, to }
  sidesOf(mapping)
  return mapping
}

export const mappingText = ({ from, to }: StateMapping): string => `${from}=${to}`

/** A name as it is written in a mapping. */
export const mappingName = (name: string): string =>
  name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('=', '%3D')

const plainName = (text: string): string =>
  text.replace(/%(2F|3D|25)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

interface Side {
  readonly operator: string
  readonly state: string | undefined
}

function sidesOf(mapping: StateMapping): readonly [from: Side, to: Side] {
  const [from, to] = [mapping.from, mapping.to].map((side): Side => {
    const parts = side.split('/')
    if (parts.length > 2 || parts.includes('') || side.includes('=')) throw malformed(mappingText(mapping))
    const [operator = '', state] = parts.map(plainName)
    return { operator, state }
  })
  if ((from!.state === undefined) !== (to!.state === undefined)) throw malformed(mappingText(mapping))
  return [from!, to!]
}

/** The moves that mappings ask for, and what is wrong with the others. */
export function resolveMappings(
  mappings: readonly StateMapping[],
  stored: readonly ManifestOperator[],
  program: readonly JobOperator[],
): { readonly moves: readonly StateMove[]; readonly problems: readonly StreamError[] } {
  const moves: StateMove[] = []
  const problems: StreamError[] = []
  for (const mapping of mappings) {
    try {
      const move = resolve(mapping, stored, program)
      refuseTwice(move, moves)
      moves.push(move)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      problems.push(error)
    }
  }
  return { moves, problems }
}

function resolve(
  mapping: StateMapping,
  storedOperators: readonly ManifestOperator[],
  program: readonly JobOperator[],
): StateMove {
  const text = mappingText(mapping)
  const [from, to] = sidesOf(mapping)
  const stored = find(from.operator, storedOperators)
  if (stored === undefined) throw unknown(text, 'the savepoint', from.operator, storedOperators)
  const target = find(to.operator, program)
  if (target === undefined) throw unknown(text, 'the program', to.operator, program)
  if (from.state === undefined || to.state === undefined) return { type: 'operator', stored, target, text }
  const type = typeOf(text, stored, from.state, target, to.state)
  return { type, stored, state: from.state, target, name: to.state, text }
}

/** Is it keyed state or a list? Where the savepoint has both under that name, it is what the program declares. */
function typeOf(
  text: string,
  stored: ManifestOperator,
  from: string,
  target: JobOperator,
  to: string,
): 'state' | 'list' {
  const states = keyedStatesOf(stored).filter(({ kind }) => kind !== 'timers')
  // An operator's watermark is not the program's to move.
  const lists = listsOf(stored).filter(({ name }) => name !== watermarkList)
  const [isState, isList] = [states, lists].map((all) => all.some(({ name }) => name === from))
  if (!isState && !isList) {
    throw unknownState(
      text,
      `operator ${labelOf(stored)} of the savepoint`,
      from,
      [...states, ...lists],
      lists.length > 0 ? 'state' : 'keyed state',
    )
  }
  const { keyed, states: declared, operatorStates = {}, describeState } = target.operator as OperatorFactory
  const held = from === to ? undefined : describeState?.(to)
  if (held !== undefined) {
    throw invalid(
      text,
      `"${to}" of operator ${labelOf(target)} is its own, for ${held}, and takes nothing that has another name`,
    )
  }
  if (isList && Object.hasOwn(operatorStates, to)) return 'list'
  if (isState && keyed && (declared === undefined || Object.hasOwn(declared, to))) return 'state'
  const names = [...(isState ? Object.keys(declared ?? {}) : []), ...(isList ? Object.keys(operatorStates) : [])]
  const kept = isState ? (isList ? 'state' : 'keyed state') : 'list'
  if (names.length === 0) throw invalid(text, `operator ${labelOf(target)} of the program has no ${kept}`)
  throw unknownState(
    text,
    `operator ${labelOf(target)} of the program`,
    to,
    names.map((name) => ({ name })),
    kept,
  )
}

/** The keyed states that some subtask of an operator has written, timers among them, once each. */
export function keyedStatesOf({ subtasks }: ManifestOperator) {
  const states = subtasks.flatMap(({ keyed }) => keyed.flatMap((handle) => handle.states))
  return [...new Map(states.map((state) => [`${state.kind === 'timers'} ${state.name}`, state])).values()]
}

/** The lists of an operator over all of its subtasks, in the order in which they were written. */
export function listsOf({ subtasks }: ManifestOperator): readonly OperatorItemsFacts[] {
  const lists = new Map<string, OperatorItemsFacts>()
  for (const list of subtasks.flatMap(({ operator }) => operator?.states ?? [])) {
    lists.set(list.name, { ...list, items: list.items + (lists.get(list.name)?.items ?? 0) })
  }
  return [...lists.values()]
}

interface Named {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
}

/** By uid; where none has it, by id. */
const find = <T extends Named>(name: string, operators: readonly T[]): T | undefined =>
  operators.find(({ uid }) => uid === name) ?? operators.find(({ id }) => id === name.toLowerCase())

export const labelOf = ({ name, uid, id }: Named): string =>
  uid === undefined ? `"${name}" (no uid, id ${id})` : operatorLabel({ operatorName: name, uid })

function refuseTwice(move: StateMove, earlier: readonly StateMove[]): void {
  const source = ({ stored, ...rest }: StateMove) =>
    `${stored.id}/${rest.type === 'operator' ? '' : `${rest.type}/${rest.state}`}`
  const target = ({ target: { id }, ...rest }: StateMove) =>
    `${id}/${rest.type === 'operator' ? '' : `${rest.type}/${rest.name}`}`
  const sameSource = earlier.find((other) => source(other) === source(move))
  if (sameSource !== undefined) throw invalid(move.text, `"${sameSource.text}" moves the same state`)
  const sameTarget = earlier.find((other) => target(other) === target(move))
  if (sameTarget !== undefined) throw invalid(move.text, `"${sameTarget.text}" gives its target the state of another`)
}

export const invalid = (text: string, why: string): StreamError =>
  new StreamError('STATE_MAPPING_INVALID', `State mapping "${text}" cannot be carried out: ${why}.`, {
    details: { mapping: text },
  })

const malformed = (text: string): StreamError =>
  new StreamError(
    'STATE_MAPPING_INVALID',
    `State mapping "${text}" is malformed: expected operator=operator, or operator/state=operator/state, with the uid or ` +
      'the id of each operator, and %2F, %3D and %25 for a slash, an equals sign and a percent sign in a name.',
    { details: { mapping: text } },
  )

/** Names told of those that there are. */
const namesTold = 8

function unknown(text: string, where: string, name: string, operators: readonly Named[]): StreamError {
  const names = operators.map(({ uid, id }) => mappingName(uid ?? id))
  return invalid(
    text,
    `${where} has no operator "${name}"${guessOf(name, names)}it has ${told(operators.map(labelOf))}`,
  )
}

function unknownState(
  text: string,
  where: string,
  name: string,
  states: readonly { readonly name: string }[],
  what: string,
): StreamError {
  const names = states.map((state) => state.name)
  const quoted = names.map((one) => `"${one}"`)
  return invalid(text, `${where} has no ${what} "${name}"${guessOf(name, names)}it has ${told(quoted)}`)
}

const guessOf = (name: string, names: readonly string[]): string => {
  const guess = nearest(name, names)
  return guess === undefined ? '; ' : ` (did you mean "${guess}"?); `
}

const told = (names: readonly string[]): string => {
  if (names.length === 0) return 'none'
  const more = names.length > namesTold ? ` and ${names.length - namesTold} more` : ''
  return `${names.slice(0, namesTold).join(', ')}${more}`
}
