/**
 * The one shape of every actor here: message → event → step → tap → effects, each carried out by the method of its
 * name. Events that an effect causes at once wait until the effects before them are carried out.
 */
import { assert } from '../core/errors.ts'
import type { Address } from '../core/ids.ts'
import type { AnyEffect, Stepped } from '../machines/step.ts'
import type { StepSeen, Tap } from './tap.ts'

/** One method per effect of a protocol, named after it; a missing one does not compile. */
export type EffectHandlers<Effect extends AnyEffect> = {
  readonly [Type in Effect['type']]: Extract<Effect, { type: Type }> extends { readonly params: infer Params }
    ? (params: Params) => void
    : () => void
}

/** The part of a machine's snapshot that the tap shows. */
interface Valued {
  readonly value: unknown
}

export interface DriverOptions<
  Snapshot extends Valued,
  Event extends { readonly type: string },
  Effect extends AnyEffect,
> {
  readonly address: () => Address
  readonly attempt: () => number
  readonly first: Stepped<Snapshot, Effect>
  readonly step: (snapshot: Snapshot, event: Event) => Stepped<Snapshot, Effect>
  readonly handlers: EffectHandlers<Effect>
  readonly tap: Tap
}

/** Drives one machine: the only place in an actor where its snapshot changes. */
export class MachineDriver<Snapshot extends Valued, Event extends { readonly type: string }, Effect extends AnyEffect> {
  readonly #options: DriverOptions<Snapshot, Event, Effect>
  readonly #queue: Event[] = []
  #snapshot: Snapshot
  #running = false

  constructor(options: DriverOptions<Snapshot, Event, Effect>) {
    assert(options.first.effects.length === 0, 'a machine orders nothing before it has heard anything')
    this.#options = options
    this.#snapshot = options.first.snapshot
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** Steps one event, and then those that its effects cause. */
  feed(event: Event): void {
    this.#queue.push(event)
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#one(next)
    } finally {
      this.#running = false
    }
  }

  #one(event: Event): void {
    const { address, attempt, step, tap } = this.#options
    const before = this.#snapshot
    const { snapshot, effects } = step(before, event)
    // Observers hear of the decision before it is carried out, so that a crash leaves a record that ends in it.
    const seen = {
      address: address(),
      attempt: attempt(),
      event,
      from: before.value,
      to: snapshot.value,
      effects,
      snapshot,
    }
    tap(seen)
    this.#snapshot = snapshot
    this.#carryOut(effects, seen)
  }

  #carryOut(effects: readonly Effect[], seen: StepSeen): void {
    const { carriedOut } = this.#options.tap
    for (const [index, effect] of effects.entries()) {
      const handler = this.#options.handlers[effect.type as Effect['type']] as (params: unknown) => void
      handler(effect.params)
      carriedOut?.(seen, index)
    }
  }
}
