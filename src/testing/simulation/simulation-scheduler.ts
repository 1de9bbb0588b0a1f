/**
 * The scheduler of one simulated process: in each step one actor runs, one operation ends, one delayed message arrives or
 * time moves to the next timer, as the chooser says; between steps something may strike.
 *
 * Owns what could happen now. Time is virtual and moves by itself only when nothing else can happen.
 */
import type { Host } from '../../actors/host.ts'
import type { CrashListener } from '../../actors/kernel.ts'
import { VirtualClock } from '../../core/clock.ts'
import type { Address } from '../../core/ids.ts'
import type { Random } from '../../core/random.ts'
import type { Chooser, Interruptions } from './chooser.ts'
import { type NetworkOptions, SimulatedNetwork } from './simulated-network.ts'

interface PendingIo {
  readonly text: string
  readonly task: () => PromiseLike<unknown>
  readonly done: (value: unknown) => void
  readonly failed: (error: unknown) => void
  held: boolean
}

/** What becomes of an operation that was chosen. */
export type IoFate =
  | { readonly type: 'runs' }
  | { readonly type: 'fails'; readonly error: Error }
  /** Not yet: it may be chosen again after so long. */
  | { readonly type: 'waits'; readonly ms: number }
  /** It runs until its process dies in the middle. */
  | { readonly type: 'tears'; readonly torn: Promise<void> }

export interface SchedulerOptions extends Omit<NetworkOptions, 'chooser'> {
  readonly chooser: Chooser
  readonly random: Random
  readonly startMs: number
  readonly onCrash: CrashListener
  readonly log: Host['log']
  readonly fateOf: (text: string) => IoFate
  /** What may come between two steps. */
  readonly offers: Interruptions
  readonly interrupted: (text: string) => void
}

export class SimulationScheduler {
  readonly clock: VirtualClock
  readonly kernel: SimulatedNetwork
  readonly #options: SchedulerOptions
  readonly #pending: PendingIo[] = []
  readonly #clogged = new Set<Address>()
  readonly #runTexts = new Map<Address, string>()
  /** The actor that takes its turn. */
  running: Address | undefined
  /** What the wall clock is ahead of the virtual one. */
  #wallMs = 0
  steps = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.clock = new VirtualClock(options.startMs)
    const host: Host = {
      now: () => this.clock.now() + this.#wallMs,
      monotonicMs: () => this.clock.monotonicMs(),
      random: options.random,
      setTimer: (delayMs, fire) => this.clock.setTimer(delayMs, fire),
      runIo: (label, task, done, failed) => {
        const text = `io ${options.labelOf(label)}`
        this.#pending.push({ text, task, done: done as (value: unknown) => void, failed, held: false })
      },
      ready: () => {},
      log: options.log,
    }
    this.kernel = new SimulatedNetwork(host, options.onCrash, options)
  }

  /** Actors that could run now. */
  ready(): Address[] {
    return Array.from({ length: this.kernel.readyCount }, (_, i) => this.kernel.readyAt(i))
  }

  clog(address: Address, ms: number): void {
    this.#clogged.add(address)
    this.clock.setTimer(ms, () => void this.#clogged.delete(address))
  }

  setBack(ms: number): void {
    this.#wallMs -= ms
  }

  /** Takes one step. Returns false when nothing can happen any more. */
  async step(): Promise<boolean> {
    this.steps++
    const interruption = this.#options.chooser.interrupt(this.#options.offers)
    if (interruption !== undefined) {
      this.#options.interrupted(interruption)
      await Promise.resolve()
      return true
    }
    const runnable: number[] = []
    const texts: string[] = []
    for (let i = 0; i < this.kernel.readyCount; i++) {
      const address = this.kernel.readyAt(i)
      if (this.#clogged.has(address)) continue
      runnable.push(i)
      texts.push(this.#runText(address))
    }
    const operations = this.#pending.filter(({ held }) => !held)
    for (const { text } of operations) texts.push(text)
    const deliverable = this.kernel.deliverable()
    texts.push(...deliverable)
    const due = this.clock.nextDueMs()
    if (texts.length === 0 && due === undefined) return false
    if (due !== undefined) texts.push('time')
    const choice = this.#options.chooser.choose(texts)
    if (choice < runnable.length) this.#turn(runnable[choice]!)
    else if (choice < runnable.length + operations.length) await this.#complete(operations[choice - runnable.length]!)
    else if (choice < texts.length - (due === undefined ? 0 : 1)) this.kernel.deliverDelayed(texts[choice]!)
    else this.clock.advanceTo(due!)
    await Promise.resolve()
    return true
  }

  #turn(index: number): void {
    this.running = this.kernel.readyAt(index)
    this.kernel.stepAt(index)
    this.running = undefined
  }

  #runText(address: Address): string {
    let text = this.#runTexts.get(address)
    if (text === undefined) {
      text = `run ${this.#options.labelOf(address)}`
      this.#runTexts.set(address, text)
    }
    return text
  }

  async #complete(operation: PendingIo): Promise<void> {
    const fate = this.#options.fateOf(operation.text)
    if (fate.type === 'waits') {
      operation.held = true
      this.clock.setTimer(fate.ms, () => {
        operation.held = false
      })
      return
    }
    this.#pending.splice(this.#pending.indexOf(operation), 1)
    if (fate.type === 'fails') operation.failed(fate.error)
    else {
      const ended = Promise.resolve().then(operation.task).then(operation.done, operation.failed)
      await (fate.type === 'tears' ? Promise.race([ended, fate.torn]) : ended)
    }
  }
}
