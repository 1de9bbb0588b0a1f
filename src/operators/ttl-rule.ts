/** The time to live of one state: what is over, what is still seen, and where its keys are noted. Asked on every call of a handle. */
import type { ExpiryIndex } from '../backends/expiry-index.ts'
import type { KeyedStateBackend, TtlOptions } from '../backends/state-backend.ts'
import type { Stamped } from '../backends/state-contents.ts'

export interface TtlSurroundings {
  readonly backend: Pick<KeyedStateBackend, 'currentKey' | 'expiries'>
  /** Processing time in milliseconds. */
  readonly now: () => number
  /** Something is to be cleaned up at this time. */
  readonly wake: (atMs: number) => void
}

export class TtlRule {
  readonly ttlMs: number
  /** Is reading a use? */
  readonly refreshesOnRead: boolean
  /** Is what is over seen until it is cleaned up? */
  readonly visible: boolean
  readonly index: ExpiryIndex
  readonly now: () => number
  readonly #surroundings: TtlSurroundings

  constructor(name: string, { ms, refresh = 'write', expired = 'hidden' }: TtlOptions, surroundings: TtlSurroundings) {
    this.ttlMs = ms
    this.refreshesOnRead = refresh === 'read-and-write'
    this.visible = expired === 'visible-until-cleaned'
    this.index = surroundings.backend.expiries(name, ms)
    this.now = surroundings.now
    this.#surroundings = surroundings
  }

  isOver([usedMs]: Stamped, nowMs: number): boolean {
    return usedMs + this.ttlMs <= nowMs
  }

  isSeen(stamped: Stamped, nowMs: number): boolean {
    return this.visible || !this.isOver(stamped, nowMs)
  }

  /** Is reading this a use that is to be noted? What is over is not used by being seen. */
  isRefreshed(stamped: Stamped, nowMs: number): boolean {
    return this.refreshesOnRead && stamped[0] !== nowMs && !this.isOver(stamped, nowMs)
  }

  /** Before the current key gets a value that is used now. */
  track(nowMs: number): void {
    const { backend, wake } = this.#surroundings
    const dueMs = this.index.track(backend.currentKey!, nowMs + this.ttlMs, nowMs)
    if (dueMs !== undefined) wake(dueMs)
  }
}
