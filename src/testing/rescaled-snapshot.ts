/**
 * What a subtask would restore if the parallelism changed: made of the snapshots of all subtasks by the rules of a running
 * job, so that an operator can be tested through a change without one.
 */
import { loadOperatorState } from '../actors/operator-state-restore.ts'
import { codecVersion, decodeValue, encodeValue } from '../core/codec.ts'
import { StreamError } from '../core/errors.ts'
import { DividedState } from '../core/operator-state.ts'
import type { OperatorStateHandle } from '../core/state-handles.ts'
import { operatorStateShares } from '../deployment/operator-state-shares.ts'
import type { HarnessSnapshot } from './operator-harness.ts'

/**
 * The snapshot to restore one subtask of `parallelism` from, out of those of all subtasks before, in their order. Fails with
 * `RESTORE_PARALLELISM_MISMATCH` when one of them is whole and there are to be more or fewer, and with `ARGUMENT_INVALID`
 * when there is no such subtask.
 *
 * @example
 * import { generate } from 'tidemark'
 * import { OperatorHarness, rescaledSnapshot, sourceOperator } from 'tidemark/testing'
 *
 * const numbers = sourceOperator(generate({ count: 10, at: (index) => index }))
 * const place = { subtaskIndex: 1, parallelism: 2 }
 * const restored = await rescaledSnapshot([await new OperatorHarness(numbers).snapshot()], place)
 * const second = new OperatorHarness(numbers, { ...place, restored })
 */
export async function rescaledSnapshot(
  snapshots: readonly HarnessSnapshot[],
  { subtaskIndex, parallelism }: { readonly subtaskIndex: number; readonly parallelism: number },
): Promise<HarnessSnapshot> {
  if (subtaskIndex >= parallelism || snapshots.length === 0) throw noSuchSubtask(subtaskIndex, parallelism, snapshots)
  const whole = snapshots.findIndex(({ lists, state }) => lists === undefined && decodeValue(state) !== undefined)
  const unchanged = parallelism === snapshots.length
  if (whole >= 0 && !unchanged) throw indivisible(whole, snapshots.length, parallelism)
  const keyed = unchanged ? snapshots[subtaskIndex]!.keyed : snapshots.flatMap((snapshot) => snapshot.keyed)
  if (whole >= 0) return snapshots[subtaskIndex]!
  const shares = operatorStateShares(
    snapshots.map(({ lists }) => lists),
    parallelism,
  )
  const bytes = new Map(snapshots.map((snapshot) => [handleOf(snapshot), snapshot.state]))
  const handles = [...bytes.keys()]
  const pieces = shares[subtaskIndex]!.map(({ subtask, take }) => ({ handle: handles[subtask]!, take }))
  const read = (handle: object) => Promise.resolve(bytes.get(handle as OperatorStateHandle)!)
  const state = await loadOperatorState({ read }, pieces)
  if (!(state instanceof DividedState)) return { state: Uint8Array.from(encodeValue(undefined)), keyed }
  return { state: Uint8Array.from(state.encode()), lists: state.facts, keyed }
}

/** Never read as such: it stands for the bytes of its snapshot. */
const handleOf = ({ state, lists }: HarnessSnapshot): OperatorStateHandle => ({
  inline: '',
  length: state.length,
  checksum: '',
  codec: codecVersion,
  states: lists,
})

const noSuchSubtask = (index: number, parallelism: number, { length }: readonly unknown[]): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `rescaledSnapshot was asked for subtask ${index} of ${parallelism}, out of ${length} snapshots: expected an index below the parallelism, and the snapshots of all subtasks.`,
  )

const indivisible = (subtask: number, before: number, after: number): StreamError =>
  new StreamError(
    'RESTORE_PARALLELISM_MISMATCH',
    `The snapshot of subtask ${subtask} of ${before} is a whole, which cannot be given to ${after} subtasks: expected a ` +
      'DividedState, or the same parallelism.',
  )
