/**
 * How the choices of a run are made from its seed.
 *
 * `random`: anything that can happen is as likely. `pct`: every actor and operation has a random priority, the highest
 * goes first, and at a few random steps the one that would go is put last; so orders that need one thing to be starved
 * for long come up. `swarm`: some kinds of faults only, with skewed rates, over either of the two. `portfolio`: one of
 * these by seed.
 */
import type { Random } from '../../core/random.ts'
import type { Chooser, Interruptions } from './chooser.ts'
import { type FaultName, type FaultRate, type FaultRates, faultKinds, faultNames } from './fault-kinds.ts'

export const strategyNames = ['random', 'pct', 'swarm'] as const
export type StrategyName = (typeof strategyNames)[number]

export const strategyOf = (seed: number, wanted: StrategyName | 'portfolio'): StrategyName =>
  wanted === 'portfolio' ? (['swarm', 'random', 'swarm', 'pct'] as const)[seed % 4]! : wanted

/** How many changes of priority there are in one run, and within how many steps; after them everybody gets a turn. */
const pctChangesMax = 8
const pctSteps = 4_000
/** While something else can happen, time moves once in so many steps. */
const stepsPerTick = 64
/** The probability per step that a person does something. */
const actionRate = 0.004

export interface Strategy {
  readonly chooser: Chooser
  readonly rates: FaultRates
}

export function makeStrategy(name: StrategyName, random: Random, rates: FaultRates): Strategy {
  const order = random.fork('order')
  if (name === 'random') return { chooser: new RandomChooser(order, random.fork('faults'), rates), rates }
  if (name === 'pct') return { chooser: new PriorityChooser(order, random.fork('faults'), rates), rates }
  const swarm = swarmOf(random.fork('swarm'), rates)
  const Order = random.fork('kind').next() < 0.5 ? RandomChooser : PriorityChooser
  return { chooser: new Order(order, random.fork('faults'), swarm), rates: swarm }
}

/** A third of the kinds, each up to eight times as often as usual; now and then everything comes twice. */
function swarmOf(random: Random, rates: FaultRates): FaultRates {
  const skewed = faultNames.map((name): [FaultName, FaultRate] => {
    const { rate, most } = rates[name]
    if (random.next() > 1 / 3) return [name, { rate: 0, most: 0 }]
    return [name, { rate: name === 'everything-twice' && rate > 0 ? 1 : rate * 2 ** random.int(0, 3), most }]
  })
  return Object.fromEntries(skewed) as FaultRates
}

class RandomChooser implements Chooser {
  protected readonly order: Random
  readonly #faults: Random
  readonly #rates: FaultRates
  readonly #spontaneous: readonly FaultName[]
  readonly #interruptionRate: number

  constructor(order: Random, faults: Random, rates: FaultRates) {
    this.order = order
    this.#faults = faults
    this.#rates = rates
    this.#spontaneous = faultNames.filter((name) => faultKinds[name].spontaneous === true)
    this.#interruptionRate = this.#spontaneous.reduce((sum, name) => sum + rates[name].rate, actionRate)
  }

  choose(texts: readonly string[]): number {
    const last = texts.length - 1
    if (last === 0) return 0
    if (texts[last] !== 'time') return this.order.int(0, last)
    return this.order.int(1, stepsPerTick) === 1 ? last : this.order.int(0, last - 1)
  }

  interrupt(offers: Interruptions): string | undefined {
    const drawn = this.#faults.next()
    if (drawn >= this.#interruptionRate) return undefined
    let sum = actionRate
    if (drawn < sum) return pick(this.#faults, offers.actions())
    for (const name of this.#spontaneous) {
      sum += this.#rates[name].rate
      if (drawn < sum) return pick(this.#faults, offers.faults(name))
    }
    return undefined
  }

  befalls(fault: FaultName): boolean {
    const { rate } = this.#rates[fault]
    return rate > 0 && this.#faults.next() < rate
  }
}

class PriorityChooser extends RandomChooser {
  readonly #priorities = new Map<string, number>()
  readonly #changes: Set<number>
  #steps = 0
  /** Given to the next one that is put last. */
  #lowest = 0

  constructor(order: Random, faults: Random, rates: FaultRates) {
    super(order, faults, rates)
    this.#changes = new Set(Array.from({ length: order.int(1, pctChangesMax) }, () => order.int(1, pctSteps)))
  }

  override choose(texts: readonly string[]): number {
    if (this.#steps > pctSteps) return super.choose(texts)
    const last = texts.length - 1
    const timed = texts[last] === 'time'
    if (last === 0) return 0
    if (timed && this.order.int(1, stepsPerTick) === 1) return last
    let best = this.#best(texts, timed ? last : last + 1)
    if (this.#changes.has(this.#steps++)) {
      this.#priorities.set(texts[best]!, --this.#lowest)
      best = this.#best(texts, timed ? last : last + 1)
    }
    return best
  }

  #best(texts: readonly string[], count: number): number {
    let best = 0
    for (let i = 1; i < count; i++) if (this.#priorityOf(texts[i]!) > this.#priorityOf(texts[best]!)) best = i
    return best
  }

  #priorityOf(text: string): number {
    let priority = this.#priorities.get(text)
    if (priority === undefined) {
      priority = this.order.next()
      this.#priorities.set(text, priority)
    }
    return priority
  }
}

const pick = (random: Random, texts: readonly string[]): string | undefined =>
  texts.length === 0 ? undefined : random.pick(texts)
