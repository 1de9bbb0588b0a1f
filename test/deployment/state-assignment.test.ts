import { describe, expect, it } from 'vitest'
import type { Manifest, ManifestOperator } from '../../src/backends/manifest.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { hasState } from '../../src/deployment/operator-matching.ts'
import { assignState } from '../../src/deployment/state-assignment.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { edge, endpoint, graph, hex, operator, subtask, vertex } from './graphs.ts'
import { handle, keyedHandle, keyedStored, manifest, refusalOf, stored } from './snapshots.ts'

const path = '/state/chk-6'
const assign = (job: JobGraph, snapshot: Manifest, allowNonRestoredState = false) =>
  assignState(job, snapshot, { allowNonRestoredState, path })

const refusal = (job: JobGraph, snapshot: Manifest, allowed = false) => refusalOf(() => assign(job, snapshot, allowed))

describe('the assignment of state', () => {
  it('gives each subtask the handles of its index, by operator id', () => {
    const job = graph([vertex(1, 2, { operators: [operator(1), endpoint(2)] }), vertex(3)])
    const { restores, dropped, matched } = assign(job, manifest(stored(2, ['o', '']), stored(1, ['k', 'k'])))
    expect([...restores]).toEqual([
      [
        subtask(1, 0),
        {
          checkpointId: 6,
          finished: false,
          operators: [
            { operatorId: hex(1), keyed: [{ handle: keyedHandle('1-k0') }], operator: [] },
            { operatorId: hex(2), keyed: [], operator: [{ handle: handle('2-o0') }] },
          ],
        },
      ],
      [
        subtask(1, 1),
        {
          checkpointId: 6,
          finished: false,
          operators: [{ operatorId: hex(1), keyed: [{ handle: keyedHandle('1-k1') }], operator: [] }],
        },
      ],
    ])
    expect([dropped, [...matched.keys()]]).toEqual([[], [hex(1), hex(2)]])
  })

  it('lets a new operator start empty, and an operator without state come and go', () => {
    const { restores, dropped } = assign(graph([vertex(1), vertex(2)]), manifest(stored(1, ['']), stored(9, [''])))
    expect([restores.size, dropped]).toEqual([0, []])
  })

  it('takes the id given by setUidHash before the own one, where the snapshot has it', () => {
    const repaired = operator(1, { alternativeId: hex(7) as OperatorId })
    const job = graph([vertex(1, 1, { operators: [repaired] })])
    const found = assign(job, manifest(stored(7, ['k'])))
    expect(found.restores.get(subtask(1, 0))?.operators).toMatchObject([
      { operatorId: hex(1), keyed: [{ handle: { file: '7-k0' } }] },
    ])
    const own = assign(job, manifest(stored(1, ['k'])))
    expect(own.restores.get(subtask(1, 0))?.operators).toMatchObject([{ keyed: [{ handle: { file: '1-k0' } }] }])
    const both = manifest(stored(1, ['k']), stored(7, ['k']))
    expect(refusal(job, both).details).toMatchObject({ operatorId: hex(1) })
    const { restores, dropped } = assign(job, both, true)
    expect(restores.get(subtask(1, 0))?.operators).toMatchObject([{ keyed: [{ handle: { file: '7-k0' } }] }])
    expect(dropped.map(({ stored }) => stored.id)).toEqual([hex(1)])
  })

  it('knows which stored operators have state', () => {
    expect([stored(1, ['', 'f']), stored(1, ['', 'k']), stored(1, ['o'])].map(hasState)).toEqual([false, true, true])
  })
})

describe('state that no operator takes', () => {
  const snapshot = manifest(stored(1, ['k']), stored(8, ['o'], { uid: 'gone', name: 'old' }), stored(9, ['k']))
  const job = graph([vertex(1, 1, { operators: [operator(1, { uid: 'count', name: 'counter' }), operator(2)] })])

  it('is refused: which state, what the program has, and both ways out', () => {
    const error = refusal(job, snapshot)
    expect(error.code).toBe('RESTORE_STATE_UNMATCHED')
    expect(error.message).toContain(`${path} has state for operator "old" (uid "gone")`)
    expect(error.message).toContain(`it has "counter" (uid "count"), "op2" (no uid, id ${hex(2)})`)
    expect(error.message).toContain(`.uid('gone')`)
    expect(error.message).toContain('--allowNonRestoredState')
    expect(error.details).toEqual({ operator: 'old', operatorId: hex(8), uid: 'gone' })
  })

  it('without a uid is to be taken by its hash', () => {
    expect(refusal(job, manifest(stored(9, ['k']))).message).toContain(`.setUidHash('${hex(9)}')`)
  })

  it('is dropped when the caller allows it, and named', () => {
    const { restores, dropped } = assign(job, snapshot, true)
    expect([restores.size, dropped.map(({ stored }) => stored.name)]).toEqual([1, ['old', 'stored9']])
  })
})

describe('parallelism', () => {
  it('may be another one: each subtask is given its share', () => {
    const { restores } = assign(graph([vertex(1, 3)]), manifest(keyedStored(1, 2)))
    const files = [...restores].map(([id, { operators }]) => [id, operators[0]!.keyed.map(({ handle }) => handle)])
    expect(files).toMatchObject([
      [subtask(1, 0), [{ file: '1-k0.0' }]],
      [subtask(1, 1), [{ file: '1-k0.0' }, { file: '1-k1.0' }]],
      [subtask(1, 2), [{ file: '1-k1.0' }]],
    ])
  })

  it('must be equal where state is whole, which is refused whether state may be dropped or not', () => {
    const error = refusal(graph([vertex(1, 3)]), manifest(stored(1, ['o', 'k'])), true)
    expect([error.code, error.details]).toEqual([
      'RESTORE_PARALLELISM_MISMATCH',
      { operator: 'op1', expected: 2, got: 3 },
    ])
  })

  it('of an operator that has neither state nor an end may change', () => {
    expect(assign(graph([vertex(1, 3)]), manifest(stored(1, ['', '']))).restores.size).toBe(0)
  })

  it('of an operator all of whose subtasks have finished may change: all have, however many there are', () => {
    const { restores } = assign(graph([vertex(1, 3)]), manifest(stored(1, ['f', 'f'])))
    expect([...restores.values()].map(({ finished }) => finished)).toEqual([true, true, true])
  })

  it('of an operator some of whose subtasks have finished may change: none has then', () => {
    const { restores } = assign(graph([vertex(1, 3)]), manifest(stored(1, ['f', ''])))
    expect(restores.size).toBe(0)
  })
})

describe('maximum parallelism', () => {
  it('that the program does not set is adopted from the snapshot', () => {
    const snapshot = manifest(stored(1, ['k'], { maxParallelism: 64 }))
    const { graph: adopted } = assign(graph([vertex(1), vertex(2)]), snapshot)
    expect(adopted.vertices.map(({ maxParallelism }) => maxParallelism)).toEqual([64, 128])
  })

  it('that the program sets must be the one of the state', () => {
    const job = graph([vertex(1, 1, { maxParallelism: 256, maxParallelismExplicit: true })])
    const error = refusal(job, manifest(stored(1, ['k'], { maxParallelism: 64 })), true)
    expect(error.code).toBe('RESTORE_MAX_PARALLELISM_MISMATCH')
    expect(error.message).toContain(`Operator "op1" (no uid, id ${hex(1)}) has maximum parallelism 256`)
    expect(error.message).toContain('written with 64, which cannot change: use .setMaxParallelism(64), or set none.')
    expect(error.details).toEqual({ operator: 'op1', expected: 64, got: 256 })
    expect(assign(job, manifest(stored(1, ['k'], { maxParallelism: 256 }))).graph).toEqual(job)
  })

  it('of a chain is that of its head, the only one whose state is bound to it', () => {
    const job = graph([vertex(1, 1, { operators: [operator(1), endpoint(2)] })])
    const snapshot = manifest(stored(1, ['k'], { maxParallelism: 64 }), stored(2, ['o'], { maxParallelism: 32 }))
    expect(assign(job, snapshot).graph.vertices[0]!.maxParallelism).toBe(64)
  })

  it('of an operator without state is its own affair', () => {
    const job = graph([vertex(1, 1, { maxParallelism: 256, maxParallelismExplicit: true })])
    expect(assign(job, manifest(stored(1, [''], { maxParallelism: 64 }))).graph).toEqual(job)
  })
})

describe('subtasks that had finished', () => {
  it('are restored as finished, each by its index', () => {
    const { restores } = assign(graph([vertex(1, 2)]), manifest(stored(1, ['f', 'k'])))
    expect([...restores].map(([id, { finished, operators }]) => [id, finished, operators.length])).toEqual([
      [subtask(1, 0), true, 0],
      [subtask(1, 1), false, 1],
    ])
  })

  it('have finished only if all of the chain that the snapshot knows had', () => {
    const job = graph([vertex(1, 1, { operators: [operator(1), endpoint(2), operator(3)] })])
    const finished = (...operators: ManifestOperator[]) =>
      assign(job, manifest(...operators)).restores.get(subtask(1, 0))?.finished
    expect(finished(stored(1, ['f']), stored(2, ['f']))).toBe(true)
    expect(finished(stored(1, ['f']), stored(2, ['o']))).toBe(false)
    expect(finished(stored(1, ['']), stored(2, ['']))).toBeUndefined()
  })
})

describe('records that were on their way', () => {
  const channel = (gate: number, from: number, input: 0 | 1 = 0) => ({ ...handle('2-0.state'), gate, input, from })
  const withChannels = (n: number, ...inFlight: ReturnType<typeof channel>[]) => {
    const operator = stored(n, [''])
    return manifest({ ...operator, subtasks: [{ ...operator.subtasks[0]!, inFlight }] })
  }
  const given = (from: number) => ({ handle: channel(0, from), from })
  const job = graph([vertex(1, 2), vertex(2)], [edge(1, 2)])

  it('go with the operator that receives them, which then has something to restore', () => {
    const { restores, dropped } = assign(job, withChannels(2, channel(0, 0), channel(0, 1)))
    expect([...restores]).toEqual([
      [subtask(2, 0), { checkpointId: 6, finished: false, operators: [], inFlight: [given(0), given(1)] }],
    ])
    expect(dropped).toEqual([])
  })

  it('are refused where they cannot go', () => {
    expect(refusal(job, withChannels(2, channel(1, 0))).code).toBe('RESTORE_CHANNEL_MISMATCH')
  })
})
