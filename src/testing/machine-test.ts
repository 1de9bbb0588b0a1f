/**
 * One call for a test file: a chart's table, its walk, paths of `xstate/graph`, and the edges that none of them took.
 *
 * Owns what a complete test of a chart is; the parts are `machine-table.ts`, `machine-walk.ts`, `machine-paths.ts` and
 * `explorer/chart-coverage.ts`. Each case can run alone and in any order: what it needs is computed on demand, once.
 */
import type { AnyStateMachine, InputFrom, SnapshotFrom } from 'xstate'
import type { AnyEffect, PlainState, Stepped } from '../machines/step.ts'
import { plainState } from '../machines/step.ts'
import { canonical } from './canonical.ts'
import { ChartCoverage, type ChartCoverageReport } from './explorer/chart-coverage.ts'
import { bareEvents, type GraphPath, pathTitle, replayPath, type TestEvent } from './machine-paths.ts'
import { CheckFailed, memoised, type Row, type System, stateName } from './machine-system.ts'
import { tableTest } from './machine-table.ts'
import { type Invariant, type WalkLimits, type WalkReport, walk } from './machine-walk.ts'

export type MachineTestOptions<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect> = {
  /** `givens` names states by the events that lead to them; each row says what one event does there. */
  readonly table?: {
    readonly givens: Readonly<Record<string, readonly TestEvent<M>[]>>
    readonly rows: readonly Row<TestEvent<M>>[]
  }
  /** The events that the walk tries in each state. Default: `bareEvents(machine)`. */
  readonly alphabet?: readonly TestEvent<M>[] | ((snapshot: SnapshotFrom<M>) => readonly TestEvent<M>[])
  /** Each becomes a case, under its function's name. */
  readonly invariants?: readonly Invariant<SnapshotFrom<M>, TestEvent<M>, Effect>[]
  readonly limits?: WalkLimits<SnapshotFrom<M>>
  /** Of `xstate/graph`; each becomes a case that repeats it and compares every state on the way. */
  readonly paths?: readonly GraphPath[]
  readonly coverage?: {
    /** The share of edges that must be taken, from 0 to 1. Default 1. */
    readonly wanted?: number
    /** Edges that are not counted, by id, with the reason. A reason for an edge that is taken fails. */
    readonly except?: Readonly<Record<string, string>>
  }
} & (undefined extends InputFrom<M> ? { readonly input?: InputFrom<M> } : { readonly input: InputFrom<M> })

export interface MachineTest {
  readonly cases: readonly { readonly title: string; run(): void }[]
  /** Edges taken by table, walk and paths together. */
  coverage(): ChartCoverageReport
  walked(): WalkReport
}

/**
 * A chart's tests, for any test runner. Fails by throwing `CheckFailed`, whose message has the row as it should read, the
 * shortest path to a broken invariant, or the edges that nothing took.
 *
 * ```ts
 * const { cases } = testMachine(door, { table: { givens, rows }, invariants: [lockedStaysLocked] })
 * for (const { title, run } of cases) it(title, run)
 * ```
 */
export function testMachine<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
  machine: M,
  ...[options]: undefined extends InputFrom<M>
    ? [options?: MachineTestOptions<M, Effect>]
    : [options: MachineTestOptions<M, Effect>]
): MachineTest {
  const { table, invariants = [], limits, paths = [] } = options ?? ({} as MachineTestOptions<M, Effect>)
  const alphabet = options?.alphabet ?? bareEvents(machine)
  const coverage = new ChartCoverage()
  const system = coveredSystem<M, Effect>(machine, coverage, options?.input)
  const rows = tableTest(system, table?.givens ?? {}, table?.rows ?? [])
  const replay = (path: GraphPath) => replayPath(machine, system, path)
  const walked = once(() => walk(system, alphabet, [], limits))
  const covered = once(() => {
    walked()
    // A row or a path that fails has a case that says so; what it took counts all the same.
    for (const { run } of rows.cases) attempt(run)
    for (const path of paths) attempt(() => replay(path))
    return coverage.report()[0]!
  })
  return {
    cases: [
      ...rows.cases,
      ...paths.map((path) => ({ title: `path: ${pathTitle(machine, path)}`, run: () => replay(path) })),
      { title: 'walk: every state, every event', run: () => void walked() },
      ...invariants.map((invariant) => ({
        title: `walk: ${invariant.name}`,
        run: () => void walk(system, alphabet, [invariant], limits),
      })),
      { title: 'coverage: every edge of the chart', run: () => checkCoverage(covered(), options?.coverage) },
    ],
    coverage: covered,
    walked,
  }
}

/** The chart as a system whose steps are computed once per state and event, both told apart as objects. */
function coveredSystem<M extends AnyStateMachine, Effect extends AnyEffect>(
  machine: M,
  coverage: ChartCoverage,
  input: unknown,
): System<SnapshotFrom<M>, TestEvent<M>, Effect> {
  type Snapshot = SnapshotFrom<M>
  const known = new WeakMap<object, Map<unknown, Stepped<Snapshot, Effect>>>()
  const starting = coverage.start.bind(coverage) as (
    name: string,
    machine: M,
    input: unknown,
  ) => Stepped<Snapshot, Effect>
  return {
    initial: starting(machine.id, machine, input),
    step(snapshot, event) {
      const steps = known.get(snapshot as object) ?? new Map<unknown, Stepped<Snapshot, Effect>>()
      known.set(snapshot as object, steps)
      const stepped = steps.get(event) ?? coverage.step<M, Effect>(machine.id, machine, snapshot, event)
      steps.set(event, stepped)
      return stepped
    },
    key: memoised((snapshot) => canonical(plainState(snapshot as PlainState))),
    name: (snapshot) => stateName((snapshot as PlainState).value),
  }
}

function checkCoverage(
  { chart, edges, taken, missing }: ChartCoverageReport,
  { wanted = 1, except = {} }: NonNullable<MachineTestOptions<AnyStateMachine>['coverage']> = {},
): void {
  const excepted = Object.keys(except)
  const needless = excepted.filter((edge) => !missing.includes(edge))
  if (needless.length > 0) {
    const lines = needless.map((edge) => `  ${edge}`)
    throw new CheckFailed(
      `A reason is given, but the edge is taken, or the chart "${chart}" has no such edge:\n${lines.join('\n')}`,
    )
  }
  const owed = missing.filter((edge) => !(edge in except))
  const share = owed.length === 0 ? 1 : taken / (edges - excepted.length)
  if (share >= wanted) return
  throw new CheckFailed(
    [
      `The chart "${chart}": ${taken} of ${edges - excepted.length} edges are taken, ${percent(share)}, wanted ${percent(wanted)}. Nothing takes`,
      ...owed.map((edge) => `  ${edge}`),
      'Add a row, an event to the alphabet, or a reason under coverage.except.',
    ].join('\n'),
  )
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`

function attempt(run: () => void): void {
  try {
    run()
  } catch (thrown) {
    if (!(thrown instanceof CheckFailed)) throw thrown
  }
}

function once<Result>(compute: () => Result): () => Result {
  let result: { readonly value: Result } | undefined
  return () => {
    result ??= { value: compute() }
    return result.value
  }
}
