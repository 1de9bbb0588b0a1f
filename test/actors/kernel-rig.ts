/** A kernel that a test steps, on a host that the test is: it holds every operation, and time moves when told. */
import { type Actor, Kernel, type Self } from '../../src/actors/kernel.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import { Random } from '../../src/core/random.ts'
import { at } from './probe.ts'

interface HeldOperation {
  readonly label: string
  finish(value: unknown): void
  fail(error: unknown): void
}

export class KernelRig {
  readonly clock = new VirtualClock()
  readonly crashes: string[] = []
  readonly operations: HeldOperation[] = []
  /** What was heard, with the name of the actor. */
  readonly journal: string[] = []
  readonly kernel: Kernel
  readyCalls = 0

  /** `lateClear`: the host hears of a cleared timer too late, and fires it all the same. */
  constructor({ lateClear = false } = {}) {
    const { clock } = this
    this.kernel = new Kernel(
      {
        now: () => clock.now(),
        monotonicMs: () => clock.monotonicMs(),
        random: new Random(1),
        setTimer: (delayMs, fire) => {
          const timer = clock.setTimer(delayMs, fire)
          return lateClear ? { clear() {} } : timer
        },
        runIo: (label, _task, done, failed) => {
          this.operations.push({ label, finish: done as (value: unknown) => void, fail: failed })
        },
        ready: () => void this.readyCalls++,
        log: () => {},
      },
      (address, error) => void this.crashes.push(`${address} ${(error as Error).message}`),
    )
  }

  run(): void {
    while (this.kernel.step());
  }

  /** An actor that notes what it hears under its name, and does what `on` says. */
  spawn(name: string, on: (message: unknown, self: Self) => void = () => {}, more: Partial<Actor> = {}): Self {
    let own: Self | undefined
    this.kernel.spawn(at(name), (self) => {
      own = self
      return {
        receive: (message) => {
          this.journal.push(`${name} ${typeof message === 'object' ? JSON.stringify(message) : String(message)}`)
          on(message, self)
        },
        ...more,
      }
    })
    return own!
  }
}
