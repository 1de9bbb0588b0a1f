/** What a savepoint of a job in event time shows: event-time timers, and how far event time had come. */
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { diffSavepoints } from '../../src/savepoint/diff-savepoints.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { querySavepoint } from '../../src/savepoint/query-savepoint.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { makeCli } from '../cli/cli.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { type Tick, tickProgram } from '../job/tick-program.ts'

let first: string
let second: string

beforeAll(async () => {
  const dir = temporaryDir()
  const feed = new Feed<Tick>([{ key: 'a', at: 100 }, { key: 'b', at: 60 }, { at: 50 }])
  const process = new SimulatedProcess()
  const checkpoint = { storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } } as const
  const observed = await process.submit(tickProgram(feed.source, toArray<string>([]), { checkpoint }))
  const savepoint = async () => {
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    return process.settle(observed.job.triggerSavepoint({ dir: join(dir, 'savepoints'), format: 'self-contained' }))
  }
  first = await savepoint()
  feed.push({ key: 'c', at: 300 }, { at: 70 })
  second = await savepoint()
})

it('answers what is pending of each key, and how far each subtask had come', async () => {
  const rows = []
  for await (const row of querySavepoint(await openSavepoint(first), { operator: 'timers' })) rows.push(row)
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ timers: 'event-time', key: 'a', timestamps: [100] }),
      expect.objectContaining({ timers: 'event-time', key: 'b', timestamps: [60] }),
      { operator: 'timers', list: '$watermark', subtask: 0, value: 50 },
    ]),
  )
})

it('differs from the next one by what has fired, what is new, and the watermark', async () => {
  const differences = []
  for await (const one of diffSavepoints(await openSavepoint(first), await openSavepoint(second))) differences.push(one)
  expect(differences).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ change: 'removed', of: 'key', state: 'event-time', key: 'b', before: [60] }),
      expect.objectContaining({ change: 'added', of: 'key', state: 'event-time', key: 'c', after: [300] }),
      expect.objectContaining({ of: 'operator-state', state: '$watermark', before: [50], after: [70] }),
    ]),
  )
})

it('is inspected in words', async () => {
  const cli = makeCli({ cwd: '/' })
  expect(await cli.run('savepoint', 'inspect', first)).toBe(0)
  expect(cli.out()).toContain('  timers "event-time": 2 of 2 keys, ')
  expect(cli.out()).toContain('  the watermark of 1 subtask\n')
})
