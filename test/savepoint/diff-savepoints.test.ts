import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Difference, diffSavepoints } from '../../src/savepoint/diff-savepoints.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { keepJob } from './kept-job.ts'

async function differences(
  before: SavepointReader,
  after: SavepointReader,
  keysAtOnce?: number,
): Promise<Difference[]> {
  const found: Difference[] = []
  const options = keysAtOnce === undefined ? {} : { keysAtOnce }
  for await (const difference of diffSavepoints(before, after, options)) found.push(difference)
  return found
}

describe('the difference of two savepoints', () => {
  let base: SavepointReader
  beforeAll(async () => {
    base = await openSavepoint((await keepJob()).savepoint)
  })
  const changed = (builder: SavepointBuilder) => builder.write(join(temporaryDir(), 'made'))

  it('is nothing between a savepoint and its copy, whatever form its segments have', async () => {
    const anew = await changed(
      SavepointBuilder.from(base)
        .transform('count', 'count', (row) => row)
        .setMaxParallelism('count', 64),
    )
    expect(await differences(base, base)).toEqual([])
    // The sink is chained to the count.
    expect(await differences(base, anew)).toEqual(
      ['count', 'out'].map((operator) => ({
        operator,
        change: 'changed',
        of: 'maxParallelism',
        before: 128,
        after: 64,
      })),
    )
    expect((await differences(anew, base)).length).toBe(2)
  })

  it('is told by operator, state and key', async () => {
    const other = await changed(
      SavepointBuilder.from(base)
        .transform<number>('count', 'count', ({ key, value }) => {
          if (key === 'or') return undefined
          return [{ key, value: key === 'be' ? 40 : value }, ...(key === 'to' ? [{ key: 'too', value: 1 }] : [])]
        })
        .transformTimers('count', 'processing-time', ({ key, timestamps }) => (key === 'to' ? [1] : timestamps))
        .removeState('count', 'seen')
        .addState('count', 'more', { kind: 'value', rows: [] })
        .transform<number, readonly number[]>('count', 'all', ({ key, value }) => ({ key, value: [value] }), {
          kind: 'list',
        })
        .transformOperatorState('words', () => ({ position: 0 }))
        .removeOperator('out')
        .addOperator({ uid: 'new', lists: { l: { mode: 'union', items: [1] } } }),
    )
    const found = await differences(base, other)
    const shown = found.map(({ operator, change, of, state, key }) =>
      [operator, change, of, state, key].filter(Boolean).join(' '),
    )
    expect(shown.sort()).toEqual(
      [
        'words changed operator-state subtask 0',
        'count changed key count be',
        'count removed key count or',
        'count added key count too',
        'count changed key processing-time to',
        'count removed state seen',
        'count added state more',
        'count changed state all',
        'new added operator',
        'out removed operator',
      ].sort(),
    )
    expect(found).toContainEqual(expect.objectContaining({ key: 'be', before: 4, after: 40 }))
    // The same, compared one key at a time.
    expect((await differences(base, other, 0.5)).length).toBe(found.length)
  })
})
