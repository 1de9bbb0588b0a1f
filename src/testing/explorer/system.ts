/**
 * What the explorer explores: a *system* of actors with pure steps, first-in first-out channels between each pair of
 * them, timers that may fire at any time, and faults. Plain data and pure functions only: everything is interned, and
 * each step of an actor is computed once per (state, message), however many states of the system share it.
 *
 * A state of the system is: the state and the set timers of each actor, the content of each channel, what is left of
 * each budget, and the memory of each observer. A *choice* is one of: deliver the head of a channel · fire a timer that
 * is set · a fault. Timers model everything that an actor or its environment does of its own accord (a source that
 * polls, a person who asks for a savepoint, a disk that becomes ready).
 */
import type { Clock } from '../../core/clock.ts'

/** Anything that goes from actor to actor. */
export interface Message {
  readonly type: string
}

export type Output<Sent extends Message = Message> =
  /**
   * Into the channel to `to`. `immediate`: received within the same step, before anything else may happen, as a
   * call would be; for deliveries that commute with everything, which is the author's word. The two kinds must not be
   * mixed between the same two actors where their order matters.
   */
  | { readonly type: 'send'; readonly to: string; readonly message: Sent; readonly immediate?: true }
  /** Sets a timer, or keeps it set. It comes back as the message `timer.fired` and is then no longer set. */
  | { readonly type: 'timer.set'; readonly name: string }
  | { readonly type: 'timer.clear'; readonly name: string }
  /** Something that observers are told; it changes nothing. */
  | { readonly type: 'fact'; readonly fact: Message }

/** One outcome of a step. */
export interface Turn<State, Sent extends Message = Message> {
  readonly state: State
  readonly outputs: readonly Output<Sent>[]
  /** Names the outcome when a step has several: `stored`, `fails`. */
  readonly label?: string
  /** The budget that this outcome takes one from; impossible when nothing is left of it. */
  readonly spends?: string
}

export interface ActorModel<State = unknown, Received extends Message = Message> {
  readonly start: Turn<State>
  /**
   * Pure and total. Several turns: any of them may happen. None: the message cannot be taken now (its channel waits; a
   * timer stays set). A timer comes as `{ type: 'timer.fired', name }` from the actor itself.
   */
  receive(state: State, message: Received, from: string): Turn<State> | readonly Turn<State>[]
}

/** Something that goes wrong, as one choice: what is lost, who begins again, who is told, in this order. */
export interface Fault {
  readonly name: string
  /** Each time takes one from this budget. */
  readonly spends: string
  /** Channels that lose what is in them. */
  loses?(from: string, to: string): boolean
  /** Actors that are as at the start, without timers; the outputs of their start are carried out. */
  readonly restarts?: readonly string[]
  /** Received at once, in this order. */
  readonly tells?: readonly { readonly to: string; readonly message: Message }[]
  /** Told to observers first. */
  readonly facts?: readonly Message[]
}

/** Two subtasks that are equal but for their names: swapping them everywhere maps states onto equivalent states. */
export interface Symmetry {
  /** Which actor takes the place of which; actors that are not named stay. Its own inverse. */
  readonly actors: Readonly<Record<string, string>>
  /** The same state, message or memory with the names swapped. `actor` is whose state it is. */
  state(actor: string, state: unknown): unknown
  message(message: Message): Message
  timer?(name: string): string
  memory?(observer: string, memory: unknown): unknown
}

/** Sees every fact; its memory is part of the state of the system, so it is plain, small, and forgets what is over. */
export interface Observer<Memory = unknown> {
  readonly name: string
  readonly initial: Memory
  /** Types of the facts it hears; all when absent. */
  readonly hears?: readonly string[]
  /** The memory after a fact; a `Violation` ends the search. Returns the same object when nothing has changed. */
  next(memory: Memory, fact: Message): Memory | Violation
  /** What is still owed when nothing more can happen, or nothing. */
  atEnd?(memory: Memory): string | undefined
}

export class Violation {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export interface SystemModel {
  readonly name: string
  /** In the order in which their starts are carried out. */
  readonly actors: Readonly<Record<string, ActorModel>>
  /** How often a fault or an outcome that spends may happen. */
  readonly budgets?: Readonly<Record<string, number>>
  readonly faults?: readonly Fault[]
  /** The budget from which a message may be lost (repeated) by the network, if it may. */
  loses?(message: Message, from: string, to: string): string | undefined
  repeats?(message: Message, from: string, to: string): string | undefined
  readonly observers?: readonly Observer[]
  readonly symmetries?: readonly Symmetry[]
  /**
   * The author's word that taking this message now or later makes no difference: it leaves what every other choice does as
   * it was, and no property and no observer can tell the states before and after it apart, but by what follows. Wherever
   * it can be taken, it is then the only choice that is tried. Not asked to hold against faults, losses and repetitions:
   * where one of them could still hit this message or its receiver, everything is tried. A timer has its actor for both
   * `from` and `to`.
   */
  commutes?(message: Message, from: string, to: string): boolean
}

/**
 * What must hold. `always`: in every state. `eventually`: in every state in which nothing more can happen.
 * `sometimes`: in at least one state; if none is found the search proves nothing, and says so. `of` names the actors
 * whose states `holds` is given, in that order; it is asked once per combination of them. A string says what is wrong.
 */
export interface Property {
  readonly kind: 'always' | 'eventually' | 'sometimes'
  readonly name: string
  readonly of: readonly string[]
  holds(...states: never[]): boolean | string
}

export interface ExploreLimits {
  /** Default 10,000,000. */
  readonly maxStates?: number
  /** Longest path that is followed; default none. */
  readonly maxDepth?: number
  /** Wall time; default none. */
  readonly maxSeconds?: number
  /**
   * Also require that from every state an end can be reached: a state in which nothing more can happen. Finds those that
   * run in circles for ever. Costs eight bytes per transition.
   */
  readonly livelocks?: boolean
  /** Called now and then while the search goes on. */
  onProgress?(progress: ExploreProgress): void
  /** What `maxSeconds` and `seconds` are measured with; the real clock unless given. */
  readonly clock?: Clock
}

export interface ExploreProgress {
  /** Found so far, and those of them that were not looked at yet. */
  readonly states: number
  readonly open: number
  readonly depth: number
  readonly seconds: number
}

/**
 * One choice on a path, as text that `replay` understands: `a → b: order`, `timer a retry`, `fault crash`. With
 * ` [label]` where the outcome has one (` [b: label]` if it is that of an actor reached by an immediate send), and ` #2`
 * behind the second outcome of one name.
 */
export type Choice = string

export interface ExploreReport {
  /** `incomplete`: a limit was hit, and nothing was found within it. `vacuous`: a "sometimes" was never reached. */
  readonly verdict: 'holds' | 'violated' | 'vacuous' | 'incomplete'
  readonly system: string
  readonly states: number
  readonly transitions: number
  /** The longest of the shortest paths. */
  readonly depth: number
  readonly terminals: number
  readonly seconds: number
  /** Memory for the states, without that for the tables of the model's own values. */
  readonly bytesPerState: number
  /** Names of the "sometimes" with the length of the shortest path to them; undefined: never reached. */
  readonly sometimes: Readonly<Record<string, number | undefined>>
  readonly violation: Counterexample | undefined
}

export interface Counterexample {
  /** The property or the observer. */
  readonly property: string
  readonly message: string
  /** Shortest sequence of choices that leads to it. */
  readonly path: readonly Choice[]
}
