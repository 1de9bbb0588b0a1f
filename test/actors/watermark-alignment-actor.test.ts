import { expect, it } from 'vitest'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { WatermarkAlignmentActor } from '../../src/actors/watermark-alignment-actor.ts'
import { roleAddress, type SubtaskId, subtaskAddress } from '../../src/core/ids.ts'
import { jobId, spawnProbe } from './probe.ts'

function make() {
  const { kernel, clock, ...simulated } = new SimulatedKernel({ seed: 1 })
  const address = roleAddress(jobId, 'watermarks')
  kernel.spawn(address, (self) => new WatermarkAlignmentActor(self, jobId))
  const probes = (['a/0', 'b/0'] as const).map((id) => spawnProbe(kernel, subtaskAddress(jobId, id as SubtaskId)))
  const run = () => {
    while (kernel.step());
  }
  const say = (subtask: string, watermark: number | undefined, attempt = 0) => {
    kernel.send(address, { type: 'watermark.reported', group: 'g', updateIntervalMs: 100, subtask, attempt, watermark })
    run()
  }
  const pass = (ms: number) => {
    clock.advance(ms)
    run()
  }
  /** What each has been told since. */
  const told = () => probes.map((probe) => probe.take().map((one) => (one as { watermark?: number }).watermark))
  return { say, pass, told, clock, probes, simulated }
}

it('tells all of a group how far the last of them is, when that changes', () => {
  const { say, pass, told } = make()
  say('a/0', undefined)
  say('b/0', undefined)
  expect(told()).toEqual([[], [undefined]])
  say('a/0', 50)
  expect(told()).toEqual([[50], [50]])
  pass(100)
  say('b/0', 10)
  pass(100)
  say('a/0', 70)
  pass(100)
  expect(told()).toEqual([[10], [10]])
})

it('does not tell it more often than they want, and then what is true by then', () => {
  const { say, pass, told, clock } = make()
  say('a/0', 10)
  say('b/0', 5)
  say('b/0', 7)
  pass(99)
  expect(told()).toEqual([[10], [10]])
  pass(1)
  expect(told()).toEqual([[7], [7]])
  pass(100)
  expect([told(), clock.nextDueMs()]).toEqual([[[], []], undefined])
})

it('lets the others go on when one has no say any more', () => {
  const { say, pass, told } = make()
  say('a/0', 10)
  pass(100)
  say('b/0', 500)
  told()
  say('a/0', undefined)
  expect(told()).toEqual([[500], [500]])
  pass(100)
  say('b/0', undefined)
  expect(told()).toEqual([[undefined], [undefined]])
})

it('begins anew with another attempt, and tells who comes later what it needs to know', () => {
  const { say, told, probes } = make()
  say('a/0', 1_000)
  say('a/0', 10, 1)
  expect(probes[0]!.received.at(-1)).toEqual({ type: 'watermark.combined', attempt: 1, watermark: 10 })
  say('b/0', 3)
  told()
  say('b/0', undefined, 1)
  expect(told()).toEqual([[], [10]])
})
