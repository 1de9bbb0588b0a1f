/**
 * A kernel whose messages can be held up, lost or repeated on their way, never reordered between one sender and one
 * receiver.
 *
 * Only what a network between processes could do to a message that its receiver is built for: acknowledgements and
 * declines may be late or come twice, word of a checkpoint's end may be lost or come twice. What a subtask waits for is
 * not lost: how a stop ended, and that a checkpoint is complete which covers the end of the subtask's data.
 */
import type { Host } from '../../actors/host.ts'
import { type CrashListener, Kernel } from '../../actors/kernel.ts'
import type { Address } from '../../core/ids.ts'
import type { Chooser } from './chooser.ts'
import { type FaultName, faultText } from './fault-kinds.ts'

interface Controlled {
  readonly type: string
  readonly checkpointId?: number
  readonly subtask?: string
  readonly state?: { readonly finished: boolean }
}

interface Delayed {
  readonly text: string
  readonly to: Address
  /** Who sent it, in the words of the message; what it sends later must not overtake it. */
  readonly from: string
  readonly message: unknown
}

export interface NetworkOptions {
  readonly chooser: Chooser
  readonly labelOf: (address: string) => string
  /** Hears every message before anything befalls it. */
  readonly sees: (to: Address, message: { readonly type: string }) => void
  readonly isStop: (checkpointId: number) => boolean
}

const fromSubtask: ReadonlySet<string> = new Set(['subtask.acknowledged', 'subtask.declined'])
const ofEnd: ReadonlySet<string> = new Set(['checkpoint.completed', 'checkpoint.aborted'])

export class SimulatedNetwork extends Kernel {
  readonly #options: NetworkOptions
  readonly #delayed: Delayed[] = []
  /** Who waits for which checkpoint. */
  readonly #waiting = new Set<string>()

  constructor(host: Host, onCrash: CrashListener, options: NetworkOptions) {
    super(host, onCrash)
    this.#options = options
  }

  /** What is under way and could arrive now: of each sender the first. */
  deliverable(): string[] {
    const senders = new Set<string>()
    return this.#delayed.flatMap(({ from, text }) => {
      if (senders.has(from)) return []
      senders.add(from)
      return [text]
    })
  }

  deliverDelayed(text: string): void {
    const index = this.#delayed.findIndex((one) => one.text === text)
    const [one] = this.#delayed.splice(index, 1)
    if (one !== undefined) super.send(one.to, one.message)
  }

  override send(to: Address, message: unknown): void {
    const controlled = message as Controlled
    this.#options.sees(to, controlled)
    if (fromSubtask.has(controlled.type)) this.#acknowledge(to, controlled)
    else if (ofEnd.has(controlled.type)) this.#notify(to, controlled)
    else super.send(to, message)
  }

  #acknowledge(to: Address, message: Controlled): void {
    const from = message.subtask!
    const target = `${this.#options.labelOf(from)} ${message.checkpointId}`
    if (message.state?.finished === true) this.#waiting.add(target)
    const under = this.#delayed.some((one) => one.from === from)
    if (under || this.#befalls('acknowledgement-delayed', target)) {
      const type = message.type === 'subtask.declined' ? 'decline' : 'acknowledgement'
      this.#delayed.push({ text: `deliver ${type} ${target}`, to, from, message })
      return
    }
    super.send(to, message)
    if (
      this.#befalls('acknowledgement-repeated', target) ||
      this.#befalls('everything-twice', `${message.type} ${target}`)
    )
      super.send(to, message)
  }

  #notify(to: Address, message: Controlled): void {
    const what = `${this.#options.labelOf(to)} ${message.checkpointId}`
    const target = `${message.type} ${what}`
    const awaited = this.#options.isStop(message.checkpointId!) || this.#waiting.has(what)
    if (!awaited && this.#befalls('notification-lost', target)) return
    super.send(to, message)
    if (this.#befalls('everything-twice', target)) super.send(to, message)
  }

  #befalls(fault: FaultName, target: string): boolean {
    return this.#options.chooser.befalls(fault, faultText(fault, target))
  }
}
