/**
 * What the operators of a chain have under way outside of its thread: whether there is room, and taking in what has come.
 *
 * Owns the order: the last operator first, and none before one that is full, so that what comes back does not pile up.
 */
import type { ChainLink } from './chain-link.ts'

export class ChainOutside {
  /** Those with work outside, the last one first. */
  readonly #links: readonly ChainLink[]

  constructor(links: readonly ChainLink[]) {
    this.#links = links.filter(({ operator }) => operator.outside !== undefined).toReversed()
  }

  get full(): boolean {
    for (const { operator } of this.#links) if (operator.outside!.full) return true
    return false
  }

  get pending(): boolean {
    for (const { operator } of this.#links) if (operator.outside!.pending) return true
    return false
  }

  /** Takes in what has come for one operator. False when there is none, or what it emits would meet a full one. */
  collect(): boolean {
    for (const link of this.#links) {
      const outside = link.operator.outside!
      if (outside.ready) {
        link.call(() => outside.collect())
        return true
      }
      if (outside.full) return false
    }
    return false
  }
}
