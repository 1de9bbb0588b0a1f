/** Manifests put together by hand, for graphs from `graphs.ts`. */
import type {
  KeyedStateHandle,
  Manifest,
  ManifestOperator,
  ManifestSubtask,
  StateHandle,
} from '../../src/backends/manifest.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { CheckpointId, JobId, OperatorId } from '../../src/core/ids.ts'
import { hex, vertexOf } from './graphs.ts'

export const handle = (file: string): StateHandle => ({ file, offset: 0, length: 1, checksum: '00000000', codec: 1 })
export const keyedHandle = (file: string): KeyedStateHandle => ({
  ...handle(file),
  keyGroups: { start: 0, end: 127 },
  states: [{ name: 's', kind: 'value' }],
})

/** What one subtask stored: `k` keyed state, `o` other state, `f` finished. */
const part = (index: number, has: string, name: string): ManifestSubtask => ({
  index,
  finished: has.includes('f'),
  keyed: has.includes('k') ? [keyedHandle(`${name}-k${index}`)] : [],
  operator: has.includes('o') ? handle(`${name}-o${index}`) : undefined,
})

/** A stored operator with one subtask for each of `parts`. */
export const stored = (
  n: number,
  parts: readonly string[],
  more: Partial<ManifestOperator> = {},
): ManifestOperator => ({
  id: hex(n) as OperatorId,
  uid: undefined,
  name: `stored${n}`,
  vertex: vertexOf(n),
  parallelism: parts.length,
  maxParallelism: 128,
  subtasks: parts.map((has, index) => part(index, has, `${n}`)),
  ...more,
})

export const manifest = (...operators: readonly ManifestOperator[]): Manifest => ({
  formatVersion: 1,
  kind: 'checkpoint',
  job: { id: hex(99) as JobId, name: 'job' },
  checkpointId: 6 as CheckpointId,
  timestamp: 0,
  operators,
})

/** The error that something is refused with. */
export function refusalOf(act: () => unknown): StreamError {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof StreamError) return thrown
  }
  throw new Error('expected a refusal')
}
