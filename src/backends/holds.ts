/**
 * Checkpoints on which a running snapshot builds: what it names must not be deleted before its own manifest names it.
 *
 * INV-HO-1 A checkpoint is held only while it is stored and nobody has begun to delete it.
 * INV-HO-2 What is held when it is to go is postponed, and goes once it is not held any more. Tests: test/backends/holds.test.ts.
 */
import type { CheckpointId } from '../core/ids.ts'

export class Holds {
  readonly #stored: Set<CheckpointId>
  readonly #counts = new Map<CheckpointId, number>()
  readonly #postponed = new Set<CheckpointId>()

  constructor(stored: Iterable<CheckpointId>) {
    this.#stored = new Set(stored)
  }

  stored(checkpoint: CheckpointId): void {
    this.#stored.add(checkpoint)
  }

  /** Undefined when there is nothing to hold. The function that it returns may be called more than once. */
  hold(checkpoint: CheckpointId): (() => void) | undefined {
    if (!this.#stored.has(checkpoint) || this.#postponed.has(checkpoint)) return undefined
    this.#counts.set(checkpoint, (this.#counts.get(checkpoint) ?? 0) + 1)
    let held = true
    return () => {
      if (held) this.#release(checkpoint)
      held = false
    }
  }

  /** The checkpoint is to be deleted: may it, now? From then on it cannot be held. */
  letGo(checkpoint: CheckpointId): boolean {
    if (this.#counts.has(checkpoint)) {
      this.#postponed.add(checkpoint)
      return false
    }
    this.#postponed.delete(checkpoint)
    this.#stored.delete(checkpoint)
    return true
  }

  /** Nothing is in the making any more: nobody holds anything. */
  end(): void {
    this.#counts.clear()
  }

  /** Those that were to go and are not held any more. */
  get overdue(): readonly CheckpointId[] {
    return [...this.#postponed].filter((checkpoint) => !this.#counts.has(checkpoint))
  }

  #release(checkpoint: CheckpointId): void {
    const left = (this.#counts.get(checkpoint) ?? 1) - 1
    if (left > 0) this.#counts.set(checkpoint, left)
    else this.#counts.delete(checkpoint)
  }
}
