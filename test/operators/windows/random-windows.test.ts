/** Any assigner with any trigger and evictor, on random streams with restores in between, against a plain model. */
import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import { Random } from '../../../src/core/random.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  processingTimeSessionWindows,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
} from '../../../src/operators/windows/continuous-triggers.ts'
import { countEvictor, deltaEvictor, timeEvictor } from '../../../src/operators/windows/evictors.ts'
import {
  countTrigger,
  deltaTrigger,
  eventTimeTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from '../../../src/operators/windows/triggers.ts'
import type { Evictor, Trigger, WindowAssigner } from '../../../src/operators/windows/window.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { type Item, lateItems, lists, windowed } from './window-cases.ts'
import { WindowModel } from './window-model.ts'

/** More of them with WINDOW_RUNS=1000. */
const runs = Number(process.env.WINDOW_RUNS ?? 8)

const assigners: readonly WindowAssigner<Item>[] = [
  tumblingEventTimeWindows(10, { offsetMs: -3 }),
  slidingEventTimeWindows(12, 5),
  slidingEventTimeWindows(5, 8),
  eventTimeSessionWindows(6),
  eventTimeSessionWindows((item: Item) => 1 + (item.n % 11)),
  tumblingProcessingTimeWindows(10),
  slidingProcessingTimeWindows(12, 5),
  processingTimeSessionWindows(6),
  globalWindows(),
]

const any = (trigger: unknown) => trigger as Trigger<Item>
const triggers: readonly (Trigger<Item> | undefined)[] = [
  undefined,
  any(countTrigger(3)),
  any(continuousEventTimeTrigger(7)),
  any(continuousProcessingTimeTrigger(7)),
  any(deltaTrigger(4, (last: Item, { n }: Item) => n - last.n)),
  eventTimeTrigger(),
  processingTimeTrigger(),
]
const evictors: readonly (Evictor<Item> | undefined)[] = [
  undefined,
  undefined,
  countEvictor(3),
  timeEvictor(8, { after: true }),
  deltaEvictor(6, (value: Item, last: Item) => last.n - value.n, { after: true }),
]

const titled = assigners.map((assigner) => [assigner.description, assigner] as const)

it.each(titled)(
  'gives what the model gives: %s',
  async (_title, assigner) => {
    for (let seed = 1; seed <= runs; seed++) await compare(assigner, seed)
  },
  5_000 + runs * 2_000,
)

async function compare(assigner: WindowAssigner<Item>, seed: number): Promise<void> {
  const random = new Random(seed)
  const below = (n: number) => Math.floor(random.next() * n)
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)]!
  const chosen = pick(triggers)
  const plain = assigner.merging && chosen?.onMerge === undefined ? undefined : chosen
  const trigger = plain !== undefined && below(3) === 0 ? any(purgingTrigger(plain)) : plain
  const evictor = pick(evictors)
  const latenessMs = pick([0, 0, 4, 30])
  const backend = below(2) === 0 ? heapStateBackend : lmdbStateBackend({ cacheEntries: 3 })

  const factory = windowed(assigner, (windows: WindowedStream<Item, string>) => {
    let all = windows.allowedLateness(latenessMs).sideOutputLateData(lateItems)
    if (trigger !== undefined) all = all.trigger(trigger)
    if (evictor !== undefined) all = all.evictor(evictor)
    return lists(all)
  })
  const options = { key: ({ k }: Item) => k, sideOutputs: [lateItems], backend }
  const model = new WindowModel({ assigner, trigger: trigger ?? any(assigner.defaultTrigger), evictor, latenessMs })
  const what = [seed, assigner.description, trigger?.description, evictor?.description, latenessMs]
  let harness = new OperatorHarness(factory, options)
  let watermark = 0
  let taken = { values: 0, late: 0 }
  const check = (step: string) => {
    const values = harness.values.slice(taken.values).sort()
    const late = harness.side(lateItems).values.slice(taken.late)
    taken = { values: taken.values + values.length, late: taken.late + late.length }
    const got = [values, late.map((item) => (item as Item).n)]
    expect([...what, step, ...got]).toEqual([...what, step, model.results.splice(0).sort(), model.late.splice(0)])
  }

  for (let n = 0; n < 60; n++) {
    const draw = below(20)
    if (draw < 13) {
      const item = { k: pick(['a', 'b']), n }
      const timestamp = watermark - 12 + below(40)
      harness.element(item, timestamp)
      model.element(item, timestamp)
    } else if (draw < 16) {
      watermark += 1 + below(9)
      harness.watermark(watermark)
      model.watermark(watermark)
    } else {
      harness.advance(below(9))
      model.clock(harness.clock.now())
    }
    check(`after ${n}`)
    if (below(3) > 0) continue
    const restored = await harness.snapshot()
    const startMs = harness.clock.now()
    await harness.close()
    harness = new OperatorHarness(factory, { ...options, restored, startMs })
    taken = { values: 0, late: 0 }
    // What is overdue does not wait for the next watermark, or for the clock, behind a restore.
    if (watermark > 0) model.watermark(watermark)
    model.clock(startMs)
  }
  harness.watermark(100_000)
  model.watermark(100_000)
  harness.advance(10_000)
  model.clock(harness.clock.now())
  check('at the end')
  const left = (await harness.snapshot()).keyed
  if (assigner !== globalWindows()) expect([...what, left]).toEqual([...what, []])
  await harness.close()
}
