/** What goes wrong in one simulated run, drawn from its seed: functions that throw, operations that fail, deaths. */
import { Random } from '../../src/core/random.ts'

export interface FaultOptions {
  /** How often a function of the program throws. */
  readonly throws: number
  /** How often the process dies. */
  readonly deaths: number
  /** One operation of the store in so many fails; 0 for none. */
  readonly storeFailsOneIn: number
}

/** Steps within which a process dies, at most. */
const deathStepsMax = 1_500

export class FaultPlan {
  readonly #store: Random
  readonly #deaths: Random
  readonly #throws: Random
  readonly #options: FaultOptions
  readonly #recordsPerThrow: number
  #throwsLeft: number
  #seen = 0
  #throwAt: number

  constructor(seed: number, options: FaultOptions, records: number) {
    const random = new Random(seed)
    this.#store = random.fork('store')
    this.#deaths = random.fork('deaths')
    this.#throws = random.fork('throws')
    this.#options = options
    this.#throwsLeft = options.throws
    this.#recordsPerThrow = Math.ceil((records * 2) / (options.throws + 1))
    this.#throwAt = this.#nextThrow()
  }

  #nextThrow(): number {
    return this.#seen + this.#throws.int(1, this.#recordsPerThrow)
  }

  /** Called by the program for each record that passes; throws when it is time. */
  pass(where: string): void {
    this.#seen++
    if (this.#throwsLeft === 0 || this.#seen < this.#throwAt) return
    this.#throwsLeft--
    this.#throwAt = this.#nextThrow()
    throw new Error(`thrown on purpose in ${where}`)
  }

  /** Fails operations that read and write checkpoints, and commits. */
  operation(label: string): Error | undefined {
    const { storeFailsOneIn } = this.#options
    if (storeFailsOneIn === 0 || !/persist|store checkpoint|clean|prepare|restore|commit/.test(label)) return undefined
    return this.#store.int(1, storeFailsOneIn) === 1 ? new Error(`failed on purpose: ${label}`) : undefined
  }

  /** The step at which the process dies that is the `n`-th, from 0. */
  deathOf(n: number): number {
    return n < this.#options.deaths ? this.#deaths.int(1, deathStepsMax) : Number.POSITIVE_INFINITY
  }
}
