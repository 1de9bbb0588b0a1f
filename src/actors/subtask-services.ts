/** What a subtask's actor is given besides its descriptor. */
import type { JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import type { subtaskMachine } from '../machines/subtask/machine.ts'
import type { Channel, OutputGate } from './channel.ts'
import type { Tap } from './tap.ts'

export interface SubtaskServices {
  readonly stateBackend: StateBackend
  readonly checkpoints: JobCheckpoints
  /** Where `descriptor.restore` points into. */
  readonly restoreFrom: StoredSnapshot | undefined
  readonly gate: OutputGate
  readonly channelOf: (id: string) => Channel
  readonly tap: Tap
  /** Another chart than the true one. */
  readonly chart?: typeof subtaskMachine | undefined
}
