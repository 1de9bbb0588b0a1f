/**
 * A bounded first-in first-out channel between two subtasks of one thread, with credit.
 *
 * A batch moves by reference. When a channel is full its producer is stopped before it takes its next input element:
 * nothing is dropped and nobody blocks in the middle of an operator. What one input element produces may overshoot
 * the capacity; barriers, watermarks and ends always fit, so a barrier is never stuck behind the credit it would free.
 *
 * The barrier of an unaligned checkpoint is put before everything that is queued, and remembers how much that was: these
 * elements follow it in the channel, so whoever takes the barrier finds them there. They and what was taken before it came
 * are the *channel state* of the checkpoint; the channel holds what its consumer has recorded of it. One barrier put ahead
 * does not overtake another: they stand at the head of the channel by their ids, and none counts the others.
 *
 * INV-CH-1 elements leave in the order they came, but for barriers put ahead. INV-CH-2 `gate.full` counts exactly the producer's channels that
 * hold `capacity` elements or more. INV-CH-3 nothing follows end-of-partition. INV-CH-4 the first `#ahead` elements are
 * barriers put ahead, their ids rise, and the `overtook` elements behind the last of them are what each had overtaken, in
 * their order, until it is taken.
 */
import type { Barrier, RecordBatch, StreamElement } from '../core/elements.ts'
import { assert } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import type { PausableClock } from '../core/pausable-clock.ts'

/** What a producer sees of all its output channels. */
export class OutputGate {
  /** Channels without credit. The producer takes no input while it is above zero. */
  full = 0
  readonly #wakeProducer: () => void
  #clock: PausableClock | undefined

  constructor(wakeProducer: () => void) {
    this.#wakeProducer = wakeProducer
  }

  /** Holds this clock back while the producer is stopped. */
  holdBack(clock: PausableClock): void {
    this.#clock = clock
    if (this.full > 0) clock.pause()
  }

  filled(): void {
    if (this.full++ === 0) this.#clock?.pause()
  }

  credited(): void {
    if (--this.full > 0) return
    this.#clock?.resume()
    this.#wakeProducer()
  }
}

/** Makes one channel; `wakeConsumer` tells its consumer that there is something to take. */
export type ChannelFactory = (id: string, capacity: number, gate: OutputGate, wakeConsumer: () => void) => Channel

/** What a consumer wants to know of a barrier before it takes it. */
export interface BarrierWatch {
  /** A barrier was put before what is queued. */
  ahead(): void
  /** A barrier is queued behind what was there. */
  queued(barrier: Barrier): void
}

export class Channel {
  readonly id: string
  readonly #capacity: number
  readonly #gate: OutputGate
  readonly #wakeConsumer: () => void
  readonly #ring: (StreamElement | undefined)[]
  #head = 0
  #size = 0
  /** Barriers put ahead that are not yet taken. */
  #ahead = 0
  #closed = false
  #watch: BarrierWatch | undefined
  #recorded: { readonly checkpointId: CheckpointId; readonly batches: RecordBatch[] } | undefined

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
    if (this.#size === this.#capacity) this.#gate.filled()
    if (this.#size === 1) this.#wakeConsumer()
    if (element.type === 'barrier') this.#watch?.queued(element)
  }

  /** Puts the barrier of an unaligned checkpoint before everything that is queued, but for older ones put ahead. */
  pushAhead(barrier: Barrier): void {
    assert(!this.#closed, `a barrier after end-of-partition on channel ${this.id}`)
    const overtook = this.#size - this.#ahead
    this.#insert(this.#placeAhead(barrier.checkpointId), { ...barrier, overtook })
    this.#ahead++
    this.#watch?.ahead()
    this.#wakeConsumer()
  }

  /** Puts the barrier of this checkpoint, if it is queued, ahead, as an unaligned one. */
  promote(checkpointId: CheckpointId): boolean {
    for (let place = this.#ahead; place < this.#size; place++) {
      const element = this.#at(place)
      if (element.type !== 'barrier' || element.checkpointId !== checkpointId) continue
      const overtook = place - this.#ahead
      this.#recount((counted) => (counted > overtook ? counted - 1 : counted))
      const target = this.#placeAhead(checkpointId)
      for (let behind = place; behind > target; behind--) this.#put(behind, this.#at(behind - 1))
      this.#put(target, { ...element, alignment: { type: 'unaligned' }, overtook })
      this.#ahead++
      this.#watch?.ahead()
      return true
    }
    return false
  }

  /** Puts batches that a restored checkpoint found on their way before everything else, in their order. */
  restore(batches: readonly RecordBatch[]): void {
    if (batches.length === 0) return
    for (const batch of batches.toReversed()) this.#insert(this.#ahead, batch)
    // A barrier that has come already overtakes them, too.
    this.#recount((counted) => counted + batches.length)
    this.#wakeConsumer()
  }

  /** The batches that a barrier just taken had overtaken. */
  overtaken(barrier: Barrier): readonly RecordBatch[] {
    const batches: RecordBatch[] = []
    for (let place = 0; place < (barrier.overtook ?? 0); place++) {
      const element = this.#at(this.#ahead + place)
      if (element.type === 'batch') batches.push(element)
    }
    return batches
  }

  /** Keeps a batch for the channel state of a checkpoint. What was kept for another one is dropped. */
  record(checkpointId: CheckpointId, batch: RecordBatch): void {
    if (this.#recorded?.checkpointId !== checkpointId) this.#recorded = { checkpointId, batches: [] }
    this.#recorded.batches.push(batch)
  }

  /** What was recorded for a checkpoint, which the channel forgets by this. */
  takeRecorded(checkpointId: CheckpointId): readonly RecordBatch[] {
    if (this.#recorded?.checkpointId !== checkpointId) return []
    const { batches } = this.#recorded
    this.#recorded = undefined
    return batches
  }

  /** Tells its consumer of barriers before they are taken. */
  watchBarriers(watch: BarrierWatch): void {
    this.#watch = watch
  }

  /** The next element, or undefined. */
  shift(): StreamElement | undefined {
    if (this.#size === 0) return undefined
    const element = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#ring.length
    this.#size--
    if (this.#ahead > 0) this.#ahead--
    if (this.#size === this.#capacity - 1) this.#gate.credited()
    return element
  }

  /** The next element without taking it: for the explorer and for tests. */
  peek(): StreamElement | undefined {
    return this.#ring[this.#head]
  }

  /** Where a barrier put ahead stands among the others. */
  #placeAhead(checkpointId: CheckpointId): number {
    let place = this.#ahead
    while (place > 0 && this.#aheadAt(place - 1).checkpointId > checkpointId) place--
    return place
  }

  #aheadAt(place: number): Barrier {
    return this.#at(place) as Barrier
  }

  /** Changes what each barrier put ahead has counted. */
  #recount(count: (overtook: number) => number): void {
    for (let place = 0; place < this.#ahead; place++) {
      const barrier = this.#aheadAt(place)
      this.#put(place, { ...barrier, overtook: count(barrier.overtook ?? 0) })
    }
  }

  #insert(place: number, element: StreamElement): void {
    if (this.#size === this.#ring.length) this.#grow()
    this.#head = (this.#head - 1 + this.#ring.length) % this.#ring.length
    this.#size++
    for (let before = 0; before < place; before++) this.#put(before, this.#at(before + 1))
    this.#put(place, element)
    if (this.#size === this.#capacity) this.#gate.filled()
  }

  #at(place: number): StreamElement {
    return this.#ring[(this.#head + place) % this.#ring.length]!
  }

  #put(place: number, element: StreamElement): void {
    this.#ring[(this.#head + place) % this.#ring.length] = element
  }

  #grow(): void {
    const old = this.#ring.length
    const elements = Array.from({ length: this.#size }, (_, i) => this.#ring[(this.#head + i) % old])
    this.#ring.length = old * 2
    for (let i = 0; i < old * 2; i++) this.#ring[i] = elements[i]
    this.#head = 0
  }
}
