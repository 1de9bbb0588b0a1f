/** Jobs over a log whose partitions are read at the same time, some far ahead of others: no record is late. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { PortionSink } from './divided-endpoints.ts'
import { SimulatedProcess } from './simulated-process.ts'

/** Of each partition: how many records one poll reads. */
const paces = [16, 1, 2, 4, 8] as const
const recordsEach = 120
const windowMs = 50
const timeOf = (position: number): number => position * 10

interface Position {
  readonly partition: number
  readonly next: number
}

/** Every partition has a record for every 10 ms; no reader goes beyond `upTo()` of them. */
const log = (upTo: () => number, named: boolean): Source<number> => ({
  kind: 'log',
  bounded: true,
  replayable: true,
  createReader({ subtaskIndex, parallelism, wakeAfter }, restored) {
    const own = paces.flatMap((_, partition) => (partition % parallelism === subtaskIndex ? [partition] : []))
    const positions = (restored as DividedState | undefined)?.items('positions') as readonly Position[] | undefined
    const begun = positions ?? own.map((partition): Position => ({ partition, next: 0 }))
    const nexts = new Map(begun.map(({ partition, next }) => [partition, next]))
    const before = (end: number) => [...nexts].filter(([, next]) => next < end)
    let turn = 0
    return {
      poll() {
        if (before(recordsEach).length === 0) return { type: 'end' }
        const ready = before(upTo())
        wakeAfter(1)
        if (ready.length === 0) return { type: 'waiting' }
        const [partition, next] = ready[turn++ % ready.length]!
        const end = Math.min(next + paces[partition]!, upTo())
        nexts.set(partition, end)
        const values = Array.from({ length: end - next }, (_, i) => timeOf(next + i))
        return { type: 'records', values, ...(named ? { split: `p${partition}` } : {}) }
      },
      ...(named ? { splits: () => before(recordsEach).map(([partition]) => `p${partition}`) } : {}),
      snapshot: () => {
        const items = [...nexts].map(([partition, next]): Position => ({ partition, next }))
        return new DividedState({ positions: { mode: 'split', items } })
      },
      close() {},
    }
  },
})

function program(source: Source<number>, counts: PortionSink<string>, late: number[], parallelism: number) {
  const tag = outputTag<number>('late')
  const env = StreamEnvironment.create({
    autoWatermarkIntervalMs: 0,
    parallelism,
    maxParallelism: 8,
    checkpoint: { intervalMs: 50 },
  })
  const windows = env
    .fromSource(
      source,
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((time: number) => time),
    )
    .uid('log')
    .keyBy((time) => time % 3)
    .window(tumblingEventTimeWindows(windowMs))
    .sideOutputLateData(tag)
    .aggregate(
      { createAccumulator: () => 0, add: (_, count: number) => count + 1, getResult: (count) => count },
      (count, key, { start }) => `${start} ${key}: ${count}`,
    )
    .uid('windows')
  windows.sinkTo(counts.sink).uid('counts')
  windows.getSideOutput(tag).sinkTo(toArray(late)).uid('late')
  return env
}

const expected = (() => {
  const counts = new Map<string, number>()
  for (let position = 0; position < recordsEach; position++) {
    const time = timeOf(position)
    const window = `${Math.floor(time / windowMs) * windowMs} ${time % 3}`
    counts.set(window, (counts.get(window) ?? 0) + paces.length)
  }
  return [...counts].map(([window, count]) => `${window}: ${count}`).toSorted()
})()

it.each([1, 2, 3])('also through a savepoint and another parallelism (seed %i)', async (seed) => {
  const [counts, late]: [PortionSink<string>, number[]] = [new PortionSink<string>(), []]
  let upTo = recordsEach / 2
  const process = new SimulatedProcess({ seed })
  const source = log(() => upTo, true)
  const first = await process.submit(program(source, counts, late, 2))
  await first.is('RUNNING')
  await process.pass(30)
  const path = await process.settle(first.job.stop())
  upTo = recordsEach
  const second = await process.submit(program(source, counts, late, 3), { fromSavepoint: path })
  expect(await second.done()).toMatchObject({ status: 'FINISHED' })
  expect(late).toEqual([])
  expect(counts.shown.toSorted()).toEqual(expected)
  expect(process.crashes).toEqual([])
})

it('but for one watermark of all partitions of a subtask', async () => {
  const [counts, late]: [PortionSink<string>, number[]] = [new PortionSink<string>(), []]
  const source = log(() => recordsEach, false)
  const observed = await new SimulatedProcess().submit(program(source, counts, late, 1))
  await observed.done()
  expect(late.length).toBeGreaterThan(100)
})
