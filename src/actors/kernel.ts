/**
 * The kernel: actors by address, their mailboxes, timers and pending operations, and one step at a time.
 *
 * Owns who is ready and the order of messages to one actor. Does not own the choice of who runs next: the real
 * scheduler takes the ready actors in fair rounds, the simulated one picks by seed. Does not own channels either, they
 * belong to the two subtasks they join; a channel only wakes them.
 *
 * INV-K-1 messages of one sender to one receiver arrive in order. INV-K-2 a message, a timer or the result of an
 * operation never reaches an actor other than the incarnation it was meant for. INV-K-3 an actor runs one message or
 * one unit of work to its end before anything else runs.
 */
import type { TimerHandle } from '../core/clock.ts'
import { assert } from '../core/errors.ts'
import type { Address } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { Host } from './host.ts'

export interface Actor<Message = unknown> {
  /** Processes one message to its end. */
  receive(message: Message): void
  /** Does one unit of data-plane work (a batch, a poll, a slice of a snapshot); false when there is none. */
  work?(): boolean
  /** The last call: lets resources go. Never throws. */
  stopped?(): void
}

/** One incarnation of an actor, and the only way to reach it from inside. */
export class Cell {
  readonly address: Address
  readonly actor: Actor
  readonly mailbox: unknown[] = []
  readonly timers = new Map<string, TimerHandle>()
  queued = false
  alive = true

  constructor(address: Address, actor: Actor) {
    this.address = address
    this.actor = actor
  }
}

/** Told when an actor throws: a bug, or a failure its own protocol could not express. */
export type CrashListener = (address: Address, error: unknown) => void

export class Kernel {
  readonly host: Host
  readonly #cells = new Map<Address, Cell>()
  #ready: Cell[] = []
  #readyHead = 0
  readonly #onCrash: CrashListener

  constructor(host: Host, onCrash: CrashListener) {
    this.host = host
    this.#onCrash = onCrash
  }

  /** Starts an actor; `make` gets the means to act in its name. */
  spawn<A extends Actor>(address: Address, make: (self: Self) => A): A {
    assert(!this.#cells.has(address), `two actors at ${address}`)
    let cell: Cell | undefined
    const self = new Self(this, () => {
      assert(cell, 'an actor acted while it was being made')
      return cell
    })
    const actor = make(self)
    cell = new Cell(address, actor as Actor)
    this.#cells.set(address, cell)
    return actor
  }

  /** Ends an actor: its mail, timers and awaited results are dropped. */
  stop(address: Address): void {
    const cell = this.#cells.get(address)
    if (cell === undefined) return
    cell.alive = false
    cell.mailbox.length = 0
    for (const timer of cell.timers.values()) timer.clear()
    cell.timers.clear()
    this.#cells.delete(address)
    cell.actor.stopped?.()
  }

  has(address: Address): boolean {
    return this.#cells.has(address)
  }

  /** Puts a message into a mailbox. A message to nobody is dropped: its receiver has ended. */
  send(address: Address, message: unknown): void {
    const cell = this.#cells.get(address)
    if (cell !== undefined) this.post(cell, message)
  }

  post(cell: Cell, message: unknown): void {
    if (!cell.alive) return
    assert(cell.mailbox.length < limits.mailboxCapacity, `the mailbox of ${cell.address} is full`)
    cell.mailbox.push(message)
    this.wake(cell)
  }

  /** Posts what `make` makes of the result of an operation, unless the actor has ended meanwhile (INV-K-2). */
  deliver(cell: Cell, make: () => unknown): void {
    if (!cell.alive) return
    try {
      this.post(cell, make())
    } catch (error) {
      this.#onCrash(cell.address, error)
    }
  }

  wake(cell: Cell): void {
    if (cell.queued || !cell.alive) return
    cell.queued = true
    this.#ready.push(cell)
    if (this.#ready.length - this.#readyHead === 1) this.host.ready()
  }

  get readyCount(): number {
    return this.#ready.length - this.#readyHead
  }

  /** Runs the next ready actor in fair order: its mail, then one unit of work. Returns false when nobody is ready. */
  step(): boolean {
    if (this.#readyHead === this.#ready.length) return false
    const cell = this.#ready[this.#readyHead++]!
    if (this.#readyHead === this.#ready.length) {
      // An idle kernel holds on to no actor that has ended.
      this.#ready.length = 0
      this.#readyHead = 0
    } else if (this.#readyHead > 1024) {
      this.#ready = this.#ready.slice(this.#readyHead)
      this.#readyHead = 0
    }
    this.run(cell)
    return true
  }

  /** The address of the `index`-th ready actor. */
  readyAt(index: number): Address {
    return this.#ready[this.#readyHead + index]!.address
  }

  /** Runs the `index`-th ready actor: the simulated scheduler's choice. */
  stepAt(index: number): void {
    const [cell] = this.#ready.splice(this.#readyHead + index, 1)
    if (cell !== undefined) this.run(cell)
  }

  private run(cell: Cell): void {
    cell.queued = false
    if (!cell.alive) return
    try {
      let message = cell.mailbox.shift()
      while (message !== undefined) {
        cell.actor.receive(message)
        if (!cell.alive) return
        message = cell.mailbox.shift()
      }
      if (cell.actor.work?.() === true) this.wake(cell)
    } catch (error) {
      this.#onCrash(cell.address, error)
      // What waits behind the message that it failed on is still for it: the order to stop, perhaps.
      if (cell.mailbox.length > 0) this.wake(cell)
    }
  }
}

/** What an actor may do: send, set timers, start I/O, ask for work. Everything comes back to it as a message. */
export class Self {
  readonly #kernel: Kernel
  readonly #cell: () => Cell

  constructor(kernel: Kernel, cell: () => Cell) {
    this.#kernel = kernel
    this.#cell = cell
  }

  get host(): Host {
    return this.#kernel.host
  }

  get address(): Address {
    return this.#cell().address
  }

  send(to: Address, message: unknown): void {
    this.#kernel.send(to, message)
  }

  /** A message to itself, after those already waiting. */
  post(message: unknown): void {
    this.#kernel.post(this.#cell(), message)
  }

  wake(): void {
    this.#kernel.wake(this.#cell())
  }

  /** Sets or replaces the timer `name`; `timer.fired` with that name comes as a message. */
  setTimer(name: string, delayMs: number): void {
    const cell = this.#cell()
    cell.timers.get(name)?.clear()
    const timer = this.host.setTimer(delayMs, () => {
      if (cell.timers.get(name) !== timer) return
      cell.timers.delete(name)
      this.#kernel.post(cell, { type: 'timer.fired', name })
    })
    cell.timers.set(name, timer)
  }

  clearTimer(name: string): void {
    const cell = this.#cell()
    cell.timers.get(name)?.clear()
    cell.timers.delete(name)
  }

  /**
   * Runs an operation; what `done` or `failed` makes of its result comes as a message. Both are called outside the
   * actor's turn, and not at all once it has ended: they make the message and touch nothing.
   */
  io<T>(label: string, task: () => Promise<T>, done: (value: T) => unknown, failed: (error: unknown) => unknown): void {
    const cell = this.#cell()
    this.host.runIo(
      `${cell.address} ${label}`,
      task,
      (value) => this.#kernel.deliver(cell, () => done(value)),
      (error) => this.#kernel.deliver(cell, () => failed(error)),
    )
  }

  /**
   * Runs an operation without a message for its result: the callbacks note it and wake the actor. Neither is called before
   * this returns, nor once the actor has ended.
   */
  outside<T>(
    label: string,
    task: () => PromiseLike<T>,
    done: (value: T) => void,
    failed: (error: unknown) => void,
  ): void {
    const cell = this.#cell()
    this.host.runIo(
      `${cell.address} ${label}`,
      task,
      (value) => cell.alive && done(value),
      (error) => cell.alive && failed(error),
    )
  }

  spawn<A extends Actor>(address: Address, make: (self: Self) => A): A {
    return this.#kernel.spawn(address, make)
  }

  stop(address: Address): void {
    this.#kernel.stop(address)
  }
}
