import { describe, expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { type Counted, countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

describe('a job whose clock is set', () => {
  it.each([-3_600_000, 3_600_000])('by %i ms keeps the pace of its source and of its checkpoints', async (ms) => {
    const startMs = 7_200_000
    const output: Counted[] = []
    const process = new SimulatedProcess()
    const { clock } = process.simulated
    clock.advance(startMs)
    const source = generate({ ratePerSecond: 100, at: (index) => `word ${index % 3}` })
    const observed = await process.submit(countProgram(source, output, { checkpoint: { intervalMs: 100 } }))
    await observed.completes(3)
    clock.setForward(ms)
    const before = { at: clock.monotonicMs(), completed: observed.completed.length, records: output.length }
    await process.until(() => clock.monotonicMs() >= before.at + 1_000)
    expect(observed.completed.length - before.completed).toBeGreaterThanOrEqual(9)
    expect(output.length - before.records).toBeGreaterThanOrEqual(80)
    await process.settle(observed.job.cancel())
  })

  it.each([-3_600_000, 3_600_000])('by %i ms has watermarks as often as before', async (ms) => {
    const process = new SimulatedProcess()
    const { clock } = process.simulated
    clock.advance(7_200_000)
    const seen = new Set<number>()
    const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 100 })
    env
      .fromSource(
        generate({ ratePerSecond: 100, at: (index) => index }),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((index: number) => index),
      )
      .keyBy(() => 'all')
      .process({ element: (_, ctx) => void seen.add(ctx.currentWatermark) })
      .sinkTo(toArray([]))
    const observed = await process.submit(env)
    await process.until(() => seen.size > 3)
    clock.setForward(ms)
    const before = { at: clock.monotonicMs(), seen: seen.size }
    await process.until(() => clock.monotonicMs() >= before.at + 2_000)
    expect(seen.size - before.seen).toBeGreaterThanOrEqual(15)
    await process.settle(observed.job.cancel())
  })

  it.each([-3_600_000, 3_600_000])('by %i ms calls again, and gives up, as soon as before', async (ms) => {
    let hangs = false
    const process = new SimulatedProcess({ held: (label) => hangs && label.endsWith(' call') })
    const { clock } = process.simulated
    clock.advance(7_200_000)
    const calledMs: number[] = []
    const output: string[] = []
    const env = StreamEnvironment.create()
    env
      .fromSource(new Feed(['word']).source)
      .asyncOrdered({
        call: async (_, { attempt }) => {
          calledMs.push(clock.monotonicMs())
          hangs = attempt === 2
          throw new Error('busy')
        },
        timeoutMs: 5_000,
        retry: { attempts: 3, delayMs: 1_000 },
        onTimeout: (word) => `${word} ${clock.monotonicMs() - calledMs[0]!}`,
      })
      .sinkTo(toArray(output))
    const observed = await process.submit(env)
    await process.until(() => calledMs.length > 0)
    await process.pass(500)
    clock.setForward(ms)
    await process.until(() => output.length > 0)
    expect([calledMs.map((at) => at - calledMs[0]!), output]).toEqual([[0, 1_000], ['word 5000']])
    await process.settle(observed.job.cancel())
  })
})
