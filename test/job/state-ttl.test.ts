import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { TtlOptions } from '../../src/backends/state-backend.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const ms = 10_000

function counting(incremental: boolean) {
  const dir = temporaryDir()
  const feed = new Feed<string>(['a', 'b'])
  const output: unknown[] = []
  const options: JobOptions = {
    name: 'visits',
    checkpoint: { intervalMs: 1_000, incremental, inlineStateBytes: 0, storage: { kind: 'filesystem', dir } },
  }
  const program = (ttl: TtlOptions | undefined): StreamEnvironment => {
    const env = StreamEnvironment.create(options)
    env
      .fromSource(feed.source)
      .uid('visitors')
      .keyBy((visitor) => visitor)
      .process({
        output: {} as unknown,
        state: { visits: valueState(0, ttl === undefined ? {} : { ttl }) },
        element(visitor, ctx) {
          ctx.state.visits.update(ctx.state.visits.value() + 1)
          ctx.emit(`${visitor} ${ctx.state.visits.value()}`)
        },
      })
      .uid('visits')
      .sinkTo(toArray(output))
      .uid('out')
    return env
  }
  return { program, feed, output }
}

describe.each([
  ['heap', () => heapStateBackend, false],
  ['heap, incremental', () => heapStateBackend, true],
  ['lmdb, incremental', () => lmdbStateBackend({ dir: temporaryDir() }), true],
] as const)('a job with state that has a time to live (%s)', (_, backend, incremental) => {
  it('forgets what is not used, also in checkpoints, and counts on from the times that it finds in one', async () => {
    const { program, feed, output } = counting(incremental)
    const stateBackend = backend()
    const first = new SimulatedProcess({ seed: 1, stateBackend })
    const before = await first.submit(program({ ms }))
    await first.until(() => output.length === 2)
    await first.pass(5_000)
    feed.push('a')
    await first.until(() => output.length === 3)
    await before.completes(1)
    expect(output.splice(0).sort()).toEqual(['a 1', 'a 2', 'b 1'])
    await first.settle(first.session.close())

    // When the next process begins, b has been there ten seconds ago, and a has not.
    const second = new SimulatedProcess({ seed: 2, stateBackend })
    await second.pass(first.simulated.clock.now() + 6_000 - second.simulated.clock.now())
    const after = await second.submit(program({ ms }), { resume: true })
    feed.push('a', 'b')
    await second.until(() => output.length === 2)
    expect(output.splice(0).sort()).toEqual(['a 3', 'b 1'])
    await second.pass(2 * ms)
    await after.completes(1)
    await second.settle(second.session.close())

    // Nobody would hide what had only been hidden.
    const third = new SimulatedProcess({ seed: 3, stateBackend })
    await third.submit(program(undefined), { resume: true })
    feed.push('b')
    await third.until(() => output.length === 1)
    expect(output).toEqual(['b 1'])
  })
})
