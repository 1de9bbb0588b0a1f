/**
 * The real scheduler: the event loop's timers and promises, fair rounds over ready actors, a slice of time, a yield.
 *
 * After at most a slice it gives the loop back through a macro-task, so that the application that embeds tidemark serves
 * its own sockets and timers in between, however much there is to do here. A host that is at work gets its share of the
 * loop: the longer it kept the loop between two slices, the longer the next slice may be, and no longer. A host with
 * nothing to do costs nothing. See `docs/embedding.md`.
 *
 * Does not bound one unit of work: a slice ends after the batch in which its time runs out.
 */
import { type Clock, realClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { Random } from '../core/random.ts'
import type { Host, LogLevel } from './host.ts'
import { type CrashListener, Kernel } from './kernel.ts'

/** How the event loop is divided between the jobs of a session and the application around them. */
export interface RuntimeOptions {
  /** The longest the jobs keep the loop, in milliseconds: above 0, at most 10. Default 2. */
  readonly sliceMs?: number
  /** The share of the loop that the application has when it asks for it, from 0 to 0.9. Default 0.5. */
  readonly hostShare?: number
}

/** In what proportions a host at work and the jobs share the loop. Bounds on time itself are in `core/limits.ts`. */
export const sharing = {
  /** The share of the host unless configured, and the most that it can be given. */
  shareDefault: 0.5,
  shareMax: 0.9,
  /** The shortest slice that a host at work leaves to the jobs, which always go on. */
  sliceMinMs: 0.5,
  /** A host that kept the loop for less had nothing to do. */
  idleMs: 0.05,
  /** By what factor a shortened slice grows back each time the host has nothing to do. */
  growth: 1.1,
} as const

export interface RealHostOptions extends RuntimeOptions {
  readonly clock?: Clock
  readonly random?: Random
  /** Calls `turn` once, after the host had the loop. */
  readonly yieldToHost?: (turn: () => void) => void
  readonly log: (level: LogLevel, message: string) => void
  readonly onCrash: CrashListener
}

/** A kernel that runs by itself. Runtime options out of bounds are brought into them. */
export function createRealKernel(options: RealHostOptions): Kernel {
  const clock = options.clock ?? realClock
  const yieldToHost = options.yieldToHost ?? ((turn) => void setImmediate(turn))
  const division = {
    sliceMs: Math.min(options.sliceMs ?? limits.sliceDefaultMs, limits.sliceMs),
    hostShare: Math.min(options.hostShare ?? sharing.shareDefault, sharing.shareMax),
  }
  let { sliceMs } = division
  let scheduled = false
  let inTurn = false
  let yieldedAtMs = 0
  const turn = (): void => {
    scheduled = false
    inTurn = true
    const startedMs = clock.monotonicMs()
    sliceMs = nextSliceMs(sliceMs, startedMs - yieldedAtMs, division)
    try {
      while (kernel.step()) {
        if (clock.monotonicMs() >= startedMs + sliceMs) break
      }
    } finally {
      // Also when a crash listener throws: the error is the host's to see, and the other actors go on.
      if (kernel.readyCount > 0) schedule()
      inTurn = false
      yieldedAtMs = clock.monotonicMs()
    }
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    // A turn that asks for the next one still has the loop; the host has it from that turn's end on.
    if (!inTurn) yieldedAtMs = clock.monotonicMs()
    yieldToHost(turn)
  }
  const host: Host = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    random: options.random ?? Random.fromEntropy(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
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

/**
 * The length of the next slice, from the last one's and from how long the host just had the loop.
 *
 * It grows back slowly, since a host that was at work a moment ago is likely to be again: the next request on the same
 * connection, the answer of its database.
 */
export function nextSliceMs(lastMs: number, hostMs: number, { sliceMs, hostShare }: Required<RuntimeOptions>): number {
  if (hostShare === 0) return sliceMs
  if (hostMs < sharing.idleMs) return Math.min(sliceMs, lastMs * sharing.growth)
  const fairMs = (hostMs * (1 - hostShare)) / hostShare
  return Math.min(sliceMs, Math.max(sharing.sliceMinMs, fairMs))
}

/** Fails with `ARGUMENT_INVALID` for runtime options out of bounds. */
export function checkRuntimeOptions({ sliceMs, hostShare }: RuntimeOptions): void {
  if (sliceMs !== undefined && !(sliceMs > 0 && sliceMs <= limits.sliceMs)) {
    throw outOfBounds('sliceMs', sliceMs, `a number above 0 and at most ${limits.sliceMs}`)
  }
  if (hostShare !== undefined && !(hostShare >= 0 && hostShare <= sharing.shareMax)) {
    throw outOfBounds('hostShare', hostShare, `a number from 0 to ${sharing.shareMax}`)
  }
}

const outOfBounds = (name: string, value: number, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `The option runtime.${name} is ${value}: expected ${expected}.`)
