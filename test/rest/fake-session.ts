/** Our in-memory implementation of the session's contract: no streams run, every end is told by the test. */
import { BehaviorSubject, Subject } from 'rxjs'
import type { SavepointEntry } from '../../src/backends/savepoint-store.ts'
import type { Clock } from '../../src/core/clock.ts'
import { StreamError } from '../../src/core/errors.ts'
import { type JobId, makeJobId, parseCheckpointId, type TriggerId, type VertexId } from '../../src/core/ids.ts'
import { noCounts } from '../../src/core/metrics.ts'
import { Random } from '../../src/core/random.ts'
import type { RestorePlan } from '../../src/deployment/restore-plan.ts'
import type { JobGraph, JobVertex } from '../../src/graph/job-graph.ts'
import { type AskedOperation, SavepointOperations } from '../../src/job/savepoint-operations.ts'
import type { CheckpointHistoryEntry, Session, SessionJob, SubmitOptions } from '../../src/job/session.ts'
import type { EffectiveCheckpointing } from '../../src/job/session-options.ts'
import type { JobStatus } from '../../src/machines/job/protocol.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobEvent, JobResult, SavepointRequest, StopOptions } from '../../src/program/job-handle.ts'

import { fakePlan } from './fake-plan.ts'

const vertex = (id: string, name: string, parallelism: number): JobVertex => ({
  id: id.padEnd(32, '0') as VertexId,
  name,
  parallelism,
  maxParallelism: 128,
  maxParallelismExplicit: false,
  operators: [],
})

export const fakeCheckpointing: EffectiveCheckpointing = {
  mode: 'exactly-once',
  intervalMs: undefined,
  timeoutMs: 600_000,
  minPauseMs: 0,
  maxConcurrent: 1,
  tolerableFailures: 0,
  retention: 'retain-on-failure',
  afterTasksFinish: true,
  unaligned: undefined,
  incremental: false,
  storage: 'jobmanager',
}

export const fakeGraph = (name: string): JobGraph => {
  const vertices = [vertex('aa', 'lines -> split', 2), vertex('bb', 'count -> out', 1)]
  const [from, to] = [vertices[0]!.id, vertices[1]!.id]
  const partitioning = { type: 'hash', key: () => 0 } as const
  return {
    name,
    vertices,
    edges: [{ from, fromOperator: 0, to, input: 0, partitioning, sideOutput: undefined, notChainedBecause: 'keyed' }],
    warnings: [],
  }
}

/** Long enough for every promise that is ready to be heard. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await undefined
}

export class FakeJob implements SessionJob {
  readonly id: JobId
  readonly name: string
  readonly graph: JobGraph
  checkpointing = fakeCheckpointing
  readonly status = new BehaviorSubject<JobStatus>('RUNNING')
  readonly events = new Subject<JobEvent>()
  readonly done: Promise<JobResult>
  readonly startedAt: number
  readonly attempt = 0
  readonly statusTimes: Partial<Record<JobStatus, number>>
  readonly failures: { at: number; code: string; message: string }[] = []
  readonly submitted: SubmitOptions
  /** Every call, as text. */
  readonly calls: string[] = []
  history: CheckpointHistoryEntry[] = []
  warnings: readonly string[] = []
  restored: ReturnType<SessionJob['checkpointStats']>['restored']
  endedAt: number | undefined
  records = 0
  watermark = Number.NEGATIVE_INFINITY
  late = 0
  /** Is a canceled job only about to end? */
  lingers = false
  #resolve: (result: JobResult) => void = () => undefined
  #waiting: { resolve: (value: string) => void; reject: (error: unknown) => void }[] = []
  readonly #clock: Clock
  readonly #operations: SavepointOperations

  constructor(id: JobId, submitted: SubmitOptions, clock: Clock) {
    this.id = id
    this.name = submitted.name ?? 'word count'
    this.submitted = submitted
    this.graph = fakeGraph(this.name)
    this.#clock = clock
    this.#operations = new SavepointOperations(new Random(11), () => clock.now())
    this.startedAt = clock.now()
    this.statusTimes = { INITIALIZING: this.startedAt, RUNNING: this.startedAt }
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get currentStatus(): JobStatus {
    return this.status.value
  }

  move(status: JobStatus, error?: StreamError): void {
    this.statusTimes[status] = this.#clock.now()
    if (['FINISHED', 'CANCELED', 'FAILED'].includes(status)) this.endedAt = this.#clock.now()
    if (error !== undefined) this.failures.unshift({ at: this.#clock.now(), code: error.code, message: error.message })
    this.status.next(status)
    if (this.endedAt === undefined && status !== 'SUSPENDED') return
    this.#resolve({ id: this.id, status, ...(error === undefined ? {} : { error }) })
  }

  /** Ends the oldest operation under way, and lets whoever waited for it go on. */
  async complete(value: string): Promise<void> {
    this.#waiting.shift()?.resolve(value)
    await settled()
  }

  async fail(error: unknown): Promise<void> {
    this.#waiting.shift()?.reject(error)
    await settled()
  }

  #wait(call: string): Promise<string> {
    this.calls.push(call)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  async triggerSavepoint(target: string | SavepointRequest = {}): Promise<string> {
    const { dir, format, triggerId } = typeof target === 'string' ? { dir: target } : target
    const what = `savepoint ${dir ?? 'default'}${format === undefined ? '' : ` ${format}`}`
    return this.#ask({ kind: 'savepoint', dir, format, triggerId: triggerId as TriggerId }, () => this.#wait(what))
  }

  savepointOperations() {
    return this.#operations.list()
  }

  #ask(asked: AskedOperation, begin: () => Promise<string>) {
    return this.#operations.ask(asked, begin)
  }

  async triggerCheckpoint(): Promise<number> {
    return Number(await this.#wait('checkpoint'))
  }

  async stop({ savepoint = true, drain = false, format, triggerId }: StopOptions = {}): Promise<string> {
    const dir = typeof savepoint === 'string' ? savepoint : undefined
    const asked = { kind: drain ? 'drain' : 'stop', dir, format, triggerId: triggerId as TriggerId } as const
    return this.#ask(asked, async () => {
      const how = `${drain ? 'drain' : 'suspend'}${format === undefined ? '' : ` ${format}`}`
      const path = await this.#wait(`stop ${savepoint} ${how}`)
      this.move('FINISHED')
      return path
    })
  }

  async cancel(): Promise<void> {
    this.calls.push('cancel')
    this.move(this.lingers ? 'CANCELLING' : 'CANCELED')
  }

  counts() {
    const source = { ...noCounts, recordsIn: this.records, recordsOut: this.records }
    const { records: recordsIn, watermark: currentInputWatermark, late: lateRecordsDropped } = this
    const count = { ...noCounts, recordsIn, currentInputWatermark, lateRecordsDropped }
    return new Map([
      [this.graph.vertices[0]!.id, [source, noCounts]],
      [this.graph.vertices[1]!.id, [count]],
    ])
  }

  subtaskStatuses() {
    return new Map([[this.graph.vertices[0]!.id, ['running', 'ended']]])
  }

  checkpointStats() {
    const completed = this.history.filter(({ end }) => end?.type === 'completed').length
    const failed = this.history.filter(({ end }) => end?.type === 'aborted').length
    const total = this.history.length
    return {
      counts: { restored: 0, total, inProgress: total - completed - failed, completed, failed },
      history: this.history,
      restored: this.restored,
    }
  }
}

/** A checkpoint of 3 subtasks triggered at 1,000. */
export const checkpointEntry = (
  id: number,
  end?: { readonly bytes: number } | { readonly reason: 'CHECKPOINT_EXPIRED' },
  kind: 'checkpoint' | 'savepoint' | 'stop-drain' = 'checkpoint',
): CheckpointHistoryEntry => {
  const facts = { checkpointId: parseCheckpointId(id), kind, at: 1_000 }
  const ended = { ...facts, at: 1_040 }
  const outcome =
    end === undefined
      ? undefined
      : 'bytes' in end
        ? ({ ...ended, type: 'completed', durationMs: 40, bytes: end.bytes, path: `/chk/chk-${id}` } as const)
        : ({ ...ended, type: 'aborted', reason: end.reason, message: 'took too long' } as const)
  return {
    triggered: { ...facts, type: 'triggered', periodic: true, subtasks: 3, participants: [] },
    acknowledged: end !== undefined && 'bytes' in end ? 3 : 1,
    end: outcome,
  }
}

export class FakeSession implements Session {
  readonly all: FakeJob[] = []
  readonly disposed: string[] = []
  readonly programs: StreamEnvironment[] = []
  refuse: StreamError | undefined
  /** What the next jobs are told to have warned of and been restored from. */
  tells: Partial<Pick<FakeJob, 'warnings' | 'restored'>> = {}
  /** What the next plans say instead. */
  plan: Partial<RestorePlan> = {}
  readonly planned: SubmitOptions[] = []
  closed = false
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(options: SubmitOptions = {}): FakeJob {
    const id = options.jobId ?? makeJobId(new Uint8Array(16).fill(this.all.length + 1))
    const job = new FakeJob(id, options, this.#clock)
    this.all.push(job)
    return job
  }

  async submit(environment: StreamEnvironment, options: SubmitOptions = {}): Promise<FakeJob> {
    if (this.refuse !== undefined) throw this.refuse
    this.programs.push(environment)
    return Object.assign(this.add(options), this.tells)
  }

  async planRestore(_environment: StreamEnvironment, options: SubmitOptions): Promise<RestorePlan | undefined> {
    if (this.refuse !== undefined) throw this.refuse
    this.planned.push(options)
    return options.fromSavepoint === undefined ? undefined : { ...fakePlan, path: options.fromSavepoint, ...this.plan }
  }

  jobs(): readonly FakeJob[] {
    return this.all
  }

  job(id: JobId): FakeJob {
    const job = this.all.find((one) => one.id === id)
    if (job === undefined) throw new StreamError('JOB_NOT_FOUND', `Job ${id} not found.`)
    return job
  }

  async disposeSavepoint(path: string): Promise<void> {
    if (path.includes('missing')) throw new StreamError('SAVEPOINT_NOT_FOUND', `No savepoint at ${path}.`)
    this.disposed.push(path)
  }

  async savepoints(): Promise<readonly SavepointEntry[]> {
    return []
  }

  async close(): Promise<void> {
    this.closed = true
    for (const job of this.all) if (job.endedAt === undefined) job.move('SUSPENDED')
  }
}
