/**
 * Wires one job: its client, its deployment, its coordinator and its own actor, and tells what is worth knowing about it.
 *
 * Owns which part knows which other. The session owns the kernel, the storages and the list of jobs.
 */
import type { Charts } from '../actors/charts.ts'
import { CoordinatorActor } from '../actors/coordinator-actor.ts'
import { JobActor } from '../actors/job-actor.ts'
import type { Kernel } from '../actors/kernel.ts'
import type { Tap } from '../actors/tap.ts'
import { WatermarkAlignmentActor } from '../actors/watermark-alignment-actor.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import { type CheckpointId, type JobId, roleAddress } from '../core/ids.ts'
import type { DeployServices } from '../deployment/deployer.ts'
import { droppedText } from '../deployment/operator-matching.ts'
import { subtasksOf } from '../deployment/plan.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { EffectiveOptions } from './effective-options.ts'
import { JobClient } from './job-client.ts'
import { type JobDeploymentOptions, LocalDeployment, type Prepared } from './job-deployment.ts'
import type { RestorePoint } from './restore-point.ts'
import { RunningJob, type RunningJobParts } from './running-job.ts'
import type { Log } from './session-options.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'
import { savepointInMemory } from './submission-warnings.ts'

export interface JobStart {
  readonly id: JobId
  readonly effective: EffectiveOptions
  readonly graph: JobGraph
  readonly point: RestorePoint | undefined
  readonly stored: StoredCheckpoints
  readonly stateBackend: StateBackend
  /** Checkpoints that the job goes on from and may fall back to. Others that lie in its directory are not its past. */
  readonly inherited: readonly CheckpointId[]
  readonly kernel: Kernel
  readonly tap: Tap
  readonly charts?: Charts | undefined
  readonly channels?: DeployServices['channels']
  readonly descriptors?: JobDeploymentOptions['descriptors']
  readonly log: Log
  /** What the session has to say about the submission. */
  readonly warnings?: readonly string[]
  /** Where a savepoint goes, and as what. Refuses what the job's storages cannot honour. */
  readonly targetOf: RunningJobParts['targetOf']
}

export function startJob(start: JobStart): RunningJob {
  const { id, effective, graph, point, stored, inherited, kernel, tap, charts, channels, descriptors } = start
  const warnsOfMemory =
    effective.storage.kind !== 'jobmanager' && effective.savepoints.kind === 'jobmanager'
      ? (path: string) => savepointInMemory(effective.name, path)
      : undefined
  const client = kernel.spawn(roleAddress(id, 'client'), (self) => new JobClient(self, id, graph, warnsOfMemory))
  const deployment = new LocalDeployment({
    graph,
    settings: {
      jobId: id,
      mode: effective.checkpointing.mode,
      checkpointing: effective.checkpointing.intervalMs !== undefined && effective.checkpointing.afterTasksFinish,
      batchRecords: effective.batchRecords,
      autoWatermarkIntervalMs: effective.autoWatermarkIntervalMs,
      freezeState: effective.freezeState,
      incremental: effective.checkpointing.incremental,
    },
    initial: point,
    checkpoints: stored,
    stateBackend: start.stateBackend,
    retention: effective.checkpointing.retention,
    completed: (end) => stored.endingWith(end),
    tap,
    charts,
    channels,
    descriptors,
  })
  const restoredId: CheckpointId | 0 = point?.snapshot.manifest.checkpointId ?? 0
  kernel.spawn(
    roleAddress(id, 'coordinator'),
    (self) =>
      new CoordinatorActor(self, id, {
        config: effective.coordinator,
        plan: { job: { id, name: effective.name }, graph },
        checkpoints: stored,
        completed: inherited,
        publishing: (checkpoint, { format }) => stored.publishing(checkpoint, format),
        lastId: Math.max(stored.highestId, restoredId) as CheckpointId | 0,
        tap,
        logic: charts?.coordinator,
      }),
  )
  kernel.spawn(roleAddress(id, 'watermarks'), (self) => new WatermarkAlignmentActor(self, id))
  const actor = kernel.spawn(
    roleAddress(id, 'job'),
    (self) =>
      new JobActor<Prepared>(self, id, {
        input: { restart: effective.restart, subtasks: subtasksOf(graph), firstAttempt: 0 },
        deployment,
        tap,
        chart: charts?.job,
      }),
  )
  const warnings = announce(start, client)
  kernel.send(roleAddress(id, 'job'), { type: 'job.submitted' })
  void client.done.then(() => {
    for (const role of ['job', 'coordinator', 'watermarks', 'client'] as const) kernel.stop(roleAddress(id, role))
  })
  return new RunningJob({
    id,
    graph,
    startedAt: kernel.host.now(),
    checkpointing: effective.checkpointing,
    kernel,
    client,
    deployment,
    actor,
    targetOf: start.targetOf,
    warnings,
  })
}

/** Returns what it warned of. */
function announce(start: JobStart, client: JobClient): readonly string[] {
  const { effective, graph, point, kernel, log } = start
  const warnings: string[] = []
  const warn = (message: string) => {
    warnings.push(message)
    kernel.send(client.address, { type: 'warning.raised', message })
  }
  for (const warning of [...graph.warnings, ...(start.warnings ?? [])]) warn(warning)
  if (effective.savepoints.kind === 'filesystem' && effective.savepoints.dir === undefined) {
    warn(
      'Savepoints are set to "filesystem" without a directory ("savepoints.state.backend.fs.dir"): they are kept in ' +
        'this process (jobmanager) and are lost with it.',
    )
  }
  if (point === undefined) return warnings
  const { path, manifest } = point.snapshot
  const { checkpointId, kind } = manifest
  const at = kernel.host.now()
  client.history.restoredFrom({ checkpointId, path, at, isSavepoint: kind !== 'checkpoint' })
  log('info', `Job "${effective.name}" starts from checkpoint ${checkpointId} (${path}).`)
  for (const unclaimed of point.assignment.dropped) warn(droppedText(unclaimed))
  for (const warning of point.plan.warnings) warn(warning)
  return warnings
}
