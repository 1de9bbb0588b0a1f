/**
 * The simulated scheduler: a seed decides which ready actor runs next, when an operation ends, when time moves.
 *
 * Time is virtual: it moves to the next timer when nothing else can happen, and now and then before that. One seed
 * gives one run, always the same; nothing here waits for the wall clock.
 */
import { VirtualClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import { Random } from '../core/random.ts'
import type { Host, LogLevel } from './host.ts'
import { type CrashListener, Kernel } from './kernel.ts'

interface PendingIo {
  readonly label: string
  readonly run: () => Promise<void>
}

export interface SimulatedKernelOptions {
  readonly seed: number
  readonly startMs?: number
  readonly log?: (level: LogLevel, message: string) => void
  readonly onCrash?: CrashListener
  /** Called before an operation runs; returns an error to fail it with: the way faults are injected. */
  readonly fault?: (label: string) => Error | undefined
  /** An operation for which this says yes is not chosen, for as long as it does: a slow disk. */
  readonly held?: (label: string) => boolean
  /** May time move on while something else could happen, as if that took long? Default true. */
  readonly lateness?: boolean
}

export class SimulatedKernel {
  readonly kernel: Kernel
  readonly clock: VirtualClock
  readonly host: Host
  readonly #choices: Random
  readonly #pending: PendingIo[] = []
  readonly #held: (label: string) => boolean
  readonly #lateness: boolean
  #steps = 0

  constructor(options: SimulatedKernelOptions) {
    const random = new Random(options.seed)
    this.#held = options.held ?? (() => false)
    this.#lateness = options.lateness ?? true
    this.clock = new VirtualClock(options.startMs ?? 0)
    this.#choices = random.fork('choices')
    this.host = {
      now: () => this.clock.now(),
      monotonicMs: () => this.clock.monotonicMs(),
      random: random.fork('run'),
      setTimer: (delayMs, fire) => this.clock.setTimer(delayMs, fire),
      runIo: (label, task, done, failed) => {
        const run = async () => {
          const fault = options.fault?.(label)
          if (fault !== undefined) return failed(fault)
          await Promise.resolve().then(task).then(done, failed)
        }
        this.#pending.push({ label, run })
      },
      ready: () => {},
      log: options.log ?? (() => {}),
    }
    this.kernel = new Kernel(
      this.host,
      options.onCrash ??
        ((address, error) => {
          throw new StreamError('BUG', `Actor ${address} threw: ${String(error)}`, { cause: error })
        }),
    )
  }

  /** Steps taken so far: the same number for the same seed and program. */
  get steps(): number {
    return this.#steps
  }

  /** Takes one step. Returns false when nothing can happen any more. */
  async step(): Promise<boolean> {
    this.#steps++
    const due = this.clock.nextDueMs()
    if (this.kernel.readyCount === 0 && this.#pending.every(({ label }) => this.#held(label))) {
      if (due === undefined) return false
      this.clock.advanceTo(due)
      return true
    }
    if (this.#lateness && due !== undefined && this.#choices.int(0, 63) === 0) {
      this.clock.advanceTo(due)
      return true
    }
    await this.#choose()
    return true
  }

  /** Steps until nothing can happen unless time moves, which it does not. */
  async settle(maxSteps = 1_000_000): Promise<void> {
    for (let i = 0; i < maxSteps; i++) {
      if (this.kernel.readyCount === 0 && this.#pending.every(({ label }) => this.#held(label))) return
      this.#steps++
      await this.#choose()
    }
    throw new StreamError('BUG', `The simulated run does not come to rest within ${maxSteps} steps.`)
  }

  /** One of the ready actors, or of the operations that are not held. There is one. */
  async #choose(): Promise<void> {
    const ready = this.kernel.readyCount
    const operations = this.#pending.filter(({ label }) => !this.#held(label))
    const choice = this.#choices.int(0, ready + operations.length - 1)
    if (choice < ready) this.kernel.stepAt(choice)
    else await this.#complete(operations[choice - ready]!)
  }

  async #complete(operation: PendingIo): Promise<void> {
    this.#pending.splice(this.#pending.indexOf(operation), 1)
    await operation.run()
  }

  /** Steps until `done()` holds. Fails when nothing can happen any more, or after `maxSteps`. */
  async runUntil(done: () => boolean, maxSteps = 1_000_000): Promise<void> {
    for (let i = 0; i < maxSteps; i++) {
      if (done()) return
      if (!(await this.step())) {
        if (done()) return
        throw new StreamError('BUG', 'The simulated run has nothing left to do and has not reached its goal.')
      }
    }
    throw new StreamError('BUG', `The simulated run has not reached its goal within ${maxSteps} steps.`)
  }

  /** Steps until nothing can happen any more. */
  async runToEnd(maxSteps = 1_000_000): Promise<void> {
    for (let i = 0; i < maxSteps; i++) if (!(await this.step())) return
    throw new StreamError('BUG', `The simulated run does not end within ${maxSteps} steps.`)
  }
}
