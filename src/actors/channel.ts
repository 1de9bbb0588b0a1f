/**
 * A bounded first-in first-out channel between two subtasks of one thread, with credit.
 *
 * A batch moves by reference. When a channel is full its producer is stopped before it takes its next input element:
 * nothing is dropped and nobody blocks in the middle of an operator. What one input element produces may overshoot
 * the capacity; barriers, watermarks and ends always fit, so a barrier is never stuck behind the credit it would free.
 *
 * INV-CH-1 elements leave in the order they came. INV-CH-2 `gate.full` counts exactly the producer's channels that
 * hold `capacity` elements or more. INV-CH-3 nothing follows end-of-partition.
 */
import type { StreamElement } from '../core/elements.ts'
import { assert } from '../core/errors.ts'

/** What a producer sees of all its output channels. */
export class OutputGate {
  /** Channels without credit. The producer takes no input while it is above zero. */
  full = 0
  readonly #wakeProducer: () => void

  constructor(wakeProducer: () => void) {
    this.#wakeProducer = wakeProducer
  }

  credited(): void {
    if (--this.full === 0) this.#wakeProducer()
  }
}

/** Makes one channel; `wakeConsumer` tells its consumer that there is something to take. */
export type ChannelFactory = (id: string, capacity: number, gate: OutputGate, wakeConsumer: () => void) => Channel

export class Channel {
  readonly id: string
  readonly #capacity: number
  readonly #gate: OutputGate
  readonly #wakeConsumer: () => void
  readonly #ring: (StreamElement | undefined)[]
  #head = 0
  #size = 0
  #closed = false

  constructor(id: string, capacity: number, gate: OutputGate, wakeConsumer: () => void) {
    this.id = id
    this.#capacity = capacity
    this.#gate = gate
    this.#wakeConsumer = wakeConsumer
    // Most channels of a wide job hold little: the ring starts small and grows to what is needed.
    this.#ring = new Array(2).fill(undefined)
  }

  get size(): number {
    return this.#size
  }

  push(element: StreamElement): void {
    assert(!this.#closed, `an element after end-of-partition on channel ${this.id}`)
    this.#closed = element.type === 'end-of-partition'
    if (this.#size === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#size) % this.#ring.length] = element
    this.#size++
    if (this.#size === this.#capacity) this.#gate.full++
    if (this.#size === 1) this.#wakeConsumer()
  }

  /** The next element, or undefined. */
  shift(): StreamElement | undefined {
    if (this.#size === 0) return undefined
    const element = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#ring.length
    this.#size--
    if (this.#size === this.#capacity - 1) this.#gate.credited()
    return element
  }

  /** The next element without taking it: for the explorer and for tests. */
  peek(): StreamElement | undefined {
    return this.#ring[this.#head]
  }

  #grow(): void {
    const old = this.#ring.length
    const elements = Array.from({ length: this.#size }, (_, i) => this.#ring[(this.#head + i) % old])
    this.#ring.length = old * 2
    for (let i = 0; i < old * 2; i++) this.#ring[i] = elements[i]
    this.#head = 0
  }
}
