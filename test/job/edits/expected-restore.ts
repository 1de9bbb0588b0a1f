/**
 * What a restore must come to, for each operator of an edited program: its state, and what a plan must have said. Who takes
 * what is in `expected-takes.ts`.
 */

import { expect } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { Key } from '../../../src/core/key-groups.ts'
import { DividedState } from '../../../src/core/operator-state.ts'
import type { StateKind } from '../../../src/core/state-handles.ts'
import type { OperatorOutcome } from '../../../src/deployment/planned-operator.ts'
import type { RestoreVerdict } from '../../../src/deployment/restore-plan.ts'
import type { PlacedOperator } from './build-program.ts'
import { expectLists } from './expected-lists.ts'
import {
  type DeclaredState,
  declaredStates,
  expectTakes,
  isFunction,
  isStateful,
  type Left,
  type Mapping,
  type Take,
  type TakenList,
} from './expected-takes.ts'
import { type KeptList, type KeptOperator, type KeptState, mapContent } from './kept-state.ts'
import { listsOf, unwrap, wrap } from './program-spec.ts'
import { freshSink, freshSource } from './spec-endpoints.ts'

export interface ExpectedOperator {
  readonly operator: PlacedOperator
  readonly outcome: OperatorOutcome
  /** `name kind outcome` of each state, sorted. */
  readonly states: readonly string[]
  /** Of all that it takes from. */
  readonly bytes: number
  readonly maxParallelism: number
  /** Lists that are dealt out anew: then it does not matter who has which item of a `split` list. */
  readonly dealt: ReadonlySet<string>
  readonly keyed: ReadonlyMap<string, KeptState>
  readonly timers: ReadonlyMap<Key, readonly number[]> | undefined
  readonly lists: ReadonlyMap<string, KeptList>
  readonly whole: readonly unknown[] | undefined
}

export interface ExpectedRestore {
  readonly codes: readonly ErrorCode[]
  readonly verdict: RestoreVerdict
  readonly operators: readonly ExpectedOperator[]
  readonly dropped: readonly { readonly id: string; readonly bytes: number; readonly states: readonly string[] }[]
}

export function expectRestore(
  kept: readonly KeptOperator[],
  program: readonly PlacedOperator[],
  { mapping, allowed }: { readonly mapping: readonly Mapping[]; readonly allowed: boolean },
): ExpectedRestore {
  const { takes, left, problems } = expectTakes(kept, program, mapping)
  const operators = takes.map((take) => expectOperator(take, left))
  const codes = new Set([
    ...problems,
    ...(left.length > 0 && !allowed ? (['RESTORE_STATE_UNMATCHED'] as const) : []),
    ...takes.flatMap(refusals),
  ])
  const impossible = [...codes].some((code) => code !== 'RESTORE_STATE_UNMATCHED')
  return {
    codes: [...codes].toSorted(),
    verdict: impossible ? 'impossible' : left.length > 0 ? 'drops-state' : 'lossless',
    operators,
    dropped: left
      .filter(({ heir }) => heir === undefined)
      .map((one) => ({ id: one.operator.id, bytes: one.operator.bytes, states: leftStates(one).toSorted() })),
  }
}

function expectOperator(take: Take, left: readonly Left[]): ExpectedOperator {
  const { operator, place, states, timers, lists } = take
  const { parallelism, spec } = operator
  const judged = states.map((one) => ({ ...one, type: judge(one.from.states.get(one.name)!, one.to) }))
  const fresh = declaredStates(spec.body).filter(({ name }) => !states.some(({ to }) => to.name === name))
  const sources = sourcesOf(take)
  const restored = sources.length > 0
  const outcome = (): OperatorOutcome => {
    if (refusals(take).length > 0) return 'refused'
    if (!restored) return isStateful(spec.body) ? 'new' : 'stateless'
    if (judged.some(({ type }) => type === 'migrated')) return 'migrated'
    return sources.every((source) => source.parallelism === parallelism) ? 'as-is' : 'rescaled'
  }
  return {
    operator,
    outcome: outcome(),
    states: [
      ...judged.map(({ to, type }) => `${to.name} ${to.kind} ${type}`),
      ...(timers ? ['processing-time timers as-is'] : []),
      ...fresh.map(({ name, kind }) => `${name} ${kind} new`),
      ...listStates(take),
      ...listsOf(spec.body)
        .filter(({ name }) => !lists.some(({ to }) => to === name))
        .map(({ name, mode }) => `${name} ${mode} new`),
      ...left.filter(({ heir }) => heir === operator).flatMap(leftStates),
    ].toSorted(),
    bytes: [...new Set(sources)].reduce((sum, source) => sum + source.bytes, 0),
    dealt: new Set(lists.filter(({ from }) => from.parallelism !== parallelism).map(({ to }) => to)),
    maxParallelism: operator.maxParallelismExplicit
      ? operator.maxParallelism
      : (keyedSources(take)[0]?.maxParallelism ?? operator.maxParallelism),
    keyed: new Map(
      judged.flatMap(({ from, name, to, type }) => {
        if (type === 'refused') return []
        return [[to.name, converted(from.states.get(name)!, to)]] as const
      }),
    ),
    timers: timers ? place!.timers : undefined,
    ...expectUnkeyed(take),
  }
}

const keyedSources = ({ states, timers, place }: Take): readonly KeptOperator[] => [
  ...(timers ? [place!] : []),
  ...states.map(({ from }) => from),
]

/** Every operator of which something is taken. */
const sourcesOf = (take: Take): readonly KeptOperator[] => [
  ...keyedSources(take),
  ...(take.whole || take.begun ? [take.place!] : []),
  ...take.lists.map(({ from }) => from),
]

const declaredMode = ({ operator }: Take, name: string) =>
  listsOf(operator.spec.body).find((list) => list.name === name)?.mode

const listRefused = (take: Take, { from, name, to }: TakenList): boolean => {
  const { mode } = from.lists.get(name)!
  return (declaredMode(take, to) ?? mode) !== mode
}

/** What one of a source or a sink keeps as one value no process function can take. */
const wholeRefused = (take: Take): boolean => take.whole && isFunction(take.operator.spec.body)

const listStates = (take: Take): readonly string[] => [
  ...take.lists.map(
    (list) => `${list.to} ${list.from.lists.get(list.name)!.mode} ${listRefused(take, list) ? 'refused' : 'as-is'}`,
  ),
  ...(take.whole ? [`undefined whole ${wholeRefused(take) ? 'refused' : 'as-is'}`] : []),
]

const leftStates = ({ operator, states, timers, lists, whole }: Left): readonly string[] => [
  ...states.map((state) => `${state} ${operator.states.get(state)!.kind} dropped`),
  ...(timers ? ['processing-time timers dropped'] : []),
  ...lists.map((name) => `${name} ${operator.lists.get(name)!.mode} dropped`),
  ...(whole ? ['undefined whole dropped'] : []),
]

function refusals(take: Take): readonly ErrorCode[] {
  const { operator, place, states, lists, whole } = take
  const { parallelism, maxParallelism, maxParallelismExplicit } = operator
  const bound = keyedSources(take)
  const groups = maxParallelismExplicit ? maxParallelism : bound[0]?.maxParallelism
  const others = bound.some((source) => source.maxParallelism !== groups || parallelism > source.maxParallelism)
  const incompatible =
    states.some(({ from, name, to }) => judge(from.states.get(name)!, to) === 'refused') ||
    lists.some((list) => listRefused(take, list)) ||
    wholeRefused(take)
  return [
    ...(others ? (['RESTORE_MAX_PARALLELISM_MISMATCH'] as const) : []),
    ...(!others && whole && place!.parallelism !== parallelism ? (['RESTORE_PARALLELISM_MISMATCH'] as const) : []),
    ...(incompatible ? (['RESTORE_STATE_INCOMPATIBLE'] as const) : []),
  ]
}

/** Kinds that hold one value per key; of these an accumulator is something else than a value. */
const lossless: Readonly<Partial<Record<StateKind, readonly StateKind[]>>> = {
  value: ['reducing', 'list'],
  reducing: ['value', 'list'],
}
const byMigration: Readonly<Partial<Record<StateKind, readonly StateKind[]>>> = {
  value: ['aggregating'],
  reducing: ['aggregating'],
  aggregating: ['value', 'reducing'],
}

function judge({ kind, version, ttl }: KeptState, to: DeclaredState): 'as-is' | 'migrated' | 'refused' {
  if (version > to.version || (version < to.version && !to.migrates)) return 'refused'
  if (kind === to.kind) return version === to.version && ttl === to.ttl ? 'as-is' : 'migrated'
  if (lossless[kind]?.includes(to.kind)) return 'migrated'
  return version < to.version && byMigration[kind]?.includes(to.kind) ? 'migrated' : 'refused'
}

function converted({ kind, version, ttl, entries }: KeptState, to: DeclaredState): KeptState {
  const value = (held: unknown) => {
    const [usedMs, old] = ttl ? (held as readonly [unknown, unknown]) : [expect.any(Number), held]
    const now = version === to.version ? old : wrap(to.version, unwrap(version, old))
    return to.ttl ? [usedMs, now] : now
  }
  const content = (old: unknown) => {
    const made = mapContent(kind, old, value)
    return to.kind === 'list' && kind !== 'list' ? [made] : made
  }
  return {
    kind: to.kind,
    version: to.version,
    ttl: to.ttl,
    entries: new Map([...entries].map(([key, old]) => [key, content(old)])),
  }
}

function expectUnkeyed(take: Take): Pick<ExpectedOperator, 'lists' | 'whole'> {
  const { operator, place, whole, begun } = take
  const { body } = operator.spec
  const { parallelism } = operator
  const taken = expectLists(take.lists, parallelism)
  if (whole || begun || taken.size > 0) return { lists: taken, whole: whole ? place!.whole : undefined }
  if (body.type !== 'source' && body.type !== 'sink') return { lists: new Map(), whole: undefined }
  if (body.type === 'sink' && body.keeps === 'nothing') return { lists: new Map(), whole: undefined }
  const parts = Array.from({ length: parallelism }, (_, index) =>
    body.type === 'source' ? freshSource(body, index, parallelism) : freshSink(body),
  )
  if (!(parts[0] instanceof DividedState)) return { lists: new Map(), whole: parts }
  const divided = parts as readonly DividedState[]
  const lists = [...parts[0].lists].map(
    ([name, { mode }]) => [name, { mode, parts: divided.map((part) => part.items(name)) }] as const,
  )
  return { lists: new Map(lists), whole: undefined }
}
