import { expect, it } from 'vitest'
import { SourceAlignment } from '../../../src/operators/time/source-alignment.ts'

function make() {
  const said: (number | undefined)[] = []
  let [nowMs, askedMs] = [0, Number.POSITIVE_INFINITY]
  const alignment = new SourceAlignment(
    { group: 'g', maxDriftMs: 10, updateIntervalMs: 100 },
    {
      monotonicMs: () => nowMs,
      requestTurn(atMs) {
        askedMs = Math.min(askedMs, atMs)
      },
      reportWatermark: ({ watermark }) => void said.push(watermark),
    },
  )
  const pass = (ms: number) => {
    nowMs += ms
    if (askedMs > nowMs) return
    askedMs = Number.POSITIVE_INFINITY
    alignment.turn(nowMs)
  }
  return { alignment, pass, take: () => said.splice(0) }
}

it('says at once that it has a say, or no more, and otherwise once an interval', () => {
  const { alignment, pass, take } = make()
  expect(take()).toEqual([undefined])
  alignment.progressed(undefined)
  expect(take()).toEqual([])
  alignment.progressed(5)
  expect(take()).toEqual([5])
  alignment.progressed(6)
  alignment.progressed(7)
  pass(99)
  expect(take()).toEqual([])
  pass(1)
  expect(take()).toEqual([7])
  pass(1_000)
  alignment.progressed(8)
  alignment.progressed(undefined)
  expect(take()).toEqual([undefined])
  pass(1_000)
  expect(take()).toEqual([])
})

it('has to wait while it is further ahead of the group than allowed', () => {
  const { alignment } = make()
  alignment.progressed(100)
  expect(alignment.mustWait).toBe(false)
  alignment.groupWatermark(89)
  expect(alignment.mustWait).toBe(true)
  alignment.groupWatermark(90)
  expect(alignment.mustWait).toBe(false)
  alignment.groupWatermark(0)
  alignment.progressed(undefined)
  expect(alignment.mustWait).toBe(false)
  alignment.progressed(100)
  alignment.groupWatermark(undefined)
  expect(alignment.mustWait).toBe(false)
})
