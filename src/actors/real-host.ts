/**
 * The real scheduler: the event loop's timers and promises, fair rounds over ready actors, a slice of time, a yield.
 *
 * After at most `sliceMs` it gives the loop back through a macro-task, so that the application that embeds tidemark
 * serves its own sockets and timers in between, however much there is to do here.
 */
import { type Clock, realClock } from '../core/clock.ts'
import { limits } from '../core/limits.ts'
import { Random } from '../core/random.ts'
import type { Host, LogLevel } from './host.ts'
import { type CrashListener, Kernel } from './kernel.ts'

export interface RealHostOptions {
  readonly sliceMs?: number
  readonly clock?: Clock
  readonly random?: Random
  readonly log: (level: LogLevel, message: string) => void
  readonly onCrash: CrashListener
}

/** A kernel that runs by itself. */
export function createRealKernel(options: RealHostOptions): Kernel {
  const clock = options.clock ?? realClock
  const sliceMs = Math.min(options.sliceMs ?? limits.sliceDefaultMs, limits.sliceMs)
  let scheduled = false
  const turn = (): void => {
    scheduled = false
    const deadline = clock.monotonicMs() + sliceMs
    while (kernel.step()) {
      if (clock.monotonicMs() >= deadline) break
    }
    if (kernel.readyCount > 0) schedule()
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(turn)
  }
  const host: Host = {
    now: clock.now,
    monotonicMs: clock.monotonicMs,
    random: options.random ?? Random.fromEntropy(),
    setTimer: clock.setTimer,
    runIo(_label, task, done, failed) {
      // A task may throw before it returns a promise; both ways end in `failed`.
      Promise.resolve().then(task).then(done, failed)
    },
    ready: schedule,
    log: options.log,
  }
  const kernel = new Kernel(host, options.onCrash)
  return kernel
}
