/** History that is loaded before a job starts, and a savepoint that is repaired before a job goes on from it. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { keepJob, manyStates } from './kept-job.ts'

const history = (async function* () {
  yield ['to', 10] as const
  yield ['be', 20] as const
})()

describe('a job', () => {
  it('starts with history that was loaded before', async () => {
    const dir = join(temporaryDir(), 'history')
    await SavepointBuilder.empty({ jobName: 'count' })
      .addOperator({ uid: 'count', keyed: { count: { kind: 'value', rows: history } } })
      .write(dir)
    const feed = new Feed(['to', 'be', 'or'])
    feed.end()
    const output: Counted[] = []
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(feed.source, output, {}), { fromSavepoint: dir })
    await process.settle(observed.job.done)
    expect(output.map(({ word, count }) => `${word} ${count}`)).toEqual(['to 11', 'be 21', 'or 1'])
  })

  it('goes on from a savepoint that was repaired', async () => {
    const kept = await keepJob()
    const dir = join(temporaryDir(), 'repaired')
    await SavepointBuilder.from(await openSavepoint(kept.savepoint))
      .transform<number>('count', 'count', ({ key, value }) => ({ key, value: key === 'be' ? 0 : value }))
      .write(dir)
    kept.feed.push('be', 'to')
    kept.feed.end()
    const output: string[] = []
    const process = new SimulatedProcess({ seed: 2 })
    const observed = await process.submit(manyStates(kept.feed, output, temporaryDir()), { fromSavepoint: dir })
    await process.settle(observed.job.done)
    expect(output).toEqual(['be 1', 'to 3'])
  })
})
