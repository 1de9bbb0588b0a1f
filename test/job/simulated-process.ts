/**
 * A process that exists only in a test: one session on a simulated kernel. It dies by not being stepped any more; what
 * survives it is what the next one is given, `Storages` or a directory.
 */
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import type { StepSeen } from '../../src/actors/tap.ts'
import { assert } from '../../src/core/errors.ts'
import { createSession } from '../../src/job/create-session.ts'
import type { Session, SessionJob, SubmitOptions } from '../../src/job/session.ts'
import type { LogLevel, SessionOptions } from '../../src/job/session-options.ts'
import { Storages } from '../../src/job/storages.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobEvent, JobStatus } from '../../src/program/job-handle.ts'

export interface ProcessOptions extends SessionOptions {
  readonly seed?: number
  /** What time it is when it begins. Default 0. */
  readonly startMs?: number
  readonly storages?: Storages
  /** Fails an operation of an actor by its label. */
  readonly fault?: (label: string) => Error | undefined
  readonly held?: (label: string) => boolean
  /** May work take so long that timers come before it? Default false. */
  readonly lateness?: boolean
  readonly tap?: (step: StepSeen) => void
}

/** Microtasks between the last step and the promise of a caller who waits through a few functions. */
const settlingTurns = 50

export class SimulatedProcess {
  readonly session: Session
  readonly simulated: SimulatedKernel
  readonly storages: Storages
  readonly logged: string[] = []
  /** Actors that threw: bugs, always. */
  readonly crashes: string[] = []

  constructor(options: ProcessOptions = {}) {
    const { seed = 1, startMs = 0, plugins = [], fault, held, lateness = false, tap, ...session } = options
    const storages = options.storages ?? new Storages({ plugins })
    this.storages = storages
    const log = (level: LogLevel, message: string) => {
      this.logged.push(`${level}: ${message}`)
      if (message.startsWith('Actor ')) this.crashes.push(message)
    }
    let simulated: SimulatedKernel | undefined
    this.session = createSession(
      { ...session, log },
      {
        storages,
        development: true,
        ...(tap && { tap }),
        kernel: (onCrash) => {
          simulated = new SimulatedKernel({
            seed,
            startMs,
            log,
            onCrash,
            lateness,
            ...(fault && { fault }),
            ...(held && { held }),
          })
          return simulated.kernel
        },
      },
    )
    assert(simulated, 'the session asks for its kernel at once')
    this.simulated = simulated
  }

  async submit(environment: StreamEnvironment, options?: SubmitOptions): Promise<ObservedJob> {
    return new ObservedJob(this, await this.session.submit(environment, options))
  }

  /** Steps until `done()` holds. */
  async until(done: () => boolean, maxSteps = 200_000): Promise<void> {
    for (let i = 0; i < maxSteps; i++) {
      if (done()) return
      if (await this.simulated.step()) continue
      for (let turn = 0; turn < settlingTurns && !done(); turn++) await Promise.resolve()
      if (done()) return
      assert(this.simulated.kernel.readyCount > 0, `the simulated process has nothing left to do: ${done}`)
    }
    assert(false, `the simulated process has not got there in ${maxSteps} steps: ${done}`)
  }

  /** Steps until a promise that the process is to keep has settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const settle = () => {
      settled = true
    }
    promise.then(settle, settle)
    await this.until(() => settled)
    return promise
  }

  /** Steps until virtual time has moved on by `ms`. */
  async pass(ms: number): Promise<void> {
    const target = this.simulated.clock.now() + ms
    this.simulated.clock.setTimer(ms, () => {})
    await this.until(() => this.simulated.clock.now() >= target)
  }
}

/** A job and all that it told from the start. */
export class ObservedJob {
  readonly job: SessionJob
  readonly events: JobEvent[] = []
  readonly statuses: JobStatus[] = []
  readonly #process: SimulatedProcess

  constructor(process: SimulatedProcess, job: SessionJob) {
    this.#process = process
    this.job = job
    job.events.subscribe((event) => this.events.push(event))
    job.status.subscribe((status) => this.statuses.push(status))
  }

  of<Type extends JobEvent['type']>(type: Type): Extract<JobEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<JobEvent, { type: Type }> => event.type === type)
  }

  /** Ids of completed checkpoints and savepoints, in the order in which they completed. */
  get completed(): number[] {
    return this.of('checkpoint-completed').map(({ checkpointId }) => checkpointId)
  }

  get warnings(): string[] {
    return this.of('warning').map(({ message }) => message)
  }

  is(status: JobStatus): Promise<void> {
    return this.#process.until(() => this.job.currentStatus === status)
  }

  /** The end of the job. */
  async done() {
    return this.#process.settle(this.job.done)
  }

  async completes(checkpoints: number): Promise<void> {
    const target = this.completed.length + checkpoints
    await this.#process.until(() => this.completed.length >= target)
  }
}
