/**
 * What one job's actor needs of the outside: the state of an attempt, its actors, and the housekeeping at its end.
 */
import type { Charts } from '../actors/charts.ts'
import type { JobDeployment } from '../actors/job-actor.ts'
import type { Self } from '../actors/kernel.ts'
import type { SubtaskActor } from '../actors/subtask-actor.ts'
import type { SubtaskDescriptor, SubtaskRestore } from '../actors/subtask-descriptor.ts'
import type { Tap } from '../actors/tap.ts'
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import type { CheckpointId, SubtaskId } from '../core/ids.ts'
import { type DeployServices, deploySubtasks } from '../deployment/deployer.ts'
import { type DeploymentSettings, planDeployment, taskPlanOf } from '../deployment/plan.ts'
import { assignState } from '../deployment/state-assignment.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { TaskPlan } from '../machines/checkpoint-coordinator/protocol.ts'
import type { JobStatus } from '../machines/job/protocol.ts'
import type { RestorePoint } from './restore-point.ts'
import type { EffectiveCheckpointing } from './session-options.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'

export interface Prepared {
  readonly snapshot: StoredSnapshot | undefined
  readonly restores: ReadonlyMap<SubtaskId, SubtaskRestore>
}

export interface JobDeploymentOptions {
  readonly graph: JobGraph
  readonly settings: DeploymentSettings
  readonly initial: RestorePoint | undefined
  readonly checkpoints: StoredCheckpoints
  readonly stateBackend: StateBackend
  readonly retention: EffectiveCheckpointing['retention']
  /** Completed checkpoints that the job has stored or inherited and not let go. */
  readonly completed: (end: JobStatus) => readonly CheckpointId[]
  readonly tap: Tap
  readonly charts?: Charts | undefined
  readonly channels?: DeployServices['channels']
  /** Changes what an attempt deploys. */
  readonly descriptors?: ((descriptors: readonly SubtaskDescriptor[]) => readonly SubtaskDescriptor[]) | undefined
}

export class LocalDeployment implements JobDeployment<Prepared> {
  readonly #options: JobDeploymentOptions
  actors: ReadonlyMap<SubtaskId, SubtaskActor> = new Map()
  #lostTrack = false

  constructor(options: JobDeploymentOptions) {
    this.#options = options
  }

  async prepare(latest: CheckpointId | undefined): Promise<Prepared> {
    const { checkpoints, graph, initial } = this.#options
    if (latest === undefined)
      return { snapshot: initial?.snapshot, restores: initial?.assignment.restores ?? new Map() }
    const snapshot = await checkpoints.load(latest)
    // A checkpoint from before this program is read as the one that it started from; its own ones fit as they are.
    const inherited = initial !== undefined && latest <= initial.snapshot.manifest.checkpointId
    const rules = {
      ...(inherited ? initial.rules : { allowNonRestoredState: true }),
      path: snapshot.path,
      named: undefined,
    }
    const assignment = assignState(graph, snapshot.manifest, rules)
    return { snapshot, restores: assignment.restores }
  }

  deploy(self: Self, attempt: number, { snapshot, restores }: Prepared): void {
    const { graph, settings, checkpoints, stateBackend, tap, charts, channels } = this.#options
    const planned = planDeployment(graph, settings, attempt, restores)
    const descriptors = this.#options.descriptors?.(planned) ?? planned
    const services = { stateBackend, checkpoints, restoreFrom: snapshot, tap, charts, channels }
    this.actors = deploySubtasks(self, descriptors, services)
  }

  taskPlan(finished: readonly SubtaskId[]): TaskPlan {
    const descriptors = [...this.actors.values()].map(({ descriptor }) => descriptor)
    return taskPlanOf(descriptors, finished)
  }

  /**
   * Nobody knows any more which checkpoints are being stored, because the coordinator has failed on a bug: the end of the job
   * deletes nothing then. The next process that takes the job over sweeps.
   */
  loseTrack(): void {
    this.#lostTrack = true
  }

  async release(status: JobStatus): Promise<void> {
    const { checkpoints, completed } = this.#options
    if (this.#lostTrack) return checkpoints.close()
    // Noted before anything is deleted: a process killed in between must not run the whole job again.
    if (status === 'FINISHED' && !checkpoints.stopped) await checkpoints.finish()
    if (checkpoints.stopped) await checkpoints.forgetStart()
    if (!this.#keeps(status)) for (const id of completed(status)) await checkpoints.discard(id)
    if (status !== 'SUSPENDED') await checkpoints.sweep([])
    await checkpoints.close()
  }

  /** Resolves when the job, which has ended, changes nothing on disk any more. */
  settled(): Promise<void> {
    return this.#options.checkpoints.settled()
  }

  /** What is left for a later `--resume` or `-s`. A job that its process suspended always keeps everything. */
  #keeps(status: JobStatus): boolean {
    const { retention } = this.#options
    if (status === 'SUSPENDED') return true
    if (status === 'FAILED') return retention !== 'delete'
    return status === 'CANCELED' && retention === 'retain-on-cancellation'
  }
}
