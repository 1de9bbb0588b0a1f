import { describe, expect, it } from 'vitest'
import type { ManifestOperator, StoredState } from '../../src/backends/manifest.ts'
import type { StateDescriptor } from '../../src/backends/state-backend.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import type { PlannedOperator } from '../../src/deployment/planned-operator.ts'
import '../../src/deployment/rename-guesses.ts'
import { planRestore, type RestorePlan } from '../../src/deployment/restore-plan.ts'
import type { RestoreRules } from '../../src/deployment/state-assignment.ts'
import type { JobVertex } from '../../src/graph/job-graph.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { edge, endpoint, graph, hex, keyedOperator, operator, vertex } from './graphs.ts'
import { handle, keyedHandle, keyedStored, manifest, stored } from './snapshots.ts'

const path = '/sp/1'
const chain = (n: number, ...operators: JobVertex['operators']) => vertex(n, 1, { operators })

const plan = (
  vertices: readonly JobVertex[],
  snapshot: readonly ManifestOperator[],
  rules: Partial<RestoreRules> = {},
) => planRestore(graph(vertices), manifest(...snapshot), { allowNonRestoredState: false, path, ...rules })

const keyed = (n: number, uid: string | undefined, names: readonly string[]): ManifestOperator => {
  const [subtask] = stored(n, ['k']).subtasks
  const states = names.map((name): StoredState => ({ name, kind: 'value' }))
  return stored(n, ['k'], {
    uid,
    name: uid ?? `stored${n}`,
    subtasks: [{ ...subtask!, keyed: [{ ...keyedHandle('k'), states }] }],
  })
}

const outcomes = ({ operators }: RestorePlan) =>
  operators.map(({ uid, id, outcome }) => `${uid ?? Number(`0x${id}`)} ${outcome}`)
const typed = (operator: PlannedOperator | undefined) =>
  operator?.remedies.map(({ type, guessed }) => `${type}${guessed ? '?' : ''}`)
const statesOf = ({ operators }: RestorePlan, uid: string) =>
  operators
    .find((one) => one.uid === uid)
    ?.states.map(({ name, kind, outcome, from, items }) =>
      [name ?? '-', kind, items, outcome, from && `from ${from}`].filter((word) => word !== undefined).join(' '),
    )

describe('the plan of a restore', () => {
  it('tells of each operator of the program, then of what nobody takes', () => {
    const lists = { ...handle('o'), states: [{ name: 'files', mode: 'split' as const, items: 2 }] }
    const source = stored(1, ['o'], { uid: 'words' })
    const words = { ...source, subtasks: [{ ...source.subtasks[0]!, operator: lists }] }
    const program = [
      chain(1, endpoint(1, { uid: 'words' }), operator(2, { uid: 'map', operator: mapOperator((x) => x) })),
      chain(3, keyedOperator(3, ['a', 'b'], { uid: 'count' }), endpoint(4, { uid: 'sink' })),
    ]
    const { plan: found, outcome } = plan(program, [words, keyed(3, 'count', ['a']), stored(4, ['o'], { uid: 'sink' })])
    expect(outcomes(found)).toEqual(['words as-is', 'map stateless', 'count as-is', 'sink as-is'])
    expect(statesOf(found, 'words')).toEqual(['files split 2 as-is'])
    expect(statesOf(found, 'count')).toEqual(['a value as-is', 'b value new'])
    expect(statesOf(found, 'sink')).toEqual(['- whole as-is'])
    expect(found).toMatchObject({ path, verdict: 'lossless', starts: true, problems: [], warnings: [] })
    expect(found.snapshot).toMatchObject({ path, kind: 'checkpoint', checkpointId: 6, job: { name: 'job' } })
    expect(outcome.type === 'restores' && outcome.assignment.restores.size).toBe(2)
  })

  it('of an operator that starts empty says so', () => {
    expect(outcomes(plan([chain(1, keyedOperator(1, ['a'], { uid: 'new' }))], []).plan)).toEqual(['new new'])
  })

  it('says of each state what becomes of it, and why', () => {
    const evolving = (b: StateDescriptor): JobVertex['operators'][number] => {
      const states: OperatorFactory['states'] = { a: { kind: 'list' }, b, c: { kind: 'value', initial: 0 } }
      return operator(1, { uid: 'count', operator: { ...operator(1).operator, states } as OperatorFactory })
    }
    const snapshot = [keyed(1, 'count', ['a', 'b'])]
    const migrated = evolving({ kind: 'value', initial: 0, version: 1, migrate: (old) => old })
    const found = plan([chain(1, migrated)], snapshot).plan
    expect(outcomes(found)).toEqual(['count migrated'])
    expect(found.operators[0]!.states).toMatchObject([
      { name: 'a', kind: 'list', storedKind: 'value', outcome: 'migrated', why: expect.stringContaining('one item') },
      {
        name: 'b',
        version: { stored: undefined, program: 1 },
        outcome: 'migrated',
        why: expect.stringContaining('by migrate'),
      },
      { name: 'c', outcome: 'new', why: undefined },
    ])
    expect(found.verdict).toBe('lossless')
    const refused = plan([chain(1, evolving({ kind: 'map' }))], snapshot)
    expect(outcomes(refused.plan)).toEqual(['count refused'])
    expect(statesOf(refused.plan, 'count')).toEqual(['a list migrated', 'b map refused', 'c value new'])
    expect(refused.plan).toMatchObject({
      verdict: 'impossible',
      starts: false,
      problems: [{ code: 'RESTORE_STATE_INCOMPATIBLE' }],
    })
  })

  it('calls it rescaled when anything that it takes was written at another parallelism', () => {
    const wide = keyedStored(8, 2)
    const snapshot = [keyed(1, 'count', ['a']), { ...wide, uid: 'wide' }]
    const program = [chain(1, keyedOperator(1, ['a', 'b'], { uid: 'count' }))]
    const found = plan(program, snapshot, { stateMapping: [{ from: 'wide/s', to: 'count/b' }] }).plan
    expect(outcomes(found)).toEqual(['count rescaled'])
    expect(outcomes(plan(program, snapshot, { allowNonRestoredState: true }).plan)).toEqual([
      'count as-is',
      'wide dropped',
    ])
  })

  it('is plain data', () => {
    const found = plan([chain(1, keyedOperator(1, ['a'], { uid: 'count' }))], [keyed(1, 'count', ['a', 'z'])]).plan
    expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(JSON.stringify(structuredClone(found))))
  })
})

describe('state that would be dropped', () => {
  const program = [chain(1, keyedOperator(1, ['a'], { uid: 'count' }))]
  const snapshot = [keyed(1, 'count', ['a']), keyed(8, 'gone', ['s']), keyed(9, undefined, ['t'])]

  it('is listed with what to type, and a submission is refused', () => {
    const { plan: found, outcome } = plan(program, snapshot)
    expect(outcomes(found)).toEqual(['count as-is', 'gone dropped', '9 dropped'])
    expect(found).toMatchObject({ verdict: 'drops-state', starts: false })
    expect(found.problems.map(({ code }) => code)).toEqual(['RESTORE_STATE_UNMATCHED', 'RESTORE_STATE_UNMATCHED'])
    expect(typed(found.operators[1])).toEqual(['--map-state gone=<uid>', `.uid('gone')`, '--allowNonRestoredState'])
    expect(typed(found.operators[2])).toEqual([
      `--map-state ${hex(9)}=<uid>`,
      `.setUidHash('${hex(9)}')`,
      '--allowNonRestoredState',
    ])
    expect(found.operators.map(({ bytes }) => bytes)).toEqual([1, 1, 1])
    expect(outcome).toMatchObject({ type: 'refused', error: { code: 'RESTORE_STATE_UNMATCHED' } })
  })

  it('is said to be where it was named, and where that points to', () => {
    const { plan: found } = plan(program, snapshot, { named: '/final/savepoint-1' })
    expect(found).toMatchObject({ path: '/final/savepoint-1', snapshot: { path } })
    expect(found.problems[0]?.message).toContain('/final/savepoint-1 (/sp/1) has state for operator "gone"')
  })

  it('stays listed when it is allowed, and the job starts', () => {
    const { plan: found, outcome } = plan(program, snapshot, { allowNonRestoredState: true })
    expect(found).toMatchObject({ verdict: 'drops-state', starts: true, problems: [] })
    expect(outcome.type).toBe('restores')
  })

  it('of an operator that takes nothing of what is in its place is not called restored', () => {
    const allowed = { allowNonRestoredState: true }
    const without = operator(1, { uid: 'count', operator: mapOperator((x) => x) })
    const [all] = plan([chain(1, without)], [keyed(1, 'count', ['a'])], allowed).plan.operators
    expect(all).toMatchObject({ outcome: 'stateless', bytes: 0, states: [{ name: 'a', outcome: 'dropped' }] })
    const renamed = plan(
      [chain(1, keyedOperator(1, ['b'], { uid: 'count' }))],
      [keyed(1, 'count', ['a'])],
      allowed,
    ).plan
    expect(outcomes(renamed)).toEqual(['count new'])
    expect(statesOf(renamed, 'count')).toEqual(['b value new', 'a value dropped'])
  })

  it('of a state that its operator does not declare is told with the operator, and perhaps its new name', () => {
    const { plan: found } = plan(
      [chain(1, keyedOperator(1, ['a', 'new'], { uid: 'count' }))],
      [keyed(1, 'count', ['a', 'old'])],
    )
    expect(outcomes(found)).toEqual(['count as-is'])
    expect(statesOf(found, 'count')).toEqual(['a value as-is', 'new value new', 'old value dropped'])
    expect(typed(found.operators[0])).toEqual(['--map-state count/old=count/new?', '--allowNonRestoredState'])
    expect(found).toMatchObject({ verdict: 'drops-state', starts: false })
    const none = plan(program, [keyed(1, 'count', ['a', 'old'])]).plan
    expect(none.operators[0]?.remedies[0]?.type).toBe('--map-state count/old=<uid>/<state>')
  })

  it('comes with the operator that it may belong to now: one that starts empty, with the same states', () => {
    const renamed = (...uids: readonly string[]) =>
      plan(
        uids.map((uid, n) => chain(20 + n, keyedOperator(20 + n, ['s'], { uid, name: uid }))),
        [keyed(8, 'gone', ['s'])],
      ).plan.operators.at(-1)?.remedies[0]?.type
    expect(renamed('new')).toBe('--map-state gone=new')
    expect(renamed('one', 'another')).toBe('--map-state gone=<uid>')
    const sameName = plan(
      [
        chain(20, keyedOperator(20, ['s'], { uid: 'x', name: 'gone' })),
        chain(21, keyedOperator(21, ['s'], { uid: 'y' })),
      ],
      [keyed(8, 'gone', ['s'])],
    )
    expect(sameName.plan.operators.at(-1)?.remedies[0]?.type).toBe('--map-state gone=x')
    const otherStates = plan([chain(20, keyedOperator(20, ['s', 'more'], { uid: 'new' }))], [keyed(8, 'gone', ['s'])])
    expect(otherStates.plan.operators.at(-1)?.remedies[0]?.type).toBe('--map-state gone=<uid>')
    const twoGone = plan(
      [chain(20, keyedOperator(20, ['s'], { uid: 'new' }))],
      [keyed(8, 'gone', ['s']), keyed(9, 'old', ['s'])],
    )
    expect(twoGone.plan.operators.at(-1)?.remedies[0]?.type).toBe('--map-state old=<uid>')
  })

  it('without keyed states is guessed by the name of its operator only', () => {
    const source = (name: string) => chain(20, operator(20, { uid: 'in', name }))
    const first = (name: string) =>
      plan([source(name)], [stored(8, ['o'], { uid: 'gone', name: 'lines' })]).plan.operators.at(-1)?.remedies[0]?.type
    expect([first('lines'), first('sink')]).toEqual(['--map-state gone=in', '--map-state gone=<uid>'])
  })
})

describe('what cannot be restored', () => {
  it('is listed to the end, and a submission fails with the first', () => {
    const program = [
      vertex(1, 1, {
        operators: [keyedOperator(1, ['a'], { uid: 'one' })],
        maxParallelism: 64,
        maxParallelismExplicit: true,
      }),
      vertex(2, 1, {
        operators: [keyedOperator(2, ['a'], { uid: 'two' })],
        maxParallelism: 64,
        maxParallelismExplicit: true,
      }),
      chain(3, keyedOperator(3, ['a'], { uid: 'three' })),
    ]
    const snapshot = [keyed(1, 'one', ['a']), keyed(2, 'two', ['a']), keyed(3, 'three', ['a']), keyed(8, 'gone', ['s'])]
    const { plan: found, outcome } = plan(program, snapshot, { stateMapping: [{ from: 'none', to: 'three' }] })
    expect(outcomes(found)).toEqual(['one refused', 'two refused', 'three as-is', 'gone dropped'])
    expect(found.problems.map(({ code }) => code)).toEqual([
      'STATE_MAPPING_INVALID',
      'RESTORE_STATE_UNMATCHED',
      'RESTORE_MAX_PARALLELISM_MISMATCH',
      'RESTORE_MAX_PARALLELISM_MISMATCH',
    ])
    expect(found.operators[1]?.refusals[0]?.message).toContain('.setMaxParallelism(128)')
    expect(found).toMatchObject({ verdict: 'impossible', starts: false })
    expect(outcome).toMatchObject({ type: 'refused', error: { code: 'STATE_MAPPING_INVALID' } })
  })

  it('counts what had finished and would be fed again, with exactly-once only', () => {
    const job = graph([chain(1, endpoint(1)), vertex(2)], [edge(1, 2)])
    const snapshot = manifest(stored(1, ['o']), stored(2, ['f']))
    const decide = (exactlyOnce: boolean) =>
      planRestore(job, snapshot, { allowNonRestoredState: false, exactlyOnce, path }).plan
    expect(decide(true).problems.map(({ code }) => code)).toEqual(['RESTORE_FINISHED_MISMATCH'])
    expect(decide(false).problems).toEqual([])
  })

  it('is a state moved to keys in another number of groups', () => {
    const program = [
      chain(1, keyedOperator(1, ['a'], { uid: 'one' })),
      chain(2, keyedOperator(2, ['b', 'moved'], { uid: 'two' })),
    ]
    const snapshot = [keyed(1, 'one', ['a', 'x']), { ...keyed(2, 'two', ['b']), maxParallelism: 64 }]
    const { problems } = plan(program, snapshot, { stateMapping: [{ from: 'one/x', to: 'two/moved' }] }).plan
    expect(problems.map(({ code }) => code)).toEqual(['RESTORE_MAX_PARALLELISM_MISMATCH'])
  })
})

describe('state that was moved', () => {
  it('is told with where it was', () => {
    const program = [chain(5, keyedOperator(5, ['a', 'c'], { uid: 'new' }))]
    const rules = {
      stateMapping: [
        { from: 'old', to: 'new' },
        { from: 'old/b', to: 'new/c' },
      ],
    }
    const found = plan(program, [keyed(1, 'old', ['a', 'b'])], rules).plan
    expect(outcomes(found)).toEqual(['new as-is'])
    expect(found.operators[0]?.from).toEqual({ id: hex(1), uid: 'old', name: 'old' })
    expect(statesOf(found, 'new')).toEqual(['a value as-is', 'c value as-is from b'])
    const other = plan(program, [keyed(1, 'o/d', ['b'])], { stateMapping: [{ from: 'o%2Fd/b', to: 'new/c' }] }).plan
    expect(statesOf(other, 'new')).toEqual(['c value as-is from o%2Fd/b', 'a value new'])
  })
})

describe('state of an operator without a uid', () => {
  it('is found by its place, which is told, and how to name it for good', () => {
    const unnamed = (name: string) =>
      plan([chain(1, keyedOperator(1, ['a'], { name }))], [keyed(1, undefined, ['a'])]).plan.warnings
    expect(unnamed('stored1')).toEqual([expect.stringContaining(`.setUidHash('${hex(1)}')`)])
    expect(unnamed('stored1')[0]).toContain('finds its state by its place in the program. An edit')
    expect(unnamed('sums')[0]).toContain('where "stored1" was: is it the same one?')
  })

  it('is no matter when it has an id of its own, or there is no state', () => {
    const repaired = keyedOperator(1, ['a'], { alternativeId: hex(7) as OperatorId })
    expect(plan([chain(1, repaired)], [keyed(7, undefined, ['a'])]).plan.warnings).toEqual([])
    expect(plan([chain(1, keyedOperator(1, ['a']))], [stored(1, [''])]).plan.warnings).toEqual([])
  })
})
