/** Who gets which part of a snapshot, at the parallelism that wrote it and at others. */
import { describe, expect, it } from 'vitest'
import type { ChannelStateHandle, Manifest, ManifestOperator } from '../../src/backends/manifest.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { keyGroupRangeOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import type { OperatorItemsFacts, OperatorStateMode } from '../../src/core/operator-state.ts'
import { assignState } from '../../src/deployment/state-assignment.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import type { Partitioning } from '../../src/graph/transformation.ts'
import { edge, endpoint, graph, hex, operator, subtask, vertex } from '../deployment/graphs.ts'
import { handle, keyedStored, listsStored, manifest, refusalOf, stored } from '../deployment/snapshots.ts'

const assign = (job: JobGraph, snapshot: Manifest) =>
  assignState(job, snapshot, { allowNonRestoredState: false, path: '/state/chk-6' })

const list = (name: string, mode: OperatorStateMode, items: number): OperatorItemsFacts => ({ name, mode, items })
type Reports = readonly (readonly OperatorItemsFacts[] | undefined)[]

/** Per subtask the items of a list, as `<old subtask>.<place>`. */
function itemsAt(parallelism: number, reports: Reports, name: string): string[][] {
  const { restores } = assign(
    graph([vertex(1, parallelism, { operators: [endpoint(1)] })]),
    manifest(listsStored(1, reports)),
  )
  return Array.from({ length: parallelism }, (_, index) =>
    (restores.get(subtask(1, index))?.operators[0]?.operator ?? []).flatMap(({ handle: of, take }) => {
      const from = 'file' in of ? Number(of.file.at(-1)) : Number.NaN
      const all = of.states!.map((one) => ({ name: one.name, from: 0, to: one.items }))
      return (take ?? all)
        .filter((range) => range.name === name)
        .flatMap((range) => Array.from({ length: range.to - range.from }, (_, i) => `${from}.${range.from + i}`))
    }),
  )
}

describe('lists', () => {
  it('I1 that are split: each item goes to one subtask', () => {
    const reports: Reports = [[list('a', 'split', 2)], [list('a', 'split', 1)]]
    expect(itemsAt(3, reports, 'a')).toEqual([['0.0'], ['0.1'], ['1.0']])
    expect(itemsAt(1, reports, 'a')).toEqual([['0.0', '0.1', '1.0']])
    expect(itemsAt(2, reports, 'a')).toEqual([['0.0', '0.1'], ['1.0']])
  })

  it.each([1, 2, 3])('I2 that are a union: all goes to each of %i', (parallelism) => {
    const reports: Reports = [[list('u', 'union', 2)], [list('u', 'union', 1)]]
    expect(itemsAt(parallelism, reports, 'u')).toEqual(Array(parallelism).fill(['0.0', '0.1', '1.0']))
  })

  it.each([1, 2, 3])('I3 that are broadcast: one copy goes to each of %i, whoever reported none', (parallelism) => {
    const copy = [list('b', 'broadcast', 2)]
    for (const reports of [
      [copy, copy],
      [copy, undefined],
      [[], copy],
    ]) {
      for (const own of itemsAt(parallelism, reports, 'b')) expect([0, 1].map((n) => `${own[0]![0]}.${n}`)).toEqual(own)
    }
  })

  it('I4 of every mode are given out beside each other', () => {
    const report = [list('a', 'split', 2), list('u', 'union', 1), list('b', 'broadcast', 1), list('c', 'split', 1)]
    const reports = [report, report]
    const at = (parallelism: number) =>
      ['a', 'u', 'b', 'c'].map((name) => itemsAt(parallelism, reports, name).map(String).join(' | '))
    expect(at(3)).toEqual(['0.0,0.1 | 1.0 | 1.1', '0.0,1.0 | 0.0,1.0 | 0.0,1.0', '0.0 | 1.0 | 0.0', ' | 0.0 | 1.0'])
    expect(at(1)).toEqual(['0.0,0.1,1.0,1.1', '0.0,1.0', '0.0', '0.0,1.0'])
    expect(at(2)).toEqual(['0.0,0.1 | 1.0,1.1', '0.0,1.0 | 0.0,1.0', '0.0 | 1.0', '0.0 | 1.0'])
  })
})

describe('state of operators', () => {
  const files = (job: JobGraph, snapshot: Manifest, n: number) =>
    Array.from({ length: job.vertices[0]!.parallelism }, (_, index) =>
      (assign(job, snapshot).restores.get(subtask(n, index))?.operators ?? []).flatMap(({ keyed }) =>
        keyed.map(({ handle: of }) => 'file' in of && of.file),
      ),
    )

  it('I5 of keys goes to the subtasks whose key groups meet its own, chains of changes included', () => {
    expect(files(graph([vertex(1, 3)]), manifest(keyedStored(1, 2, 2)), 1)).toEqual([
      ['1-k0.0', '1-k0.1'],
      ['1-k0.0', '1-k0.1', '1-k1.0', '1-k1.1'],
      ['1-k1.0', '1-k1.1'],
    ])
    expect(files(graph([vertex(1, 1)]), manifest(keyedStored(1, 2)), 1)).toEqual([['1-k0.0', '1-k1.0']])
  })

  it('I5 of keys passes through at the same parallelism', () => {
    const { restores } = assign(graph([vertex(1, 2)]), manifest(keyedStored(1, 2, 2)))
    const { subtasks } = keyedStored(1, 2, 2)
    for (const { index, keyed } of subtasks) {
      expect(restores.get(subtask(1, index))!.operators[0]!.keyed.map((piece) => piece.handle)).toEqual(keyed)
    }
  })

  it('I6 is found by the id of setUidHash and delivered under the generated one, at another parallelism too', () => {
    const repaired = operator(1, { alternativeId: hex(7) as OperatorId })
    for (const parallelism of [2, 3]) {
      const { restores } = assign(
        graph([vertex(1, parallelism, { operators: [repaired] })]),
        manifest(keyedStored(7, 2)),
      )
      const given = [...restores.values()].flatMap(({ operators }) => operators)
      expect(given.map(({ operatorId }) => operatorId)).toEqual(Array(parallelism).fill(hex(1)))
      expect(given[0]!.keyed).toMatchObject([{ handle: { file: '7-k0.0' } }])
    }
  })

  it('I7 goes to each operator of a chain by its id', () => {
    const chain = vertex(1, 2, { operators: [operator(1), endpoint(2), endpoint(3)] })
    const snapshot = manifest(
      listsStored(3, [[list('c', 'split', 2)]]),
      keyedStored(1, 1),
      listsStored(2, [[list('b', 'split', 2)]]),
    )
    const [first] = [...assign(graph([chain]), snapshot).restores.values()]
    expect(first!.operators).toMatchObject([
      { operatorId: hex(1), keyed: [{ handle: { file: '1-k0.0' } }], operator: [] },
      { operatorId: hex(2), keyed: [], operator: [{ handle: { file: '2-o0' } }] },
      { operatorId: hex(3), keyed: [], operator: [{ handle: { file: '3-o0' } }] },
    ])
  })
})

describe('records on their way', () => {
  const channel = (from: number): ChannelStateHandle => ({ ...handle(`c${from}`), gate: 0, input: 0, from })
  const onTheirWay = (receivers: number): ManifestOperator => {
    const bare = stored(2, Array<string>(receivers).fill(''))
    return { ...bare, subtasks: bare.subtasks.map((one) => ({ ...one, inFlight: [channel(one.index)] })) }
  }
  const at = (senders: number, receivers: number, partitioning: Partitioning) => {
    const receiver = partitioning.type === 'hash' ? operator(2) : endpoint(2)
    const vertices = [vertex(1, senders), vertex(2, receivers, { operators: [receiver] })]
    const job = graph(vertices, [edge(1, 2, { partitioning })])
    const { restores } = assign(job, manifest(onTheirWay(2)))
    return Array.from({ length: receivers }, (_, index) =>
      (restores.get(subtask(2, index))?.inFlight ?? []).map(
        ({ handle: of, from, keyGroups }) =>
          `${'file' in of && of.file}>${from}${keyGroups ? ` ${keyGroups.start}-${keyGroups.end}` : ''}`,
      ),
    )
  }
  const byKey: Partitioning = { type: 'hash', key: (x) => x }

  it('I8 go by key to who owns the key now', () => {
    expect(at(2, 3, byKey)).toEqual([['c0>0 0-42'], ['c0>0 43-85', 'c1>1 43-85'], ['c1>1 86-127']])
    expect(at(1, 1, byKey)).toEqual([['c0>0', 'c1>0']])
  })

  it('I8 go in turn as whole channels, and to everybody as copies', () => {
    expect(at(2, 3, { type: 'rebalance' })).toEqual([['c0>0'], ['c1>1'], []])
    expect(at(2, 3, { type: 'broadcast' })).toEqual([['c0>0'], ['c1>1'], ['c0>0']])
    expect(at(2, 1, { type: 'broadcast' })).toEqual([['c0>0']])
  })

  it('I8 are refused where everybody does something with them to the keys that it has', () => {
    const job = graph([vertex(1, 2), vertex(2, 3)], [edge(1, 2, { partitioning: { type: 'broadcast' } })])
    expect(refusalOf(() => assign(job, manifest(onTheirWay(2)))).code).toBe('RESTORE_CHANNEL_MISMATCH')
  })

  it('I8 are refused where a subtask sends to one other only', () => {
    const job = graph([vertex(1, 3), vertex(2, 3)], [edge(1, 2, { partitioning: { type: 'forward' } })])
    const error = refusalOf(() => assign(job, manifest(onTheirWay(2))))
    expect(error.code).toBe('RESTORE_CHANNEL_MISMATCH')
    expect(error.message).toContain('or restore a savepoint, in which nothing is on its way')
  })
})

describe('a parallelism', () => {
  it('I9 above the number of key groups of the state is refused', () => {
    const error = refusalOf(() => assign(graph([vertex(1, 5)]), manifest(keyedStored(1, 2, 1, 4))))
    expect([error.code, error.details]).toEqual([
      'RESTORE_MAX_PARALLELISM_MISMATCH',
      { operator: 'op1', expected: 4, got: 5 },
    ])
  })

  it('I9 above it is no matter to state that no key finds', () => {
    const lists = { ...listsStored(1, [[list('a', 'split', 5)]]), maxParallelism: 4 }
    expect(assign(graph([vertex(1, 5, { operators: [endpoint(1)] })]), manifest(lists)).restores.size).toBe(5)
  })

  it.each([
    [1, 1],
    [3, 10],
    [7, 128],
    [128, 128],
    [32_767, 32_768],
    [32_768, 32_768],
  ])('I10 of %i divides %i key groups: each once, and where its records are sent', (parallelism, max) => {
    let next = 0
    const astray: number[] = []
    for (let index = 0; index < parallelism; index++) {
      const { start, end } = keyGroupRangeOf(index, parallelism, max)
      expect(start).toBe(next)
      next = end + 1
      for (let group = start; group <= end; group++) {
        if (subtaskOfKeyGroup(group, parallelism, max) !== index) astray.push(group)
      }
    }
    expect([next, astray]).toEqual([max, []])
  })
})
