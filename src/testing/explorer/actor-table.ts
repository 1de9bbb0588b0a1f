/**
 * One actor as numbers: its states, its sets of timers, its *situations* (a state and the timers that are set) and its
 * *inputs* (a message and its sender, or a timer). A step is asked of the model once per state and input, and made
 * into a list of operations once per situation and input; the search only looks them up.
 */
import { messageOf } from '../../core/errors.ts'
import { checkedBudget } from './checked-arguments.ts'
import { Found } from './found.ts'
import { Interner } from './interner.ts'
import type { Linker } from './linker.ts'
import { type Operations, operationsOf } from './operations.ts'
import type { ActorModel, Message, Output, Turn } from './system.ts'

export interface Input {
  readonly message: Message
  readonly from: string
  /** The budgets from which it may be lost or repeated on its way; -1: it may not. */
  readonly loses: number
  readonly repeats: number
  readonly isTimer: boolean
  /** The author's word: when it can be taken, nothing else need be tried. */
  readonly commutes: boolean
}

/** A turn that a situation may take on an input. */
export interface LinkedTurn {
  readonly actor: number
  /** The situation after it, but for timers that are set or cleared behind an immediate send. */
  readonly situation: number
  /** A budget, or -1. */
  readonly spends: number
  readonly operations: Operations
  readonly turn: Turn<unknown>
}

export class ActorTable {
  readonly name: string
  readonly index: number
  readonly model: ActorModel
  readonly inputs: Input[] = []
  /** By situation. */
  readonly stateOf: number[] = []
  readonly timersOf: number[] = []
  /** By situation: the inputs of the timers that are set. */
  readonly timerInputs: (readonly number[])[] = []
  /** By situation and input: what may be done. */
  readonly steps: (readonly LinkedTurn[] | undefined)[][] = []
  readonly #linker: Linker
  readonly #states: Interner
  readonly #timerSets = new Interner<readonly string[]>('a set of timers')
  readonly #situations: (number | undefined)[][] = []
  readonly #messages: Interner<Message>
  readonly #inputIds = new Map<string, number>()
  readonly #afterTimers: (number | undefined)[][] = []
  /** By state and input. */
  readonly #turns: (readonly Turn<unknown>[] | undefined)[][] = []

  constructor(name: string, index: number, model: ActorModel, messages: Interner<Message>, linker: Linker) {
    this.name = name
    this.index = index
    this.model = model
    this.#messages = messages
    this.#linker = linker
    this.#states = new Interner(`The state of actor "${name}"`)
  }

  get start(): number {
    return this.situation(this.model.start.state, [])
  }

  state(situation: number): unknown {
    return this.#states.values[this.stateOf[situation]!]
  }

  timers(situation: number): readonly string[] {
    return this.#timerSets.values[this.timersOf[situation]!]!
  }

  situation(state: unknown, timers: readonly string[]): number {
    const stateId = this.#states.id(state)
    const timersId = this.#timerSets.id(timers)
    this.#situations[stateId] ??= []
    const known = this.#situations[stateId][timersId]
    if (known !== undefined) return known
    const situation = this.stateOf.length
    this.#situations[stateId][timersId] = situation
    this.stateOf.push(stateId)
    this.timersOf.push(timersId)
    this.timerInputs.push(timers.map((timer) => this.#timerInput(timer)))
    this.steps.push([])
    this.#afterTimers.push([])
    return situation
  }

  /** The input that is this message from this sender. */
  input(message: Message, from: string): number {
    const key = `${this.#messages.id(message)} ${from}`
    const known = this.#inputIds.get(key)
    if (known !== undefined) return known
    const { budgets, model } = this.#linker
    const budget = (name: string | undefined) =>
      name === undefined ? -1 : checkedBudget(budgets.index(name), name, budgets.names)
    return this.#addInput(key, {
      message,
      from,
      loses: budget(model.loses?.(message, from, this.name)),
      repeats: budget(model.repeats?.(message, from, this.name)),
      isTimer: false,
      commutes: model.commutes?.(message, from, this.name) ?? false,
    })
  }

  /** The situation after setting or clearing timers only; `change` is an id of `FactLists`. */
  afterTimers(situation: number, change: number): number {
    const known = this.#afterTimers[situation]![change]
    if (known !== undefined) return known
    const outputs = this.#linker.facts.timerChanges[change]!
    const after = this.situation(this.state(situation), changedTimers(this.timers(situation), outputs))
    this.#afterTimers[situation]![change] = after
    return after
  }

  /** What may be done on an input. Kept in `steps`. */
  step(situation: number, input: number): readonly LinkedTurn[] {
    const known = this.steps[situation]![input]
    if (known !== undefined) return known
    const { message, isTimer } = this.inputs[input]!
    const fired = isTimer ? (message as Message & { readonly name: string }).name : undefined
    const timers = this.timers(situation).filter((timer) => timer !== fired)
    const linked: LinkedTurn[] = []
    for (const turn of this.#receive(this.stateOf[situation]!, input)) {
      const { budgets } = this.#linker
      const spends =
        turn.spends === undefined ? -1 : checkedBudget(budgets.index(turn.spends), turn.spends, budgets.names)
      linked.push(this.#link(turn, timers, spends))
    }
    this.steps[situation]![input] = linked
    return linked
  }

  #link(turn: Turn<unknown>, timers: readonly string[], spends: number): LinkedTurn {
    const call = turn.outputs.findIndex((output) => output.type === 'send' && output.immediate)
    const before = call < 0 ? turn.outputs : turn.outputs.slice(0, call)
    return {
      actor: this.index,
      situation: this.situation(turn.state, changedTimers(timers, before)),
      spends,
      operations: operationsOf(this, turn.outputs, this.#linker),
      turn,
    }
  }

  #receive(stateId: number, input: number): readonly Turn<unknown>[] {
    this.#turns[stateId] ??= []
    const known = this.#turns[stateId][input]
    if (known !== undefined) return known
    const { message, from } = this.inputs[input]!
    const answer = this.#ask(stateId, message, from)
    const turns = Array.isArray(answer) ? (answer as readonly Turn<unknown>[]) : [answer as Turn<unknown>]
    this.#turns[stateId][input] = turns
    return turns
  }

  #ask(stateId: number, message: Message, from: string): Turn<unknown> | readonly Turn<unknown>[] {
    try {
      return this.model.receive(this.#states.values[stateId], message, from)
    } catch (thrown) {
      throw new Found('steps do not throw', `actor "${this.name}" threw: ${messageOf(thrown)}`)
    }
  }

  #timerInput(timer: string): number {
    const key = `timer ${timer}`
    const message = { type: 'timer.fired', name: timer }
    const commutes = this.#linker.model.commutes?.(message, this.name, this.name) ?? false
    return (
      this.#inputIds.get(key) ??
      this.#addInput(key, { message, from: this.name, loses: -1, repeats: -1, isTimer: true, commutes })
    )
  }

  #addInput(key: string, input: Input): number {
    const id = this.inputs.length
    this.inputs.push(input)
    this.#inputIds.set(key, id)
    return id
  }
}

function changedTimers(timers: readonly string[], outputs: readonly Output[]): readonly string[] {
  let set = timers
  for (const output of outputs) {
    if (output.type === 'timer.set' && !set.includes(output.name)) set = [...set, output.name].sort()
    if (output.type === 'timer.clear') set = set.filter((timer) => timer !== output.name)
  }
  return set
}
