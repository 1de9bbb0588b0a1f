/** Sources of one job that wait for each other, in virtual time. */
import { expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { SimulatedProcess } from './simulated-process.ts'

interface Reading {
  readonly from: 'fast' | 'slow'
  readonly time: number
}

const stepMs = 10
const driftMs = 1_000
const [fastCount, slowCount] = [2_000, 100]

/** Two sources with a record for every 10 ms of event time: one makes a thousand of them in a second, the other ten. */
function program(output: Reading[], aligned: boolean, options: JobOptions = {}, seen = (reading: Reading) => reading) {
  const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 0, batchRecords: 8, ...options })
  const read = (from: Reading['from'], count: number, ratePerSecond: number) => {
    const strategy = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((one: Reading) => one.time)
    const source = generate({ count, ratePerSecond, at: (index): Reading => ({ from, time: index * stepMs }) })
    return env
      .fromSource(source, aligned ? strategy.withWatermarkAlignment('readings', driftMs, 50) : strategy)
      .uid(from)
  }
  read('fast', fastCount, 1_000)
    .union(read('slow', slowCount, 10))
    .map(seen)
    .uid('seen')
    .sinkTo(toArray(output))
  return env
}

const timeOf = (output: readonly Reading[], from: Reading['from']) =>
  output.findLast((reading) => reading.from === from)?.time ?? 0

/** How far the fast source was when the slow one had brought its last record. */
const ahead = (output: readonly Reading[]): number => {
  const end = output.findLastIndex(({ from }) => from === 'slow')
  return timeOf(output.slice(0, end), 'fast') - timeOf(output, 'slow')
}

it.each([1, 2, 3])('a fast source waits for a slow one, and for nobody when that has ended (seed %i)', async (seed) => {
  const output: Reading[] = []
  const process = new SimulatedProcess({ seed })
  const observed = await process.submit(program(output, true, { parallelism: 2 }))
  expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  expect(output).toHaveLength(fastCount + slowCount)
  expect(ahead(output)).toBeGreaterThan(driftMs / 2)
  // What is read before word of it has come and gone: in 100 ms, a second of event time.
  expect(ahead(output)).toBeLessThan(driftMs + 1_500)
  expect(process.crashes).toEqual([])
})

it('a fast source that does not wait is far ahead', async () => {
  const output: Reading[] = []
  const observed = await new SimulatedProcess().submit(program(output, false))
  await observed.done()
  expect(ahead(output)).toBeGreaterThan(10 * driftMs)
})

it('sources wait for each other again after a restart', async () => {
  const output: Reading[] = []
  let failed = false
  const failOnce = (reading: Reading) => {
    if (!failed && reading.from === 'slow' && reading.time === 500) {
      failed = true
      throw new Error('once')
    }
    return reading
  }
  const options: JobOptions = {
    checkpoint: { intervalMs: 200 },
    restart: { strategy: 'fixed-delay', attempts: 3, delayMs: 10 },
  }
  const process = new SimulatedProcess()
  const observed = await process.submit(program(output, true, options, failOnce))
  expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  expect(failed).toBe(true)
  expect(ahead(output)).toBeLessThan(driftMs + 1_500)
  expect(process.crashes).toEqual([])
})
