/**
 * Large state of which little changes: a hundredth of the keys, over and over, with a checkpoint each second that writes
 * everything, and one that writes what has changed.
 */
import type { JobOptions } from 'tidemark'
import { countingJob } from '../parts/counting-job.ts'
import { clockMs, median } from '../parts/stopwatch.ts'
import { withDirectory } from '../parts/with-directory.ts'
import type { Size } from '../sizes.ts'
import { check, contender, ratio, short, type Workload } from '../workload.ts'

const checkpoints = 5

/** Milliseconds from the trigger of a checkpoint to its completion, each after a hundredth of the keys has changed. */
const duration = (keys: number, options: JobOptions['checkpoint']): Promise<number> =>
  withDirectory(async (dir) => {
    const few = Math.ceil(keys / 100)
    const keyAt = (index: number) => `key-${index < keys ? index : index % few}`
    const checkpoint = { ...options, storage: { kind: 'filesystem', dir } } as const
    const { source, sink, session, job, counted } = await countingJob({ keyAt, options: { checkpoint } })
    let records = keys
    source.open(records)
    await sink.reached(records)
    await job.triggerCheckpoint()
    const times: number[] = []
    for (let i = 0; i < checkpoints; i++) {
      records += few
      source.open(records)
      await sink.reached(records)
      const startMs = clockMs()
      await job.triggerCheckpoint()
      times.push(clockMs() - startMs)
    }
    source.end()
    await job.done
    await session.close()
    check('the number of keys', counted.keys, keys)
    check('the sum of the counts', counted.records, records)
    return median(times)
  })

export function smallChanges({ stateKeys }: Size): Workload {
  const keys = stateKeys[0]!
  return {
    name: 'small-changes',
    about: `a checkpoint of ${short(keys)} keys of which a hundredth has changed`,
    contenders: [
      contender('changes-full', 'everything', 'ms', () => duration(keys, {})),
      contender('changes-incremental', 'what has changed', 'ms', () => duration(keys, { incremental: true })),
    ],
    figures: [ratio('incremental / full', 'changes-incremental', 'changes-full')],
  }
}
