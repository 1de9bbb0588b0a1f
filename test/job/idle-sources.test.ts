/** A job of two sources, one of which falls silent, in virtual time. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const idleMs = 1_000

/** How many records windows of 10 had; of two sources, whose numbers are their times. */
async function start(idlenessMs: number | undefined) {
  const [talking, silent] = [new Feed<number>(), new Feed<number>()]
  const output: number[] = []
  const monotonous = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((value: number) => value)
  const strategy = idlenessMs === undefined ? monotonous : monotonous.withIdleness(idlenessMs)
  const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 0, parallelism: 2 })
  env
    .fromSource(talking.source, strategy)
    .union(env.fromSource(silent.source, strategy))
    .keyBy(() => 'all')
    .window(tumblingEventTimeWindows(10))
    .aggregate({ createAccumulator: () => 0, add: (_, count: number) => count + 1, getResult: (count) => count })
    .sinkTo(toArray(output))
  const process = new SimulatedProcess()
  const observed = await process.submit(env)
  await observed.is('RUNNING')
  const end = async () => {
    await process.settle(observed.job.cancel())
    expect(process.crashes).toEqual([])
  }
  return { talking, silent, output, pass: (ms: number) => process.pass(ms), end }
}

it('the others go on without a silent source, and wait for it again when it speaks', async () => {
  const { talking, silent, output, pass, end } = await start(idleMs)
  silent.push(1)
  talking.push(2, 15)
  await pass(idleMs / 2)
  expect(output).toEqual([])
  talking.push(16)
  await pass(idleMs / 2 + 50)
  expect(output).toEqual([2])
  silent.push(17)
  await pass(50)
  talking.push(35)
  await pass(idleMs / 2)
  expect(output).toEqual([2])
  silent.push(36)
  await pass(50)
  expect(output).toEqual([2, 3])
  await end()
})

it('nobody goes on without a silent source that is not said to be idle', async () => {
  const { talking, silent, output, pass, end } = await start(undefined)
  silent.push(1)
  talking.push(2, 15, 100)
  await pass(100 * idleMs)
  expect(output).toEqual([])
  await end()
})
