/**
 * The charts that the actors of a job run: the true ones unless others are given, such as a copy with a deliberate bug
 * that a test must find.
 */
import type { CoordinatorLogic } from '../machines/checkpoint-coordinator/coordinator.ts'
import type { jobMachine } from '../machines/job/machine.ts'
import type { savepointMachine } from '../machines/savepoint-store/machine.ts'
import type { subtaskMachine } from '../machines/subtask/machine.ts'

export interface Charts {
  readonly subtask?: typeof subtaskMachine
  readonly job?: typeof jobMachine
  readonly coordinator?: CoordinatorLogic
  readonly savepoint?: typeof savepointMachine
}
