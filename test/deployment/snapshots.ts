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
import { keyGroupRangeOf } from '../../src/core/key-groups.ts'
import type { OperatorItemsFacts } from '../../src/core/operator-state.ts'
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

/** An operator whose subtasks have written keyed state, each of its own key groups, in a chain of `links` segments. */
export function keyedStored(n: number, parallelism: number, links = 1, maxParallelism = 128): ManifestOperator {
  const bare = stored(n, Array<string>(parallelism).fill(''), { maxParallelism })
  const chain = (index: number): KeyedStateHandle[] =>
    Array.from({ length: links }, (_, link) => ({
      ...keyedHandle(`${n}-k${index}.${link}`),
      keyGroups: keyGroupRangeOf(index, parallelism, maxParallelism),
      ...(link > 0 && { delta: true as const }),
    }))
  return { ...bare, subtasks: bare.subtasks.map((subtask) => ({ ...subtask, keyed: chain(subtask.index) })) }
}

/** An operator whose subtasks have written these lists; undefined where one has written nothing. */
export function listsStored(
  n: number,
  reports: readonly (readonly OperatorItemsFacts[] | undefined)[],
): ManifestOperator {
  const bare = stored(n, Array<string>(reports.length).fill(''))
  const operator = (index: number) => {
    const states = reports[index]
    return states === undefined ? undefined : { ...handle(`${n}-o${index}`), states }
  }
  return { ...bare, subtasks: bare.subtasks.map((subtask) => ({ ...subtask, operator: operator(subtask.index) })) }
}

/** The error that something is refused with. */
export function refusalOf(act: () => unknown): StreamError {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof StreamError) return thrown
  }
  throw new Error('expected a refusal')
}
