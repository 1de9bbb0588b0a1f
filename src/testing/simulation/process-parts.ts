/** What one process of a simulated run is made of: what it shares with the whole run, and what it begins with. */
import type { JobId } from '../../core/ids.ts'
import type { Random } from '../../core/random.ts'
import type { ActorLabels } from './actor-labels.ts'
import type { Chooser } from './chooser.ts'
import type { RunJournal } from './run-journal.ts'
import type { MountedDisk } from './simulated-disk.ts'
import type { SimulationMutation } from './simulation-options.ts'
import type { SimulationRun } from './simulation-run.ts'
import type { StoredFacts, WatchedStorages } from './watched-storages.ts'

export interface ProcessParts {
  readonly run: SimulationRun
  readonly jobId: JobId
  readonly labels: ActorLabels
  readonly journal: RunJournal
  readonly chooser: Chooser
  readonly random: Random
  readonly startMs: number
  readonly timeoutMs: number
  /** Attempts of the processes before. */
  readonly attemptsBefore: number
  readonly disk: MountedDisk
  /** Does the job store on it? */
  readonly onDisk: boolean
  /** The checkpoint that the job of this process was resumed from, if any. */
  readonly restoredFrom: () => number | undefined
  /** The key groups of what a checkpoint has of an operator for so many subtasks; undefined where that is not known. */
  readonly keyGroupsOf: StoredFacts['keyGroups']
  readonly storages: (clock: { now(): number }) => WatchedStorages
  readonly mutation: SimulationMutation
}
