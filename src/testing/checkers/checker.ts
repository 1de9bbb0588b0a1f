/**
 * A checker watches the facts of a run and says when an invariant of the protocol breaks. The same function serves the
 * explorer (as an observer, its memory part of every state), the simulation and recorded traces.
 *
 * Its memory is plain data, never changed in place, and as small as the invariant allows: what is over is forgotten.
 */
import type { Observer, Violation } from '../explorer/system.ts'
import type { Fact } from './facts.ts'

export { Violation } from '../explorer/system.ts'

export interface Checker<Memory = unknown> extends Observer<Memory> {
  /** The id in `docs/invariants.md`: `S1` to `S18`, `L1` to `L7`. */
  readonly name: string
  /** The invariant in one sentence. */
  readonly title: string
  readonly hears: readonly Fact['type'][]
  next(memory: Memory, fact: Fact): Memory | Violation
}
