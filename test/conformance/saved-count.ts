/** A count of words that was stopped with a savepoint, and the same count with other operators around it. */
import { toArray } from '../../src/connectors/to-array.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { Counted } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'

export const words: readonly string[] = ['to', 'be', 'or', 'not', 'to', 'be']

export interface Change {
  /** An operator before the count and one after it that were not there. */
  readonly added?: boolean
  /** Without the operator before the count. */
  readonly removed?: boolean
  readonly chaining?: boolean
  readonly sourceUid?: string
}

/** Only what has state has a uid, and it is the same in every variant. */
export function countingAround(source: Source<string>, output: Counted[], change: Change = {}): StreamEnvironment {
  const { added = false, removed = false, chaining = true, sourceUid = 'words' } = change
  const env = StreamEnvironment.create({ name: 'around', chaining, checkpoint: { intervalMs: 1_000 } })
  const read = env.fromSource(source).uid(sourceUid)
  const before = removed ? read : read.map((word) => word)
  const counted = (added ? before.filter((word) => word !== 'never') : before)
    .keyBy((word) => word)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(word, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit({ word, count })
      },
    })
    .uid('count')
  const after = added ? counted.map((record) => record) : counted
  after.sinkTo(toArray(output)).uid('out')
  return env
}

export async function savedCount() {
  const feed = new Feed(words)
  const output: Counted[] = []
  const process = new SimulatedProcess()
  const observed = await process.submit(countingAround(feed.source, output))
  await process.until(() => feed.read === feed.size)
  await observed.is('RUNNING')
  return { feed, output, process, path: await process.settle(observed.job.stop()) }
}
