import { beforeAll, describe, expect, it } from 'vitest'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { querySavepoint, type SavepointQuery, type SavepointRow } from '../../src/savepoint/query-savepoint.ts'
import { type KeptJob, keepJob } from './kept-job.ts'

describe('a query', () => {
  let kept: KeptJob
  beforeAll(async () => {
    kept = await keepJob()
  })
  const rows = async (query: SavepointQuery): Promise<SavepointRow[]> => {
    const found: SavepointRow[] = []
    for await (const row of querySavepoint(await openSavepoint(kept.savepoint), query)) found.push(row)
    return found
  }

  it('gives rows with keys, timers, and what has no key', async () => {
    const all = await rows({})
    const kinds = all.map((row) => ('state' in row ? row.state : 'timers' in row ? row.timers : 'no key'))
    expect(new Set(kinds)).toEqual(new Set(['count', 'seen', 'lengths', 'longest', 'all', 'processing-time', 'no key']))
  })

  it('leaves out what is not asked for', async () => {
    expect((await rows({ operator: 'words' })).length).toBe(1)
    expect((await rows({ state: 'processing-time' })).length).toBe(4)
    expect((await rows({ key: 'to' })).length).toBe(6)
  })

  it('refuses a state that none of the operators has, naming those that there are', async () => {
    await expect(rows({ state: 'coun' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(
        /^The savepoint has no state, timers or list "coun": expected one of .*count.*processing-time\.$/,
      ),
    })
    await expect(rows({ state: 'count', operator: 'words' })).rejects.toThrow(
      /^Operator ".*" \(uid "words"\) has no state, timers or list "count": expected one of none\.$/,
    )
    await expect(rows({ state: 'seem', operator: 'count' })).rejects.toThrow(
      /^Operator "count" \(uid "count"\) has no .* "seem"/,
    )
  })
})
