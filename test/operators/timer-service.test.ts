import { expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { endOfTime } from '../../src/core/elements.ts'
import { limits } from '../../src/core/limits.ts'
import type { KeyedProcessContext } from '../../src/operators/keyed-context.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import type { StateDeclarations } from '../../src/operators/state-descriptors.ts'
import { TimerService } from '../../src/operators/timer-service.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'

type Context = KeyedProcessContext<string, string, StateDeclarations>
interface Step {
  readonly k: string
  readonly at?: number
  readonly cancel?: number
}

const alarms = () =>
  keyedProcessOperator({
    element({ at, cancel }: Step, ctx: Context) {
      if (at !== undefined) ctx.timers.registerEventTime(at)
      if (cancel !== undefined) ctx.timers.deleteEventTime(cancel)
    },
    timer: (timestamp, ctx: Context) =>
      ctx.emit(`${ctx.key}@${timestamp} ${ctx.timeDomain} at ${ctx.currentWatermark}`),
  })
const options = { key: (step: Step) => step.k }

it('fires event-time timers when the watermark has come to them, before it goes on', () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.elements([
    { k: 'a', at: 20 },
    { k: 'b', at: 10 },
    { k: 'a', at: 30 },
    { k: 'a', at: 20 },
    { k: 'b', at: 15 },
    { k: 'b', cancel: 15 },
  ])
  harness.watermark(9)
  expect(harness.values).toEqual([])
  harness.watermark(20)
  expect(harness.records).toEqual([
    { value: 'b@10 event-time at 20', timestamp: 10 },
    { value: 'a@20 event-time at 20', timestamp: 20 },
  ])
  expect(harness.watermarks).toEqual([9, 20])
})

it('fires a timer for a time that is over at the next watermark', () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.watermark(50)
  harness.element({ k: 'a', at: 10 })
  expect(harness.values).toEqual([])
  harness.watermark(51)
  expect(harness.values).toEqual(['a@10 event-time at 51'])
})

/** Registers the next timer in each, `everyMs` later. */
const chained = (everyMs: number) =>
  keyedProcessOperator({
    element: (step: Step, ctx: Context) => ctx.timers.registerEventTime(step.at!),
    timer(timestamp, ctx: Context) {
      ctx.emit(`${ctx.key}@${timestamp}`)
      ctx.timers.registerEventTime(timestamp + everyMs)
    },
  })

it('fires what a timer registers at the same watermark, as far as that has come', () => {
  const harness = new OperatorHarness(chained(10), options)
  harness.elements([
    { k: 'a', at: 10 },
    { k: 'b', at: 15 },
  ])
  harness.watermark(32)
  expect(harness.values).toEqual(['a@10', 'b@15', 'a@20', 'b@25', 'a@30'])
})

it.each([1_000, 0, -5])(
  'drops what a timer registers %s ms later when the last watermark has come, and says so once',
  (everyMs) => {
    const harness = new OperatorHarness(chained(everyMs), options)
    harness.elements([
      { k: 'a', at: 10 },
      { k: 'b', at: 15 },
    ])
    harness.watermark(endOfTime)
    expect(harness.values).toEqual(['a@10', 'b@15'])
    expect(harness.watermarks).toEqual([endOfTime])
    expect(harness.logged).toEqual([
      `warn Operator "keyed-process" registered an event-time timer at ${10 + everyMs} when the last watermark had come: ` +
        'no timer follows on that, so it does not fire.',
    ])
  },
)

it('keeps timers and the watermark in snapshots', async () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.element({ k: 'a', at: 100 })
  harness.watermark(50)
  const restored = new OperatorHarness(alarms(), { ...options, restored: await harness.snapshot() })
  restored.watermark(40)
  expect(restored.watermarks).toEqual([])
  restored.element({ k: 'b', at: 45 })
  restored.watermark(100)
  expect(restored.values).toEqual(['b@45 event-time at 100', 'a@100 event-time at 100'])
})

it('fires in turns, and hands the watermark on behind the last one', () => {
  const state = heapStateBackend.create({
    range: { start: 0, end: 127 },
    maxParallelism: 128,
    freeze: true,
    operatorName: 'op',
  })
  let fired = 0
  const watermarks: number[] = []
  const handler = { timer: () => void fired++, flush() {} }
  const output = { emit() {}, watermark: (timestamp: number) => void watermarks.push(timestamp), watermarkStatus() {} }
  const context = { output, requestProcessingTime() {} }
  const timers = new TimerService(context, state, handler)
  for (let key = 0; key < limits.timersPerTurn + 1; key++) {
    state.setCurrentKey(key)
    timers.event.add(5)
  }
  timers.advanceWatermark(7)
  expect([fired, timers.unfinished, watermarks]).toEqual([limits.timersPerTurn, true, []])
  // A snapshot may be taken here.
  const restored = new TimerService(context, state, handler, 7)
  expect([fired, restored.unfinished, watermarks]).toEqual([limits.timersPerTurn, true, []])
  restored.proceed()
  expect([fired, restored.unfinished, watermarks]).toEqual([limits.timersPerTurn + 1, false, [7]])
})
