import type { Charts } from '../actors/charts.ts'
import type { Kernel } from '../actors/kernel.ts'
import { checkRuntimeOptions, createRealKernel } from '../actors/real-host.ts'
import { SavepointActor, savepointsAddress } from '../actors/savepoint-actor.ts'
import { noTap, type Tap } from '../actors/tap.ts'
import { heapStateBackend } from '../backends/heap-state.ts'
import type { SavepointEntry } from '../backends/savepoint-store.ts'
import type { SavepointTarget } from '../core/elements.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { type Address, type JobId, makeJobId, makeTriggerId, roleAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { DeployServices } from '../deployment/deployer.ts'
import type { RestorePlan } from '../deployment/restore-plan.ts'
import { buildJobGraph } from '../graph/build-job-graph.ts'
import type { StreamEnvironment } from '../program/environment.ts'
import { checkedClaim } from './checked-claim.ts'
import type { ClaimServices } from './claimed-snapshot.ts'
import { type EffectiveOptions, effectiveOptions } from './effective-options.ts'
import { inheritedCheckpoints } from './inheritance.ts'
import type { JobDeploymentOptions } from './job-deployment.ts'
import { lookAgain, type SubmissionPlan } from './look-again.ts'
import { findRestoreCandidate, type RestorePoint, restorePointOf } from './restore-point.ts'
import type { RunningJob } from './running-job.ts'
import { checkCopies, savepointPlace, savepointTarget } from './savepoint-place.ts'
import type { Session, SubmitOptions } from './session.ts'
import type { Log, SessionOptions } from './session-options.ts'
import { SnapshotUses, type UseKind } from './snapshot-uses.ts'
import { startJob } from './start-job.ts'
import { checkStateBackend } from './state-backend-check.ts'
import { Storages } from './storages.ts'
import { StoredCheckpoints } from './stored-checkpoints.ts'
import { submissionWarnings } from './submission-warnings.ts'

export interface SessionRuntime {
  /** Another kernel than the real one: simulation. `onCrash` must be given to it. */
  readonly kernel?: (onCrash: (address: Address, error: unknown) => void) => Kernel
  readonly tap?: Tap
  /** Other charts than the true ones: to see that a bug in one is found. */
  readonly charts?: Charts
  /** Other channels than the usual ones, for each attempt: to watch them, or to hold them up. */
  readonly channels?: DeployServices['channels']
  /** Changes what each attempt deploys: for deliberate bugs. */
  readonly descriptors?: JobDeploymentOptions['descriptors']
  /** Shared with an earlier session: a simulated process that died and came back finds what it had stored. */
  readonly storages?: Storages
  /** Deep-freeze stored state values unless a program says otherwise? Default: not in production. */
  readonly development?: boolean
}

/**
 * A session: jobs, checkpoint storage and savepoints of one process. Fails with `ARGUMENT_INVALID` when an option of
 * `runtime` is out of bounds.
 *
 * @example
 * const session = createSession({ checkpointStorage: { kind: 'filesystem', dir: 'state/checkpoints' } })
 * const job = await session.submit(env, { resume: true })
 */
export function createSession(options: SessionOptions = {}, runtime: SessionRuntime = {}): Session {
  return new LocalSession(options, runtime)
}

function useKindOf({ claimMode, fromSavepoint }: SubmitOptions, point: RestorePoint | undefined): UseKind {
  if (fromSavepoint !== undefined && claimMode === 'claim') return 'claims'
  return point !== undefined && point.resumes === point.snapshot.manifest.job.id ? 'goes on' : 'starts'
}

class LocalSession implements Session {
  readonly #options: SessionOptions
  readonly #runtime: Required<Pick<SessionRuntime, 'tap' | 'development'>> &
    Pick<SessionRuntime, 'charts' | 'channels' | 'descriptors'>
  readonly #kernel: Kernel
  readonly #log: Log
  readonly #storages: Storages
  readonly #jobs = new Map<JobId, RunningJob>()
  /** Set by `close`: no job starts any more. */
  #closing: Promise<void> | undefined
  /** Submissions under way. */
  readonly #submitting = new Set<Promise<unknown>>()
  /** Ids of jobs whose storage is being opened. */
  readonly #starting = new Set<JobId>()
  readonly #uses = new SnapshotUses()
  readonly #efforts = new Map<JobId, EffectiveOptions>()
  readonly #disposals = new Map<string, (error: StreamError | undefined) => void>()

  constructor(options: SessionOptions, runtime: SessionRuntime) {
    checkStateBackend(options.stateBackend)
    this.#options = options
    this.#log = options.log ?? (() => {})
    const development = runtime.development ?? process.env.NODE_ENV !== 'production'
    this.#storages = runtime.storages ?? new Storages({ plugins: options.plugins ?? [] })
    // A place that nobody answers for is told at once, and not when the first job comes.
    if (options.checkpointStorage !== undefined) this.#storages.checkpoints(options.checkpointStorage)
    if (options.savepoints !== undefined) this.#storages.savepoints(options.savepoints)
    this.#runtime = { ...runtime, tap: runtime.tap ?? noTap, development }
    checkRuntimeOptions(options.runtime ?? {})
    const onCrash = (address: Address, error: unknown) => this.#crashed(address, error)
    this.#kernel = runtime.kernel?.(onCrash) ?? createRealKernel({ ...options.runtime, log: this.#log, onCrash })
    this.#kernel.spawn(
      savepointsAddress,
      (self) =>
        new SavepointActor(self, {
          placeOf: (jobId, target) => this.#placeOf(jobId, target),
          find: async (path) => {
            const found = await this.#storages.findSavepoint(path)
            this.#uses.checkUnused(found.path, found.checkpointPath ?? found.path)
            return found
          },
          disposed: (requestId, error) => this.#disposals.get(requestId)?.(error),
          tap: this.#runtime.tap,
          chart: this.#runtime.charts?.savepoint,
        }),
    )
  }

  async submit(environment: StreamEnvironment, submit: SubmitOptions = {}): Promise<RunningJob> {
    if (this.#closing !== undefined)
      throw new StreamError('SESSION_CLOSED', 'The session is closed: make another one to run jobs.')
    const submitting = this.#submit(environment, submit)
    this.#submitting.add(submitting)
    try {
      return await submitting
    } finally {
      this.#submitting.delete(submitting)
    }
  }

  async #submit(environment: StreamEnvironment, submit: SubmitOptions): Promise<RunningJob> {
    const planned = await this.#prepare(environment, submit)
    const { effective } = planned
    const id = this.#jobIdOf(submit, planned.point)
    const running = this.#running
    if (this.#starting.has(id) || running.some((job) => job.id === id)) {
      throw new StreamError('ARGUMENT_INVALID', `Job ${id} runs already: cancel it, or submit under another id.`)
    }
    this.#uses.begin(id, useKindOf(submit, planned.point), planned.point?.snapshot.path)
    this.#starting.add(id)
    try {
      const storage = this.#storages.checkpoints(effective.storage)
      const warnings = await submissionWarnings({ effective, submit, point: planned.point, storage, running })
      const { name, inlineStateBytes: inlineBytes } = effective
      const { opening } = planned.point ?? {}
      const stored = new StoredCheckpoints(await storage.open({ id, name, inlineBytes, ...opening }))
      const prepare = () => this.#prepare(environment, submit)
      const { graph, point } = await lookAgain(planned, submit, stored, prepare)
      const inherited = await inheritedCheckpoints(
        { submit, point, stored, retained: effective.coordinator.retained },
        this.#claimServices(roleAddress(id, 'client')),
      )
      await stored.sweep([])
      this.#uses.started(id, point?.snapshot.path, stored)
      this.#efforts.set(id, effective)
      const job = startJob({
        id,
        effective,
        graph,
        point,
        stored,
        stateBackend: this.#options.stateBackend ?? heapStateBackend,
        inherited,
        kernel: this.#kernel,
        tap: this.#runtime.tap,
        charts: this.#runtime.charts,
        channels: this.#runtime.channels,
        descriptors: this.#runtime.descriptors,
        log: this.#log,
        warnings,
        targetOf: (asked) => this.#placeOf(id, savepointTarget(effective, asked)).target,
      })
      this.#jobs.delete(id)
      this.#jobs.set(id, job)
      void job.done.then(() => this.#uses.end(id))
      this.#forgetOldJobs()
      return job
    } catch (error) {
      this.#uses.end(id)
      throw error
    } finally {
      this.#starting.delete(id)
    }
  }

  async planRestore(environment: StreamEnvironment, submit: SubmitOptions): Promise<RestorePlan | undefined> {
    return (await this.#look(environment, submit)).candidate?.plan
  }

  jobs(): readonly RunningJob[] {
    return [...this.#jobs.values()]
  }

  job(id: JobId): RunningJob {
    const job = this.#jobs.get(id)
    if (job === undefined) throw new StreamError('JOB_NOT_FOUND', `There is no job ${id}.`, { details: { job: id } })
    return job
  }

  disposeSavepoint(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const requestId = makeTriggerId(this.#kernel.host.random.bytes(16))
      this.#disposals.set(requestId, (error) => {
        this.#disposals.delete(requestId)
        if (error === undefined) resolve()
        else reject(error)
      })
      this.#kernel.send(savepointsAddress, { type: 'savepoint.dispose', requestId, path })
    })
  }

  savepoints(): Promise<readonly SavepointEntry[]> {
    return this.#storages.listSavepoints()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // A job whose storage is being opened starts before it is suspended, so that it lets its lease go like the others.
    await Promise.allSettled(this.#submitting)
    await Promise.all(this.jobs().map((job) => job.suspend()))
  }

  async #look(environment: StreamEnvironment, submit: SubmitOptions) {
    const effective = effectiveOptions(environment, submit, this.#options, this.#runtime.development)
    const graph = buildJobGraph(effective.program, effective.name)
    const storage = this.#storages.checkpoints(effective.storage)
    this.#storages.savepoints(effective.savepoints)
    const candidate = await findRestoreCandidate(graph, effective, submit, this.#storages, storage)
    const checked =
      candidate &&
      (await checkedClaim(candidate, submit, {
        storages: this.#storages,
        runs: (job) => this.#running.some(({ id }) => id === job),
        needing: (snapshot) => this.#uses.needing(snapshot),
      }))
    return { effective, graph, candidate: checked }
  }

  async #prepare(environment: StreamEnvironment, submit: SubmitOptions): Promise<SubmissionPlan> {
    const { effective, graph, candidate } = await this.#look(environment, submit)
    const point = candidate && restorePointOf(candidate)
    return { effective, graph: point?.assignment.graph ?? graph, point }
  }

  /** A resumed job keeps its id, so that its old checkpoints are its own; a job from a savepoint is a new one. */
  #jobIdOf(submit: SubmitOptions, point: RestorePoint | undefined): JobId {
    if (submit.jobId !== undefined) return submit.jobId
    return point?.resumes ?? makeJobId(this.#kernel.host.random.bytes(16))
  }

  #claimServices(client: Address): ClaimServices {
    return {
      storages: this.#storages,
      warn: (message) => {
        if (this.#kernel.has(client)) this.#kernel.send(client, { type: 'warning.raised', message })
        else this.#log('warn', message)
      },
    }
  }

  get #running(): readonly RunningJob[] {
    return this.jobs().filter(({ endedAt }) => endedAt === undefined)
  }

  #placeOf(jobId: JobId, target: SavepointTarget) {
    const effective = this.#efforts.get(jobId)
    if (effective === undefined) throw new StreamError('JOB_NOT_FOUND', `There is no job ${jobId}.`)
    const store = this.#storages.savepoints(savepointPlace(effective, target))
    checkCopies(store, target)
    return { target, store, storage: this.#storages.checkpoints(effective.storage) }
  }

  #crashed(address: Address, error: unknown): void {
    const message = `Actor ${address} failed: ${messageOf(error)}`
    this.#log('error', error instanceof Error && error.stack !== undefined ? `${message}\n${error.stack}` : message)
    const jobId = address.split('/')[0] as JobId
    const failure = { code: 'BUG', message, restartable: false }
    this.#kernel.send(roleAddress(jobId, 'job'), { type: 'job.crashed', failure })
    // It may have failed on the very word that its job waits for, and must not keep it from ending.
    if (address === roleAddress(jobId, 'coordinator')) {
      this.#jobs.get(jobId)?.loseTrack()
      this.#kernel.send(roleAddress(jobId, 'job'), { type: 'checkpoints.settled', latest: undefined })
    }
  }

  #forgetOldJobs(): void {
    const ended = this.jobs().filter(({ endedAt }) => endedAt !== undefined)
    for (const { id } of ended.slice(0, Math.max(0, ended.length - limits.endedJobsKept))) {
      this.#jobs.delete(id)
      this.#efforts.delete(id)
    }
  }
}
