import { describe, expect, it } from 'vitest'
import { type InspectedOperator, inspectSavepoint } from '../../src/savepoint/inspect-savepoint.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { keepJob } from './kept-job.ts'

describe('an inspection', () => {
  it('counts keys, timers and bytes, and keeps the largest and some rows', async () => {
    const { savepoint } = await keepJob(['be', 'be'], ['to', 'be', 'be', 'not'])
    const found: InspectedOperator[] = []
    for await (const operator of inspectSavepoint(await openSavepoint(savepoint), { sample: 1, largest: 2 })) {
      found.push(operator)
    }
    const count = found.find(({ uid }) => uid === 'count')!
    expect(count.recordsInFlight).toBe(0)
    const of = (name: string) => count.inspected.find((state) => state.name === name)
    expect(of('count')).toMatchObject({ kind: 'value', keys: 3, timers: undefined, bytes: 6 })
    expect(of('processing-time')).toMatchObject({ kind: 'timers', keys: 3, timers: 3 })
    const seen = of('seen')!
    expect(seen.largest.map(({ key }) => key)).toEqual(['be', 'not'])
    expect(seen.largest[0]!.bytes).toBeGreaterThan(seen.largest[1]!.bytes)
    expect(seen.sample.length).toBe(1)
  })
})
