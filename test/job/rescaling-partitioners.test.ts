/**
 * Jobs whose records are dealt out in every way, with unaligned checkpoints, killed anywhere and resumed at another parallelism.
 */
import { expect, it } from 'vitest'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { runThroughDeaths } from './deaths.ts'
import { PartitionedFeed, PortionSink } from './divided-endpoints.ts'

const numbers = Array.from({ length: 200 }, (_, i) => i)
const ways = ['rescale', 'shuffle', 'global', 'custom'] as const

it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('every record comes once, and where it belongs (seed %i)', async (seed) => {
  const feed = new PartitionedFeed<number>(4)
  feed.push(...numbers)
  feed.end()
  const sinks = new Map(ways.map((way) => [way, new PortionSink<string>()]))
  let channelStates = 0
  const program = (parallelism: number) => {
    const env = StreamEnvironment.create({
      name: 'dealt',
      parallelism,
      batchRecords: 2,
      checkpoint: { intervalMs: 4, unaligned: true, inlineStateBytes: 0, tolerableFailures: 1_000 },
    })
    const source = env.fromSource(feed.source).uid('in')
    const dealt = {
      rescale: source.rescale(),
      shuffle: source.shuffle(),
      global: source.global(),
      custom: source.partitionCustom(
        (n) => n % 10,
        (digit, partitions) => digit % partitions,
      ),
    }
    for (const way of ways) {
      const placed = dealt[way].process({
        output: '' as string,
        element: (n, ctx) => ctx.emit(way === 'global' || way === 'custom' ? `${n} at ${ctx.subtaskIndex}` : `${n}`),
      })
      // How many subtasks a function chooses among cannot change while records are on their way.
      const receivers = way === 'rescale' ? parallelism + 1 : way === 'custom' ? 3 : parallelism
      placed.uid(way).setParallelism(receivers).sinkTo(sinks.get(way)!.sink).uid(`${way} out`).setParallelism(receivers)
    }
    return env
  }
  const resumed = await runThroughDeaths(program, {
    seed,
    deaths: [300 + ((131 * seed) % 600), 200 + ((277 * seed) % 600), 300],
    parallelisms: [1 + (seed % 4), 1 + ((seed * 7) % 5), 2 + (seed % 3), 3],
    stored: ({ inFlight }) => {
      channelStates += inFlight?.length ?? 0
    },
  })
  const shown = (way: (typeof ways)[number]) => sinks.get(way)!.shown.toSorted()
  const all = (said: (n: number) => string) => numbers.map(said).toSorted()
  expect(shown('rescale')).toEqual(all((n) => `${n}`))
  expect(shown('shuffle')).toEqual(all((n) => `${n}`))
  expect(shown('global')).toEqual(all((n) => `${n} at 0`))
  expect(shown('custom')).toEqual(all((n) => `${n} at ${(n % 10) % 3}`))
  expect([resumed > 0, channelStates > 10]).toEqual([true, true])
})
