/**
 * The actor of one job: supervises its subtasks by the job's chart.
 *
 * Owns starting and stopping the actors of an attempt, through the deployment it is given. Decides nothing: restarts,
 * cancellation and the end are `machines/job/machine.ts`.
 */
import { asStreamError } from '../core/errors.ts'
import { type CheckpointId, type JobId, roleAddress, type SubtaskId, subtaskAddress } from '../core/ids.ts'
import type { TaskPlan } from '../machines/checkpoint-coordinator/protocol.ts'
import { jobMachine } from '../machines/job/machine.ts'
import type { JobEffect, JobEvent, JobMachineInput, JobStatus } from '../machines/job/protocol.ts'
import { start, step } from '../machines/step.ts'
import type { Failure } from '../machines/subtask/protocol.ts'
import { type EffectHandlers, MachineDriver } from './effect-handlers.ts'
import type { JobMessage } from './job-messages.ts'
import type { Actor, Self } from './kernel.ts'
import { SteadyTime } from './steady-time.ts'
import { failureOf } from './subtask-messages.ts'
import type { Tap } from './tap.ts'

/** What deployment (rank 4) does for the job's actor. */
export interface JobDeployment<Prepared> {
  /** Reads and checks what an attempt restores from. `latest` undefined: the initial restore point, if any. */
  prepare(latest: CheckpointId | undefined): Promise<Prepared>
  /** Spawns the actors of the attempt and sends each `subtask.deployed`. */
  deploy(self: Self, attempt: number, prepared: Prepared): void
  /** Who takes part in checkpoints; `finished` subtasks have nothing left to do. */
  taskPlan(finished: readonly SubtaskId[]): TaskPlan
  /** Housekeeping of a job that ends with this status: retention, sweep, lease. */
  release(status: JobStatus): Promise<void>
}

export interface JobServices<Prepared> {
  readonly input: JobMachineInput
  readonly deployment: JobDeployment<Prepared>
  readonly tap: Tap
  /** Another chart than the true one. */
  readonly chart?: typeof jobMachine | undefined
}

export class JobActor<Prepared> implements Actor<JobMessage> {
  readonly #self: Self
  readonly #jobId: JobId
  readonly #services: JobServices<Prepared>
  readonly #time: SteadyTime
  readonly #driver
  /** Is the state of the current attempt being read? */
  #preparing = false
  /** Are its actors there? */
  #deployed = false
  #attempt: number

  constructor(self: Self, jobId: JobId, services: JobServices<Prepared>) {
    this.#self = self
    this.#jobId = jobId
    this.#services = services
    this.#time = new SteadyTime(self.host)
    this.#attempt = services.input.firstAttempt
    const chart = services.chart ?? jobMachine
    const first = start<typeof jobMachine, JobEffect>(chart, services.input)
    this.#driver = new MachineDriver<typeof first.snapshot, JobEvent, JobEffect>({
      address: () => self.address,
      attempt: () => this.#attempt,
      first,
      step: (snapshot, event) => step<typeof jobMachine, JobEffect>(chart, snapshot, event),
      handlers: this.#handlers,
      tap: services.tap,
    })
  }

  get attempt(): number {
    return this.#attempt
  }

  receive(message: JobMessage): void {
    if (message.type === 'attempt.prepared') {
      this.#deploy(message.attempt, message.prepared as Prepared)
      return
    }
    if (message.type === 'attempt.unprepared') {
      // As above: it must not fail the attempt that runs now.
      if (message.attempt === this.#attempt && this.#preparing) this.#crashed(message.failure)
      return
    }
    if (message.type === 'subtask.reported' && 'failure' in message) {
      const { subtask, attempt, failure } = message as Extract<JobEvent, { type: 'subtask.reported' }>
      this.#toClient({ type: 'task.failed', subtask, attempt, failure })
    }
    this.#feed(message)
  }

  #feed(message: JobMessage): void {
    const { host } = this.#self
    this.#driver.feed({ ...message, at: this.#time.now(), random: host.random.next() } as JobEvent)
  }

  #deploy(attempt: number, prepared: Prepared): void {
    // It may have been given up while its state was read.
    if (attempt !== this.#attempt || !this.#preparing) return
    this.#preparing = false
    try {
      this.#services.deployment.deploy(this.#self, attempt, prepared)
      this.#deployed = true
    } catch (thrown) {
      this.#crashed(failureOf(asStreamError(thrown, 'JOB_FAILED', 'The job could not be deployed')))
    }
  }

  #crashed(failure: Failure): void {
    this.#feed({ type: 'job.crashed', failure })
  }

  #stopAttempt(): void {
    for (const subtask of this.#services.input.subtasks) this.#self.stop(subtaskAddress(this.#jobId, subtask))
    this.#deployed = false
  }

  #toClient(message: object): void {
    this.#self.send(roleAddress(this.#jobId, 'client'), message)
  }

  #toCoordinator(message: object): void {
    this.#self.send(roleAddress(this.#jobId, 'coordinator'), message)
  }

  readonly #handlers: EffectHandlers<JobEffect> = {
    deploy: ({ attempt, latest }) => {
      this.#stopAttempt()
      this.#attempt = attempt
      this.#preparing = true
      this.#self.io(
        `prepare attempt ${attempt}`,
        () => this.#services.deployment.prepare(latest),
        (prepared): JobMessage => ({ type: 'attempt.prepared', attempt, prepared }),
        (thrown): JobMessage => {
          const error = asStreamError(thrown, 'STORAGE_FAILED', 'The state to restore could not be read')
          return { type: 'attempt.unprepared', attempt, failure: failureOf(error) }
        },
      )
    },
    startCheckpoints: ({ attempt, finished, ended }) => {
      this.#toCoordinator({ type: 'job.running', attempt, plan: this.#services.deployment.taskPlan(finished) })
      for (const subtask of ended) this.#toCoordinator({ type: 'subtask.ended', subtask, attempt })
    },
    // Through here and not from the subtasks themselves: what came before the coordinator knows the attempt would be
    // lost, and a checkpoint would wait for who has left.
    tellEnd: ({ status, ...who }) => this.#toCoordinator({ type: `subtask.${status}`, ...who }),
    stopCheckpoints: (params) => this.#toCoordinator({ type: 'job.stopping', ...params }),
    cancelSubtasks: ({ attempt }) => {
      if (this.#preparing || !this.#deployed) {
        // Nothing runs yet: every subtask is as good as canceled.
        this.#preparing = false
        for (const subtask of this.#services.input.subtasks) {
          this.#self.post({ type: 'subtask.reported', subtask, attempt, status: 'canceled' })
        }
        return
      }
      for (const subtask of this.#services.input.subtasks) {
        this.#self.send(subtaskAddress(this.#jobId, subtask), { type: 'subtask.canceled' })
      }
    },
    reportStatus: ({ at, ...params }) =>
      this.#toClient({ type: 'status.changed', at: this.#time.timeOfDay(at), ...params }),
    reportRestart: (params) => this.#toClient({ type: 'job.restarting', ...params }),
    release: ({ status }) => {
      this.#toCoordinator({ type: 'job.ended' })
      const released = { type: 'job.released' }
      this.#self.io(
        'release',
        () => this.#services.deployment.release(status),
        () => released,
        (thrown) => {
          this.#self.host.log('warn', `Cleaning up after the job failed: ${String(thrown)}`)
          return released
        },
      )
    },
    complete: (params) => {
      this.#stopAttempt()
      this.#toClient({ type: 'job.completed', ...params })
    },
    'timer.set': ({ name, delayMs }) => this.#self.setTimer(name, delayMs),
    'timer.clear': ({ name }) => this.#self.clearTimer(name),
    report: () => {},
  }
}
