import { expect, it } from 'vitest'
import { endOfTime } from '../../src/core/elements.ts'
import { LateRecords } from '../../src/operators/late-records.ts'

it('tells of the first one, and of all when there were several', () => {
  const told: string[] = []
  const late = new LateRecords((what) => told.push(what), 'too late', 'wait longer')
  late.close()
  expect(told).toEqual([])
  late.drop(3, 7)
  expect(told).toEqual(['drops records that come too late, such as one of 3 at watermark 7: wait longer.'])
  late.close()
  expect(told).toHaveLength(1)
  late.drop(4, 8)
  late.close()
  expect(told.slice(1)).toEqual(['has dropped 2 records as too late.'])
  expect(late.dropped).toBe(2)
})

it('does not show the last watermark of all as a number', () => {
  const told: string[] = []
  new LateRecords((what) => told.push(what), 'too late', 'wait longer').drop(3, endOfTime)
  expect(told).toEqual(['drops records that come too late, such as one of 3 at the end of event time: wait longer.'])
})
