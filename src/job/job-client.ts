/**
 * The client side of one job: an actor that turns what the job and its coordinator say into promises, observables and
 * statistics. Nothing here can hold the job up: it only listens, and asks by message.
 */
import { BehaviorSubject, Subject } from 'rxjs'
import type { ClientMessage } from '../actors/job-messages.ts'
import type { Actor, Self } from '../actors/kernel.ts'
import { isSavepoint, type SnapshotKind } from '../core/elements.ts'
import { errorCodes } from '../core/error-codes.ts'
import { type ErrorCode, StreamError } from '../core/errors.ts'
import { type Address, type CheckpointId, type JobId, parseSubtaskId, type SubtaskId } from '../core/ids.ts'
import { nameMaker } from '../core/random.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { CheckpointAnnouncement } from '../machines/checkpoint-coordinator/protocol.ts'
import type { JobStatus } from '../machines/job/protocol.ts'
import type { Failure } from '../machines/subtask/protocol.ts'
import type { JobEvent, JobResult } from '../program/job-handle.ts'
import { CheckpointHistory } from './checkpoint-history.ts'

const failuresKept = 20

/** A completed request: a checkpoint id, and the path of its manifest or its savepoint. */
export interface Answer {
  readonly checkpointId: CheckpointId
  readonly path: string
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: StreamError) => void
}

export class JobClient implements Actor<ClientMessage> {
  readonly status = new BehaviorSubject<JobStatus>('INITIALIZING')
  readonly events = new Subject<JobEvent>()
  readonly done: Promise<JobResult>
  readonly history = new CheckpointHistory()
  readonly statusTimes: Partial<Record<JobStatus, number>> = {}
  readonly failures: { readonly at: number; readonly code: string; readonly message: string }[] = []
  endedAt: number | undefined
  readonly #self: Self
  readonly #jobId: JobId
  readonly #graph: JobGraph
  readonly #waiting = new Map<string, Waiting>()
  #savepointWarning: ((path: string) => string) | undefined
  readonly #makeName: () => string
  #finish!: (result: JobResult) => void

  /** `savepointWarning` is what to say, once, about a savepoint in memory at this path. */
  constructor(self: Self, jobId: JobId, graph: JobGraph, savepointWarning?: (path: string) => string) {
    this.#self = self
    this.#jobId = jobId
    this.#graph = graph
    this.#savepointWarning = savepointWarning
    this.#makeName = nameMaker(self.host.random)
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  get address(): Address {
    return this.#self.address
  }

  get ended(): boolean {
    return this.endedAt !== undefined
  }

  /** Registers a request; `send` gets its id. Rejects with the code that the coordinator gave. */
  request(send: (requestId: string) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const requestId = this.#makeName()
      this.#waiting.set(requestId, { resolve, reject })
      send(requestId)
    })
  }

  receive(message: ClientMessage): void {
    const timestamp = this.#self.host.now()
    switch (message.type) {
      case 'request.answered': {
        const waiting = this.#waiting.get(message.requestId)
        this.#waiting.delete(message.requestId)
        const { outcome } = message
        if (outcome.type === 'completed') waiting?.resolve(outcome)
        else waiting?.reject(new StreamError(codeOf(outcome.code), `${outcome.message} (${outcome.reason})`))
        return
      }
      case 'checkpoint.announced':
        this.#announced(message.announcement)
        return
      case 'status.changed':
        this.#statusChanged(message.status, message.at, message.failure)
        return
      case 'restore.progressed': {
        const { bytes, totalBytes } = message
        const { index: subtaskIndex, operatorName } = this.#subtask(message.subtask)
        this.events.next({ type: 'restore-progressed', timestamp, operatorName, subtaskIndex, bytes, totalBytes })
        return
      }
      case 'task.failed': {
        const { index, vertex, operatorName } = this.#subtask(message.subtask)
        this.#remember(message.failure)
        const { attempt, failure } = message
        const error = errorOf(failure)
        const event = { operatorId: vertex, operatorName, subtaskIndex: index, attempt, error }
        this.events.next({ type: 'task-failed', timestamp, ...event })
        return
      }
      case 'job.restarting': {
        const { attempt, delayMs } = message
        const fromCheckpoint = this.history.restorePoint
        this.events.next({ type: 'restarting', timestamp, attempt, delayMs, fromCheckpoint })
        return
      }
      case 'warning.raised':
        this.#warn(message.message)
        return
      case 'job.completed':
        this.#completed(message.status, message.failure, timestamp)
        return
      default:
        return
    }
  }

  #subtask(id: SubtaskId) {
    const { index, vertex } = parseSubtaskId(id)
    return { index, vertex, operatorName: this.#graph.vertices.find((one) => one.id === vertex)?.name ?? vertex }
  }

  #announced(announcement: CheckpointAnnouncement): void {
    this.history.add(announcement)
    if (!('kind' in announcement)) return
    const { at: timestamp, checkpointId } = announcement
    const kind = shortKind(announcement.kind)
    switch (announcement.type) {
      case 'triggered':
        this.events.next({ type: 'checkpoint-triggered', timestamp, checkpointId, kind })
        return
      case 'completed': {
        const { bytes: stateBytes, durationMs, path } = announcement
        const facts = { timestamp, checkpointId, stateBytes, durationMs, path }
        const { writtenBytes, inFlightBytes } = announcement
        const parts = {
          ...(writtenBytes !== undefined && { writtenBytes }),
          ...(inFlightBytes !== undefined && { inFlightBytes }),
        }
        this.events.next({ type: 'checkpoint-completed', kind, ...facts, ...parts })
        if (kind !== 'savepoint') return
        this.events.next({ type: 'savepoint-completed', ...facts })
        if (!path.startsWith('jobmanager://') || this.#savepointWarning === undefined) return
        this.#warn(this.#savepointWarning(path))
        this.#savepointWarning = undefined
        return
      }
      case 'aborted': {
        const durationMs = this.history.sinceTrigger(checkpointId, timestamp)
        const reason = `${announcement.reason}: ${announcement.message}`
        this.events.next({ type: 'checkpoint-aborted', timestamp, checkpointId, kind, reason, durationMs })
      }
    }
  }

  #statusChanged(to: JobStatus, timestamp: number, failure: Failure | undefined): void {
    const from = this.status.value
    this.statusTimes[to] = timestamp
    if (failure !== undefined) this.#remember(failure)
    if (from === to) return
    this.status.next(to)
    const error = failure === undefined ? {} : { error: errorOf(failure) }
    this.events.next({ type: 'status-changed', timestamp, from, to, ...error })
  }

  #warn(message: string): void {
    this.#self.host.log('warn', message)
    this.events.next({ type: 'warning', timestamp: this.#self.host.now(), message })
  }

  #remember({ code, message }: Failure): void {
    if (this.failures[0]?.message === message) return
    this.failures.unshift({ at: this.#self.host.now(), code, message })
    this.failures.length = Math.min(this.failures.length, failuresKept)
  }

  #completed(status: JobStatus, failure: Failure | undefined, at: number): void {
    this.endedAt = at
    const gone = new StreamError('JOB_NOT_RUNNING', `Job ${this.#jobId} is ${status}: the request was not carried out.`)
    for (const { reject } of this.#waiting.values()) reject(gone)
    this.#waiting.clear()
    this.#statusChanged(status, at, failure)
    this.status.complete()
    this.events.complete()
    this.#finish({ id: this.#jobId, status, ...(failure === undefined ? {} : { error: errorOf(failure) }) })
  }
}

const shortKind = (kind: SnapshotKind): 'checkpoint' | 'savepoint' => (isSavepoint(kind) ? 'savepoint' : 'checkpoint')

const codeOf = (code: string): ErrorCode =>
  Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'CHECKPOINT_FAILED'

const errorOf = ({ code, message, restartable }: Failure): StreamError =>
  new StreamError(Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'JOB_FAILED', message, { restartable })
