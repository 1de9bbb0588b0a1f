import { expect, it } from 'vitest'
import { slidingProcessingTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { type Item, sums, windowed } from './window-cases.ts'

it('counts what comes while the clock is behind the windows that have fired for the next ones', async () => {
  const factory = windowed(slidingProcessingTimeWindows(10, 5), sums)
  const options = { key: ({ k }: Item) => k }
  const before = new OperatorHarness(factory, { ...options, startMs: 1_000 })
  before.element({ k: 'a', n: 1 })
  before.advance(6)
  expect(before.values).toEqual(['a 995..1005 1'])
  const after = new OperatorHarness(factory, { ...options, startMs: 500, restored: await before.snapshot() })
  after.element({ k: 'a', n: 2 })
  after.element({ k: 'b', n: 8 })
  after.advance(20)
  after.element({ k: 'a', n: 4 })
  expect(after.values).toEqual(['b 495..505 8', 'b 500..510 8'])
  after.advance(600)
  expect(after.values.slice(2)).toEqual(['a 1000..1010 7'])
  expect(after.logged).toEqual([])
})
