/**
 * The keys removed from a table, by epoch: what a snapshot that holds only changes must say besides the entries.
 *
 * A list is closed when its epoch ends, so a capture may keep it. When more keys are gone than the table holds, saying so
 * costs more than writing everything: the log then forgets, and answers that it does not reach back.
 * Tests: test/backends/removal-log.test.ts.
 */
import type { Key } from '../core/key-groups.ts'

/** Below this many keys nothing is forgotten, however small the table is. */
const keysKept = 10_000

interface Epoch {
  readonly epoch: number
  readonly keys: Key[]
}

export class RemovalLog {
  #epochs: Epoch[]
  #size = 0
  /** Nothing is known of this epoch and those before it. */
  #floor = -1

  constructor(epoch: number) {
    this.#epochs = [{ epoch, keys: [] }]
  }

  /** `tableSize`: the entries of the table. */
  add(key: Key, tableSize: number): void {
    const { epoch, keys } = this.#epochs.at(-1)!
    if (this.#floor >= epoch) return
    keys.push(key)
    this.#size++
    if (this.#size <= keysKept || this.#size <= tableSize) return
    this.#floor = epoch
    this.#epochs = [{ epoch, keys: [] }]
    this.#size = 0
  }

  /** The epoch before ends. */
  begin(epoch: number): void {
    this.#epochs.push({ epoch, keys: [] })
  }

  /** Does the log know everything that was removed after this epoch? */
  reaches(since: number): boolean {
    return since >= this.#floor
  }

  /** What was removed after this epoch, up to now; some lists may be empty. */
  since(since: number): readonly (readonly Key[])[] {
    return this.#epochs.filter(({ epoch }) => epoch > since).map(({ keys }) => keys)
  }

  /** Nobody will ask for what was removed in this epoch or earlier. */
  forget(upTo: number): void {
    this.#floor = Math.max(this.#floor, upTo)
    const current = this.#epochs.at(-1)!
    this.#epochs = this.#epochs.filter((one) => one.epoch > upTo || one === current)
    this.#size = this.#epochs.reduce((sum, { keys }) => sum + keys.length, 0)
  }
}
