/** The keyed count with four times more keys than are in memory: state on the local disk (`lmdb`). */
import type { JobOptions } from 'tidemark'
import { lmdbStateBackend } from 'tidemark/backends/lmdb'
import { keyTable } from '../parts/key-table.ts'
import { keyedCountJob } from '../parts/keyed-count-job.ts'
import { withDirectory } from '../parts/with-directory.ts'
import type { Size } from '../sizes.ts'
import { contender, ratio, short, target, type Workload } from '../workload.ts'

export function diskState({ diskKeys: keys, diskRecords: records }: Size): Workload {
  const run = (cacheEntries: number | undefined, checkpoint?: JobOptions['checkpoint']) =>
    withDirectory((dir) => {
      const storage = { kind: 'filesystem', dir: `${dir}/checkpoints` } as const
      const stateBackend =
        cacheEntries === undefined ? undefined : lmdbStateBackend({ dir: `${dir}/scratch`, cacheEntries })
      return keyedCountJob({
        table: keyTable(keys, 'shuffled'),
        records,
        ...(stateBackend && { stateBackend }),
        ...(checkpoint && { options: { checkpoint: { ...checkpoint, storage } } }),
      })
    })
  const name = short(keys)
  const quarter = keys / 4
  return {
    name: 'disk-state',
    about: `keyed count, ${short(records)} records of ${name} shuffled keys, ${short(quarter)} of them in memory`,
    contenders: [
      contender('disk-heap', 'heap', 'records/s', () => run(undefined)),
      contender('disk-lmdb', 'lmdb', 'records/s', () => run(quarter)),
      contender('disk-lmdb-full', 'lmdb, checkpoints', 'records/s', () => run(quarter, { intervalMs: 1_000 })),
      contender('disk-lmdb-incremental', 'lmdb, incremental checkpoints', 'records/s', () =>
        run(quarter, { intervalMs: 1_000, incremental: true }),
      ),
    ],
    figures: [
      target('keyed count on lmdb', 'records/s', 'disk-lmdb', { atLeast: 300_000 }),
      ratio('lmdb / heap', 'disk-lmdb', 'disk-heap'),
      ratio('checkpoints / none', 'disk-lmdb-full', 'disk-lmdb'),
      ratio('incremental checkpoints / none', 'disk-lmdb-incremental', 'disk-lmdb'),
    ],
  }
}
