/**
 * Is each key of a state there once? A reader of a segment takes that for granted.
 *
 * Reads what was written, one part of the key groups after the other, so that the memory that it takes is bounded.
 * Tests: test/savepoint/savepoint-builder.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { KeyedStateHandle } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { chainEntries } from './chain-entries.ts'
import { keySlices } from './key-slices.ts'

/** Fails with `ARGUMENT_INVALID`, naming the state and the key. `owner` is how messages call the operator. */
export async function checkUniqueKeys(
  snapshot: StoredSnapshot,
  handles: readonly KeyedStateHandle[],
  counts: ArrayLike<number>,
  owner: string,
): Promise<void> {
  for (const keyGroups of keySlices(counts)) {
    const seen = new Map<string, Set<Key>>()
    for (const handle of handles) {
      if (handle.keyGroups.start > keyGroups.end || handle.keyGroups.end < keyGroups.start) continue
      for await (const entries of chainEntries(snapshot, [handle], { keyGroups })) {
        for (const { state, key } of entries) {
          const keys = seen.get(state.name) ?? new Set()
          seen.set(state.name, keys)
          if (!keys.has(key)) keys.add(key)
          else {
            throw new StreamError(
              'ARGUMENT_INVALID',
              `State "${state.name}" of operator ${owner} got the key ${JSON.stringify(String(key))} twice: expected each key once.`,
              { details: { state: state.name } },
            )
          }
        }
      }
    }
  }
}
