/**
 * The handle of one job: requests go out as messages, answers come back through the job's client.
 */
import { filter, firstValueFrom, map, type Observable, skip } from 'rxjs'
import type { JobActor } from '../actors/job-actor.ts'
import type { Kernel } from '../actors/kernel.ts'
import { type SavepointTarget, type SnapshotKind, usualTarget } from '../core/elements.ts'
import { assert, StreamError } from '../core/errors.ts'
import { type JobId, roleAddress } from '../core/ids.ts'
import { endStatuses } from '../core/job-status.ts'
import { noCounts, type SubtaskCounts } from '../core/metrics.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { JobStatus } from '../machines/job/protocol.ts'
import type { JobEvent, JobResult, SavepointOperation, SavepointRequest, StopOptions } from '../program/job-handle.ts'
import type { Answer, JobClient } from './job-client.ts'
import type { LocalDeployment, Prepared } from './job-deployment.ts'
import { type AskedOperation, SavepointOperations } from './savepoint-operations.ts'
import { savepointAsked, stopAsked } from './savepoint-request.ts'
import type { JobCheckpointStats, SessionJob } from './session.ts'
import type { EffectiveCheckpointing } from './session-options.ts'

export interface RunningJobParts {
  readonly id: JobId
  readonly graph: JobGraph
  readonly startedAt: number
  readonly checkpointing: EffectiveCheckpointing
  readonly kernel: Kernel
  readonly client: JobClient
  readonly deployment: LocalDeployment
  readonly actor: JobActor<Prepared>
  /** Where a savepoint goes, and as what. Refuses what the job's storages cannot honour. */
  readonly targetOf: (asked: Pick<AskedOperation, 'dir' | 'format'>) => SavepointTarget
  readonly warnings: readonly string[]
}

export class RunningJob implements SessionJob {
  readonly id: JobId
  readonly name: string
  readonly graph: JobGraph
  readonly startedAt: number
  readonly checkpointing: EffectiveCheckpointing
  readonly status: Observable<JobStatus>
  readonly events: Observable<JobEvent>
  readonly done: Promise<JobResult>
  readonly warnings: readonly string[]
  readonly #parts: RunningJobParts
  readonly #operations: SavepointOperations

  constructor(parts: RunningJobParts) {
    this.#parts = parts
    const { host } = parts.kernel
    this.#operations = new SavepointOperations(host.random.fork(`triggers of ${parts.id}`), () => host.now())
    this.id = parts.id
    this.name = parts.graph.name
    this.graph = parts.graph
    this.startedAt = parts.startedAt
    this.checkpointing = parts.checkpointing
    this.status = parts.client.status.asObservable()
    this.events = parts.client.events.pipe(map((event) => event))
    this.done = parts.client.done
    this.warnings = parts.warnings
  }

  get currentStatus(): JobStatus {
    return this.#parts.client.status.value
  }

  get endedAt(): number | undefined {
    return this.#parts.client.endedAt
  }

  get attempt(): number {
    return this.#parts.actor.attempt
  }

  get statusTimes(): Readonly<Partial<Record<JobStatus, number>>> {
    return this.#parts.client.statusTimes
  }

  get failures(): SessionJob['failures'] {
    return this.#parts.client.failures
  }

  async triggerSavepoint(target?: string | SavepointRequest): Promise<string> {
    const asked = savepointAsked(target)
    return this.#operations.ask(asked, () => pathOf(this.#request('savepoint', this.#parts.targetOf(asked))))
  }

  savepointOperations(): readonly SavepointOperation[] {
    return this.#operations.list()
  }

  async triggerCheckpoint(): Promise<number> {
    return (await this.#request('checkpoint', usualTarget)).checkpointId
  }

  async stop(options?: StopOptions): Promise<string> {
    const asked = stopAsked(options)
    return this.#operations.ask(asked, () => {
      const target = this.#parts.targetOf(asked)
      // Heard from before the request on: a job that goes down while its savepoint is published has not stopped either.
      const outcome = this.#endOrRestart()
      const kind = asked.kind === 'drain' ? 'stop-drain' : 'stop-suspend'
      return this.#stopped(this.#request(kind, target), outcome, this.failures[0])
    })
  }

  /** `earlier` is the newest failure from before the stop. */
  async #stopped(
    answer: Promise<Answer>,
    outcome: Promise<JobStatus>,
    earlier: SessionJob['failures'][number] | undefined,
  ) {
    const { path } = await answer
    const status = await outcome
    if (status === 'FINISHED') return path
    const failure = this.failures[0] === earlier ? undefined : this.failures[0]
    const message = `A savepoint has been created at ${path}, but the job did not stop cleanly: it is ${status}.`
    throw new StreamError('STOP_INCOMPLETE', failure === undefined ? message : `${message} ${failure.message}`, {
      details: { path, status, failure: failure?.code ?? null },
    })
  }

  /** The next status in which a job has either ended or begins again. */
  #endOrRestart(): Promise<JobStatus> {
    const changes = this.status.pipe(
      skip(1),
      filter((status) => status === 'RESTARTING' || endStatuses.includes(status)),
    )
    return firstValueFrom(changes, { defaultValue: this.currentStatus })
  }

  async cancel(): Promise<void> {
    this.#toJob({ type: 'cancel.requested' })
    await this.done
  }

  /** Ends the job, unless it has ended, keeps everything for a resume, and waits for the writes and deletions under way. */
  async suspend(): Promise<void> {
    if (this.endedAt === undefined) this.#toJob({ type: 'suspend.requested' })
    await this.done
    await this.#parts.deployment.settled()
  }

  /** Its coordinator has failed on a bug. */
  loseTrack(): void {
    this.#parts.deployment.loseTrack()
  }

  counts(): ReadonlyMap<string, readonly SubtaskCounts[]> {
    return this.#byVertex((id) => this.#parts.deployment.actors.get(id)?.counts() ?? noCounts)
  }

  subtaskStatuses(): ReadonlyMap<string, readonly string[]> {
    return this.#byVertex((id) => this.#parts.deployment.actors.get(id)?.status ?? 'created')
  }

  checkpointStats(): JobCheckpointStats {
    return this.#parts.client.history.stats()
  }

  #byVertex<T>(of: (id: Parameters<LocalDeployment['actors']['get']>[0]) => T): ReadonlyMap<string, readonly T[]> {
    const rows = this.graph.vertices.map(({ id, parallelism }) => {
      const subtasks = Array.from({ length: parallelism }, (_, index) => of(`${id}/${index}` as never))
      return [id as string, subtasks] as const
    })
    return new Map(rows)
  }

  #toJob(message: object): void {
    this.#parts.kernel.send(roleAddress(this.id, 'job'), message)
  }

  /** Throws at once when nothing can be asked. */
  #request(kind: SnapshotKind, target: SavepointTarget): Promise<Answer> {
    const { client, kernel } = this.#parts
    if (client.ended) {
      const sentence = `Job ${this.id} is ${this.currentStatus}: expected a running job.`
      throw new StreamError('JOB_NOT_RUNNING', sentence)
    }
    const coordinator = roleAddress(this.id, 'coordinator')
    assert(kernel.has(coordinator), 'a running job has a coordinator')
    return client.request((requestId) =>
      kernel.send(coordinator, { type: 'checkpoint.requested', requestId, kind, target }),
    )
  }
}

const pathOf = async (answer: Promise<Answer>): Promise<string> => (await answer).path
