/** What callers without types may give as a state backend, told at once. */
import type { StateBackend } from '../backends/state-backend.ts'
import { StreamError } from '../core/errors.ts'

/** Fails with `ARGUMENT_INVALID`. */
export function checkStateBackend(backend: unknown): void {
  if (backend === undefined || typeof (backend as Partial<StateBackend> | null)?.create === 'function') return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `The option stateBackend is ${typeof backend === 'string' ? JSON.stringify(backend) : String(backend)}: expected a state backend, ` +
      "such as heapStateBackend, or lmdbStateBackend({ dir }) of 'tidemark/backends/lmdb'.",
  )
}
