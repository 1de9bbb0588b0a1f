/** Which subtask gets what from a snapshot, and which snapshots and programs do not go together. */
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Manifest, sharedFile } from '../../src/backends/manifest.ts'
import { subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import { refuseFedFinished } from '../../src/deployment/finished-check.ts'
import { assignState } from '../../src/deployment/state-assignment.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { edge, endpoint, graph, hex, operator, subtask, vertex } from '../deployment/graphs.ts'
import { handle, keyedHandle, keyedStored, listsStored, manifest, refusalOf, stored } from '../deployment/snapshots.ts'
import { type Counted, countProgram, expectedCounts, shown } from '../job/count-program.ts'
import { wholeSink } from '../job/divided-endpoints.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { countingAround, savedCount, words } from './saved-count.ts'

const path = '/state/chk-6'
const assign = (job: JobGraph, snapshot: Manifest, allowNonRestoredState = false) =>
  assignState(job, snapshot, { allowNonRestoredState, path })

describe('state for subtasks', () => {
  it('H1 is given to those that had some, and to no others', () => {
    const job = graph([vertex(1, 3), vertex(2, 2)])
    const { restores } = assign(job, manifest(stored(1, ['k', '', 'k']), stored(2, ['', ''])))
    expect([...restores.keys()]).toEqual([subtask(1, 0), subtask(1, 2)])
  })

  it.each([true, false])('H3 is not needed by a vertex that the snapshot does not know (may drop: %s)', (allowed) => {
    const { restores, dropped } = assign(graph([vertex(1), vertex(2)]), manifest(stored(1, ['k'])), allowed)
    expect([[...restores.keys()], dropped]).toEqual([[subtask(1, 0)], []])
  })

  it('H4 that no operator takes is refused, naming it', () => {
    const snapshot = manifest(stored(1, ['k']), stored(8, ['o'], { uid: 'gone', name: 'old' }))
    const error = refusalOf(() => assign(graph([vertex(1)]), snapshot))
    expect(error.code).toBe('RESTORE_STATE_UNMATCHED')
    expect(error.message).toContain(`${path} has state for operator "old" (uid "gone")`)
  })

  it('H4 that no operator takes is dropped where that is allowed, and an operator without any is passed over', () => {
    const snapshot = manifest(stored(1, ['k']), stored(8, ['o'], { name: 'old' }), stored(9, ['', '']))
    const { dropped, restores } = assign(graph([vertex(1)]), snapshot, true)
    expect([dropped.map(({ stored }) => stored.name), restores.size]).toEqual([['old'], 1])
    expect(assign(graph([vertex(1)]), manifest(stored(1, ['k']), stored(9, ['', '']))).dropped).toEqual([])
  })

  it('H5 comes with the id of the checkpoint, and is what the subtask of that index had stored', () => {
    const chain = vertex(1, 2, { operators: [operator(1), endpoint(2)] })
    const { restores } = assign(graph([chain]), manifest(stored(1, ['k', 'k']), stored(2, ['o', ''])))
    const of = (index: number) => restores.get(subtask(1, index))
    expect(of(0)).toMatchObject({
      checkpointId: 6,
      operators: [
        { operatorId: hex(1), keyed: [{ handle: keyedHandle('1-k0') }], operator: [] },
        { operatorId: hex(2), keyed: [], operator: [{ handle: handle('2-o0') }] },
      ],
    })
    expect(of(1)).toMatchObject({
      checkpointId: 6,
      operators: [{ keyed: [{ handle: keyedHandle('1-k1') }], operator: [] }],
    })
  })

  it('H5 comes with all that it names, files that other checkpoints have written included, in their order', () => {
    const chain = keyedStored(1, 2, 3)
    const subtasks = chain.subtasks.map((one) => ({
      ...one,
      keyed: one.keyed.map((handle, link) => ({ ...handle, file: sharedFile(`${4 + link}-1-${one.index}.state`) })),
    }))
    const { restores } = assign(graph([vertex(1, 2)]), manifest({ ...chain, subtasks }))
    for (const { index, keyed } of subtasks) {
      expect(restores.get(subtask(1, index))!.operators[0]!.keyed).toEqual(keyed.map((handle) => ({ handle })))
    }
  })

  it.each([
    [2, 13],
    [13, 2],
  ])('H6 is redistributed from parallelism %i to %i, by key groups and by items', (before, after) => {
    const reports = Array.from(
      { length: before },
      () => [{ name: 'splits', mode: 'split', items: 26 / before }] as const,
    )
    const keyed = keyedStored(1, before, 1, 13)
    const { restores } = assign(
      graph([vertex(1, after), vertex(2, after, { operators: [endpoint(2)] })]),
      manifest(keyed, { ...listsStored(2, reports), maxParallelism: 13 }),
    )
    const owners = Array.from({ length: 13 }, (_, group) => subtaskOfKeyGroup(group, after, 13))
    for (const [group, owner] of owners.entries()) {
      const given = restores.get(subtask(1, owner))!.operators[0]!.keyed
      const holder = subtaskOfKeyGroup(group, before, 13)
      expect(given.filter(({ handle }) => handle.keyGroups.start <= group && handle.keyGroups.end >= group)).toEqual([
        { handle: keyed.subtasks[holder]!.keyed[0] },
      ])
    }
    const items = Array.from({ length: after }, (_, index) =>
      restores
        .get(subtask(2, index))!
        .operators[0]!.operator.map(
          ({ take }) => take?.reduce((sum, { from, to }) => sum + to - from, 0) ?? 26 / before,
        )
        .reduce((sum, taken) => sum + taken),
    )
    expect(items).toEqual(Array(after).fill(26 / after))
  })

  it('H7 refuses another maximum parallelism that the program sets', () => {
    const job = graph([vertex(1, 1, { maxParallelism: 256, maxParallelismExplicit: true })])
    const error = refusalOf(() => assign(job, manifest(stored(1, ['k'], { maxParallelism: 64 })), true))
    expect(error.code).toBe('RESTORE_MAX_PARALLELISM_MISMATCH')
    expect(error.details).toEqual({ operator: 'op1', expected: 64, got: 256 })
  })

  it('H7 gives its maximum parallelism to an operator for which the program sets none', () => {
    const { graph: adopted } = assign(graph([vertex(1)]), manifest(stored(1, ['k'], { maxParallelism: 64 })))
    expect(adopted.vertices[0]).toMatchObject({ maxParallelism: 64, maxParallelismExplicit: false })
  })

  it('H8 that cannot be divided refuses another parallelism, and does so for the whole job', async () => {
    const named = vertex(1, 3, { operators: [operator(1, { uid: 'in', name: 'feed' })] })
    const error = refusalOf(() => assign(graph([named]), manifest(stored(1, ['o', 'o']))))
    expect(error.code).toBe('RESTORE_PARALLELISM_MISMATCH')
    expect(error.message).toContain('Operator "feed" (uid "in") has parallelism 3')
    expect(error.message).toContain('use .setParallelism(2), or')
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const program = (parallelism: number) => countProgram(feed.source, [], { parallelism }, { sink: wholeSink })
    const observed = await process.submit(program(1))
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    const savepoint = await process.settle(observed.job.stop())
    const submitted = process.submit(program(2), { fromSavepoint: savepoint, allowNonRestoredState: true })
    await expect(submitted).rejects.toMatchObject({ code: 'RESTORE_PARALLELISM_MISMATCH' })
    expect(process.session.jobs()).toHaveLength(1)
  })
})

describe('a snapshot that is required', () => {
  it.each(['directory', 'memory'])('H2 and is not there starts nothing (%s)', async (place) => {
    const process = new SimulatedProcess()
    const program = countProgram(new Feed(words).source, [], {})
    if (place === 'memory') {
      await expect(process.submit(program, { resume: true })).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
    } else {
      const fromSavepoint = join(temporaryDir(), 'savepoint-none')
      await expect(process.submit(program, { fromSavepoint })).rejects.toMatchObject({ code: 'SAVEPOINT_NOT_FOUND' })
    }
    expect(process.session.jobs()).toEqual([])
  })

  it('H11 leads on: the first new checkpoint has an id above that of the savepoint', async () => {
    const dir = temporaryDir()
    const options = { checkpoint: { storage: { kind: 'filesystem' as const, dir } } }
    const feed = new Feed(words)
    const first = new SimulatedProcess()
    const before = await first.submit(countProgram(feed.source, [], options))
    await before.is('RUNNING')
    for (let i = 0; i < 4; i++) await first.settle(before.job.triggerCheckpoint())
    const savepoint = await first.settle(before.job.triggerSavepoint(join(dir, 'savepoints')))
    const saved = before.completed.at(-1)!
    const second = new SimulatedProcess({ seed: 2 })
    const after = await second.submit(countProgram(feed.source, [], options), { fromSavepoint: savepoint })
    await after.is('RUNNING')
    expect(await second.settle(after.job.triggerCheckpoint())).toBe(saved + 1)
  })

  it('H12 and is a missing path, a missing file or rubbish is refused by name, and no job starts', async () => {
    const dir = temporaryDir()
    const rubbish = join(dir, 'savepoint-123456-0123456789ab')
    mkdirSync(rubbish)
    const submitting = (fromSavepoint: string) => {
      const process = new SimulatedProcess()
      const submitted = process.submit(countProgram(new Feed(words).source, [], {}), { fromSavepoint })
      return submitted.finally(() => expect(process.session.jobs()).toEqual([]))
    }
    const missing = { code: 'SAVEPOINT_NOT_FOUND' }
    await expect(submitting(join(dir, 'nowhere'))).rejects.toMatchObject(missing)
    await expect(submitting(rubbish)).rejects.toMatchObject(missing)
    writeFileSync(join(rubbish, '_metadata'), 'not a savepoint')
    await expect(submitting(rubbish)).rejects.toMatchObject({
      code: 'MANIFEST_DAMAGED',
      message: expect.stringContaining(rubbish),
    })
  })

  it('H12 and is damaged is refused by name', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const options = { checkpoint: { storage: { kind: 'filesystem' as const, dir } } }
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('RUNNING')
    const savepoint = await process.settle(observed.job.triggerSavepoint(join(dir, 'savepoints')))
    expect(readdirSync(savepoint)).toEqual(['_metadata'])
    appendFileSync(join(savepoint, '_metadata'), 'x')
    const other = new SimulatedProcess({ seed: 2 })
    const submitted = other.submit(countProgram(new Feed(words).source, [], options), { fromSavepoint: savepoint })
    await expect(submitted).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
  })
})

describe('a changed program', () => {
  it.each([
    ['an operator before and one after', { added: true }, true],
    ['without the one before', { removed: true }, true],
    ['every chain taken apart', { chaining: false }, false],
    ['all three', { added: true, removed: true, chaining: false }, false],
  ])('H9 finds its state by uid: %s', async (_, change, chained) => {
    const { process, feed, path: savepoint } = await savedCount()
    feed.push('to', 'new')
    const output: Counted[] = []
    const observed = await process.submit(countingAround(feed.source, output, change), { fromSavepoint: savepoint })
    // The sink's state has the words that the savepoint covers, and its array is a new one.
    await process.until(() => output.length === 8)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to', 'new']))
    const lengths = observed.job.graph.vertices.map(({ operators }) => operators.length)
    expect(Math.max(...lengths) > 1).toBe(chained)
  })
})

describe('what had finished', () => {
  const finishedJob = (job: JobGraph, snapshot: Manifest) => refuseFedFinished(assign(job, snapshot), path)
  const forward = { partitioning: { type: 'forward' } } as const

  it('H10 is restored as finished, subtask by subtask', () => {
    const job = graph([vertex(1, 2), vertex(2, 2)], [edge(1, 2, forward)])
    const snapshot = manifest(stored(1, ['f', 'k']), stored(2, ['f', 'k']))
    expect([...assign(job, snapshot).restores].map(([id, { finished }]) => [id, finished])).toEqual([
      [subtask(1, 0), true],
      [subtask(1, 1), false],
      [subtask(2, 0), true],
      [subtask(2, 1), false],
    ])
    finishedJob(job, snapshot)
  })

  it.each([
    ['an unfinished subtask, over an edge to all', [edge(1, 2)], ['f', 'k'], ['f', 'k'], 'op1'],
    ['its own unfinished predecessor', [edge(1, 2, forward)], ['k', 'f'], ['f', 'f'], 'op1'],
    ['an operator that the snapshot does not know', [edge(1, 2), edge(3, 2)], ['f', 'f'], ['f', 'f'], 'op3'],
  ] as const)('H10 is refused behind %s', (_, edges, before, after, fedBy) => {
    const job = graph([vertex(1, 2), vertex(3, 2), vertex(2, 2)], edges)
    const error = refusalOf(() => finishedJob(job, manifest(stored(1, before), stored(2, after))))
    expect(error.code).toBe('RESTORE_FINISHED_MISMATCH')
    expect(error.details).toEqual({ operator: 'op2', operatorId: hex(2), fedBy })
  })

  it('H10 is refused behind what runs again because it alone has another parallelism', () => {
    const snapshot = manifest(stored(1, ['f', 'k']), stored(2, ['f', 'k']))
    const job = (sources: number, sinks: number) => graph([vertex(1, sources), vertex(2, sinks)], [edge(1, 2)])
    const error = refusalOf(() => finishedJob(job(3, 2), snapshot))
    expect(error.code).toBe('RESTORE_FINISHED_MISMATCH')
    expect(error.message).toContain('Its parallelism has changed from 2 to 3: change that of both, or of neither.')
    finishedJob(job(3, 3), snapshot)
  })

  it('H10 is refused in a chain with a new source, and in one with what had not finished', () => {
    const chain = graph([vertex(1, 1, { operators: [operator(1), operator(2)] })])
    const errors = [manifest(stored(2, ['f'])), manifest(stored(1, ['f']), stored(2, ['k']))].map((snapshot) =>
      refusalOf(() => finishedJob(chain, snapshot)),
    )
    expect(errors.map(({ code }) => code)).toEqual(['RESTORE_FINISHED_MISMATCH', 'RESTORE_FINISHED_MISMATCH'])
    expect(errors.map(({ details }) => [details.operator, details.fedBy])).toEqual([
      ['op2', 'op1'],
      ['op1', 'op2'],
    ])
    finishedJob(chain, manifest(stored(1, ['f']), stored(2, ['f'])))
  })

  it('H10 stays finished when a whole job goes on from a drain, and refuses another source in front of it', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const output: Counted[] = []
    const observed = await process.submit(countProgram(feed.source, output, {}))
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    const drained = await process.settle(observed.job.stop({ drain: true }))
    expect(shown(output)).toEqual(expectedCounts(words))
    feed.push('late')
    const again: Counted[] = []
    const after = await process.submit(countProgram(feed.source, again, {}), { fromSavepoint: drained })
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(again).toEqual([])

    const other = countingAround(feed.source, again, { sourceUid: 'other words' })
    const refused = process.submit(other, { fromSavepoint: drained, allowNonRestoredState: true })
    await expect(refused).rejects.toMatchObject({
      code: 'RESTORE_FINISHED_MISMATCH',
      message: expect.stringContaining('(uid "count") had finished'),
    })
  })
})
