/** Records on their way that had no keys, and a program that sends by key what comes after them. */
import { expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { SimulatedProcess } from './simulated-process.ts'

const unaligned = { intervalMs: 4, unaligned: true }

it('are refused by a program that sends by key what had no keys', async () => {
  const checkpoint = { ...unaligned, retained: 100, retention: 'retain-on-cancellation' } as const
  const copier = (byKey: boolean) => {
    const env = StreamEnvironment.create({ name: 'keys', parallelism: 2, batchRecords: 2, checkpoint })
    const copied = env
      .fromSource(generate({ count: 600, at: (index) => index }))
      .uid('numbers')
      .flatMap((index: number) => Array.from({ length: 6 }, () => index))
      .uid('copies')
    const work = {
      output: 0 as number,
      element: (index: number, ctx: { emit(value: number): void }) => ctx.emit(index),
    }
    const worked = byKey ? copied.keyBy((index) => index % 5).process(work) : copied.rebalance().process(work)
    worked.uid('work').sinkTo(toArray<number>([])).uid('out')
    return env
  }
  const process = new SimulatedProcess({ seed: 5, lateness: true })
  const observed = await process.submit(copier(false))
  const onTheirWay = () => observed.of('checkpoint-completed').find(({ inFlightBytes = 0 }) => inFlightBytes > 0)
  await process.until(() => onTheirWay() !== undefined)
  const again = await process.submit(copier(true), { fromSavepoint: onTheirWay()!.path })
  await process.until(() => again.of('task-failed').length > 0 || again.job.endedAt !== undefined)
  expect(JSON.stringify(again.events)).toContain('RESTORE_CHANNEL_MISMATCH')
})
