/** Writes the state of a machine and reads it again, as a process that resumes would: what comes back must be the same. */
import type { StepSeen } from '../../actors/tap.ts'
import { decodeValue, encodeValue } from '../../core/codec.ts'
import { messageOf } from '../../core/errors.ts'
import {
  type CoordinatorState,
  type PlainCoordinatorState,
  plainCoordinatorState,
  restoreCoordinatorState,
} from '../../machines/checkpoint-coordinator/coordinator.ts'
import { type PlainState, plainState } from '../../machines/step.ts'
import { canonical } from '../canonical.ts'
import type { Fact } from '../checkers/facts.ts'

const isCoordinator = (snapshot: unknown): snapshot is CoordinatorState =>
  typeof snapshot === 'object' && snapshot !== null && 'main' in snapshot && 'pending' in snapshot

const plainOf = (snapshot: unknown): unknown =>
  isCoordinator(snapshot) ? plainCoordinatorState(snapshot) : plainState(snapshot as PlainState)

/** Undefined when the step shows no snapshot. `machine` is the name that the fact gives it. */
export function rereadMachine({ snapshot }: StepSeen, machine: string): Fact | undefined {
  if (snapshot === undefined) return undefined
  try {
    const before = canonical(plainOf(snapshot))
    const read = decodeValue(encodeValue(plainOf(snapshot)))
    const again = isCoordinator(snapshot)
      ? plainCoordinatorState(restoreCoordinatorState(read as PlainCoordinatorState))
      : read
    const after = canonical(again)
    return before === after
      ? { type: 'machine.reread', machine, same: true }
      : { type: 'machine.reread', machine, same: false, difference: `${before} became ${after}` }
  } catch (thrown) {
    return { type: 'machine.reread', machine, same: false, difference: messageOf(thrown) }
  }
}
