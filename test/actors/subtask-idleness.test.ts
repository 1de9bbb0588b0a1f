import { expect, it } from 'vitest'
import { recordBatch, type StreamElement } from '../../src/core/elements.ts'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import { timestampsOperator } from '../../src/operators/time/timestamps-operator.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { chainOf, descriptor, output } from './descriptors.ts'
import { HandSource } from './subtask-endpoints.ts'
import { mapping } from './subtask-programs.ts'
import { barrier, completed, SubtaskRig } from './subtask-rig.ts'

const strategy = WatermarkStrategy.forMonotonousTimestamps()
  .withTimestampAssigner((value: number) => value)
  .withIdleness(100)

/** A subtask that is idle after 100 ms, has taken a record, and whose output holds two elements. */
async function running() {
  const rig = await mapping(['a', 'b'], timestampsOperator(strategy), { channelCapacity: 2 })
  await rig.deploy()
  await rig.push('a', recordBatch([1]))
  expect(statuses(take(rig))).toEqual([])
  return rig
}

const take = (rig: SubtaskRig): StreamElement[] => {
  const taken: StreamElement[] = []
  const out = rig.channel('out')
  for (let one = out.shift(); one !== undefined; one = out.shift()) taken.push(one)
  return taken
}

const statuses = (elements: readonly StreamElement[]) =>
  elements.flatMap((one) => (one.type === 'watermark-status' ? [one.idle ? 'idle' : 'active'] : []))

async function pass(rig: SubtaskRig, ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    rig.simulation.clock.advance(1)
    await rig.simulation.settle()
  }
}

it('is idle when nothing has come for so long', async () => {
  const rig = await running()
  await pass(rig, 100)
  expect(statuses(take(rig))).toEqual([])
  await pass(rig, 1)
  expect(statuses(take(rig))).toEqual(['idle'])
  await rig.push('a', recordBatch([2]))
  expect(take(rig).map(({ type }) => type)).toEqual(['watermark-status', 'batch', 'watermark'])
})

it('is not idle for having waited for credit', async () => {
  const rig = await running()
  await rig.push('a', recordBatch([2]))
  await pass(rig, 50)
  expect(rig.channel('out').size).toBe(2)
  await pass(rig, 1_000)
  const taken = take(rig)
  await rig.simulation.settle()
  expect(statuses([...taken, ...take(rig)])).toEqual([])
  await pass(rig, 98)
  expect(statuses(take(rig))).toEqual([])
  await pass(rig, 10)
  expect(statuses(take(rig))).toEqual(['idle'])
})

it('is not idle for having waited for a barrier on another channel', async () => {
  const rig = await running()
  await rig.push('a', barrier(1))
  await pass(rig, 1_000)
  expect(statuses(take(rig))).toEqual([])
  await rig.push('b', barrier(1))
  await rig.hear(completed(1))
  await pass(rig, 98)
  expect(statuses(take(rig))).toEqual([])
  await pass(rig, 10)
  expect(statuses(take(rig))).toEqual(['idle'])
})

it('of a source does not count the time in which its records had no room', async () => {
  const hand = new HandSource()
  const source = sourceOperator(hand.source, strategy as WatermarkStrategy<unknown>)
  const subtask = descriptor(chainOf(['numbers', source]), { outputs: [output(['out'])] })
  const rig = await SubtaskRig.make(subtask, { channelCapacity: 2 })
  await rig.deploy()
  hand.give([1], [2])
  await rig.simulation.settle()
  expect(rig.channel('out').size).toBe(2)
  await pass(rig, 1_000)
  const first = take(rig)
  await rig.simulation.settle()
  expect([...statuses(first), ...statuses(take(rig))]).toEqual([])
  await pass(rig, 99)
  expect(statuses(take(rig))).toEqual([])
  await pass(rig, 10)
  expect(statuses(take(rig))).toEqual(['idle'])
})
