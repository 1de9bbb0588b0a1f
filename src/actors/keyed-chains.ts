/**
 * What the keyed snapshots of one subtask build on: per operator the segments of the last checkpoint that is known to be
 * complete, oldest first. The first holds everything, each other what had changed since the one before it.
 *
 * Owns which version the next snapshot starts from. A new segment takes the place of as many before it as have no more
 * weight (checkpoints covered) than it has then itself, as digits carry in a binary counter: a chain of n checkpoints has
 * about log2(n) segments, and no work is done but that of writing snapshots. When the changes have grown as large as what
 * they are changes of, everything is written again.
 *
 * INV-KC-1 A snapshot builds only on a checkpoint that is complete, that is held until the snapshot's own end is known.
 * INV-KC-2 Versions belong to one backend: a subtask that is made anew begins with everything.
 * Tests: test/actors/keyed-chains.test.ts.
 */
import type { JobCheckpoints } from '../backends/checkpoint-storage.ts'
import type { KeyedStateHandle } from '../backends/manifest.ts'
import type { KeyedSnapshot, KeyedStateBackend } from '../backends/state-backend.ts'
import { assert } from '../core/errors.ts'
import type { CheckpointId, OperatorId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'

interface Link {
  readonly version: number
  readonly handle: KeyedStateHandle
  /** How many checkpoints' changes it holds. */
  readonly weight: number
}

export type Chain = readonly Link[]

export interface KeyedOperator {
  readonly id: OperatorId
  readonly backend: KeyedStateBackend
}

/** What one snapshot builds on. Must be let go exactly once. */
export class ChainBasis {
  readonly #chains: ReadonlyMap<OperatorId, Chain>
  readonly #extended = new Map<OperatorId, Chain>()
  readonly #release: () => void

  constructor(chains: ReadonlyMap<OperatorId, Chain>, release: () => void) {
    this.#chains = chains
    this.#release = release
  }

  /** Everything that restores the operator's keyed state: what the snapshot builds on, and its own segment, if it has one. */
  extend(
    operator: OperatorId,
    snapshot: KeyedSnapshot,
    segment: KeyedStateHandle | undefined,
  ): readonly KeyedStateHandle[] {
    const { since, version } = snapshot
    const chain = since === undefined ? [] : (this.#chains.get(operator) ?? [])
    const kept = chain.slice(0, chain.findIndex((link) => link.version === since) + 1)
    assert(since === undefined || kept.length > 0, `a snapshot holds changes since version ${since}, which nothing has`)
    const covered = chain.slice(kept.length).reduce((sum, { weight }) => sum + weight, 1)
    const extended = segment === undefined ? kept : [...kept, { version, handle: segment, weight: covered }]
    this.#extended.set(operator, extended)
    return extended.map(({ handle }) => handle)
  }

  /** The chains with this snapshot in them. */
  get extended(): ReadonlyMap<OperatorId, Chain> {
    return this.#extended
  }

  letGo(): void {
    this.#release()
  }
}

const nothing = (): void => {}

export class KeyedChains {
  readonly #operators: readonly KeyedOperator[]
  readonly #checkpoints: Pick<JobCheckpoints, 'hold'>
  #confirmed: { readonly checkpoint: CheckpointId; readonly chains: ReadonlyMap<OperatorId, Chain> } | undefined
  /** Snapshots that are durable, of checkpoints of which the end is not known yet. */
  readonly #waiting = new Map<CheckpointId, ChainBasis>()

  constructor(operators: readonly KeyedOperator[], checkpoints: Pick<JobCheckpoints, 'hold'>) {
    this.#operators = operators
    this.#checkpoints = checkpoints
  }

  /** Before the operators take their snapshots: tells each since when it has to say what has changed. */
  begin(): ChainBasis {
    const { checkpoint, chains } = this.#confirmed ?? {}
    const release = checkpoint === undefined ? undefined : this.#checkpoints.hold(checkpoint)
    const usable = release === undefined || chains === undefined ? new Map<OperatorId, Chain>() : chains
    for (const { id, backend } of this.#operators) backend.rebase(baseOf(usable.get(id) ?? []))
    return new ChainBasis(usable, release ?? nothing)
  }

  /** The snapshot is durable and about to be acknowledged. */
  acknowledged(checkpoint: CheckpointId, basis: ChainBasis): void {
    this.#waiting.set(checkpoint, basis)
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > limits.acknowledgedSnapshotsMax) this.#forget(oldest!)
  }

  completed(checkpoint: CheckpointId): void {
    const basis = this.#waiting.get(checkpoint)
    if (basis !== undefined && checkpoint > (this.#confirmed?.checkpoint ?? 0)) {
      this.#confirmed = { checkpoint, chains: basis.extended }
    }
    // One that is complete subsumes those before it.
    for (const id of [...this.#waiting.keys()]) if (id <= checkpoint) this.#forget(id)
  }

  aborted(checkpoint: CheckpointId): void {
    this.#forget(checkpoint)
  }

  forgetAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#forget(id)
  }

  #forget(checkpoint: CheckpointId): void {
    this.#waiting.get(checkpoint)?.letGo()
    this.#waiting.delete(checkpoint)
  }
}

/** Since which version the next segment is to hold the changes; undefined when it is to hold everything. */
export function baseOf(chain: Chain): { readonly since: number; readonly oldest: number } | undefined {
  const [full, ...changes] = chain
  if (full === undefined) return undefined
  const changed = changes.reduce((sum, { handle }) => sum + handle.length, 0)
  if (changed >= full.handle.length) return undefined
  let weight = 1
  let last = chain.length - 1
  for (; last > 0 && chain[last]!.weight <= weight; last--) weight += chain[last]!.weight
  return last + 1 < limits.keyedSegmentsMax ? { since: chain[last]!.version, oldest: full.version } : undefined
}
