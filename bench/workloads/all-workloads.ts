import type { Size } from '../sizes.ts'
import type { Workload } from '../workload.ts'
import { barrierLatency } from './barrier-latency.ts'
import { diskState } from './disk-state.ts'
import { eventLatency } from './event-latency.ts'
import { join } from './join.ts'
import { keyedCount } from './keyed-count.ts'
import { mapChain } from './map-chain.ts'
import { memory } from './memory.ts'
import { nexmark } from './nexmark.ts'
import { sliding } from './sliding.ts'
import { smallChanges } from './small-changes.ts'
import { storedState } from './stored-state.ts'
import { subtasks } from './subtasks.ts'

export const allWorkloads = (size: Size): readonly Workload[] => [
  ...[
    keyedCount,
    mapChain,
    join,
    storedState,
    smallChanges,
    diskState,
    barrierLatency,
    memory,
    eventLatency,
    subtasks,
    sliding,
  ].map((make) => make(size)),
  ...nexmark(size),
]
