/**
 * Follows a path through a system, choice by choice, and tells everything that happens on it. It runs on the same tables
 * as the search, so a path that one has found is a path that the other can follow.
 */
import { StreamError } from '../../core/errors.ts'
import { Choices } from './choices.ts'
import { Found } from './found.ts'
import { type Outcome, outcomesOf } from './outcomes.ts'
import { PropertyTable } from './property-table.ts'
import { type Footprint, StepRunner } from './step-runner.ts'
import type { Choice, Counterexample, Message, Output, Property, SystemModel } from './system.ts'
import { SystemTables } from './system-tables.ts'

/** One choice that was taken. */
export interface ReplayStep {
  readonly choice: Choice
  readonly kind: 'start' | 'deliver' | 'repeat' | 'lose' | 'timer' | 'fault'
  /** The message that came, came again or was lost. */
  readonly delivery?: { readonly from: string; readonly to: string; readonly message: Message }
  /** What the actors did, in order: none when a message was lost, several when there were immediate sends. */
  readonly moves: readonly Move[]
  /** What observers were told, in order. */
  readonly facts: readonly Message[]
  /** How many messages each channel that is not empty holds afterwards. */
  readonly channels: Readonly<Record<string, number>>
}

/** One turn of one actor. */
export interface Move {
  readonly actor: string
  /** What it took; a timer comes as `timer.fired` from itself, a start as `start`. */
  readonly message: Message
  readonly from: string
  /** It came by an immediate send, or from a fault. */
  readonly immediate: boolean
  readonly label?: string
  readonly before: unknown
  readonly after: unknown
  readonly outputs: readonly Output[]
}

export interface ReplayOptions {
  /** What a choice that cannot be taken does: an error (the default), or the path ends there. */
  readonly ifImpossible?: 'throw' | 'stop'
}

export interface Replay {
  readonly system: string
  /** What happened before the first choice: every actor's start. */
  readonly start: ReplayStep
  readonly steps: readonly ReplayStep[]
  /** The states of all actors in the end. */
  readonly actors: Readonly<Record<string, { readonly state: unknown; readonly timers: readonly string[] }>>
  /** What could be chosen next; nothing: this is an end. */
  readonly next: readonly Choice[]
  /** What broke on the way or does not hold in the end. Nothing is followed beyond it. */
  readonly violation: Counterexample | undefined
}

/**
 * Takes the choices of `path` one after the other. Throws `ARGUMENT_INVALID` for a choice that cannot be taken, and lists
 * those that can. Livelocks are beyond it: they are no matter of one path.
 *
 * ```ts
 * const { violation, steps } = replay(system, properties, ['timer buyer pay', 'buyer → bank: pay'])
 * ```
 */
export function replay(
  system: SystemModel,
  properties: readonly Property[],
  path: readonly Choice[],
  options: ReplayOptions = {},
): Replay {
  return new Replayer(system, properties).run(path, options.ifImpossible ?? 'throw')
}

/**
 * Replays what a search has found, for the functions that print it. The violation is the one given: also one that a path
 * alone cannot show, such as a livelock.
 *
 * ```ts
 * const { violation } = explore(system, properties)
 * if (violation) console.log(printCounterexample(replayCounterexample(system, properties, violation)))
 * ```
 */
export function replayCounterexample(
  system: SystemModel,
  properties: readonly Property[],
  violation: Counterexample,
): Replay {
  return { ...replay(system, properties, violation.path), violation }
}

class Replayer {
  readonly #tables: SystemTables
  readonly #runner: StepRunner
  readonly #choices: Choices
  readonly #properties: PropertyTable
  readonly #steps: ReplayStep[] = []
  #found: Found | undefined

  constructor(system: SystemModel, properties: readonly Property[]) {
    this.#tables = new SystemTables(system)
    this.#runner = new StepRunner(this.#tables)
    this.#choices = new Choices(this.#runner)
    this.#properties = new PropertyTable(properties, this.#tables)
  }

  run(path: readonly Choice[], ifImpossible: 'throw' | 'stop'): Replay {
    const namesStart = path[0] === 'start' || path[0]?.startsWith('start ') === true
    const starts = outcomesOf(this.#runner, this.#choices, true)
    let outcome = starts.find(({ choice }) => choice === (namesStart ? path[0] : 'start'))
    if (!namesStart) outcome ??= starts[0]
    if (outcome === undefined) throw impossible(this.#tables.model.name, path[0] ?? 'start', 0, starts)
    const start = this.#take(outcome, 0)
    for (const [i, choice] of path.entries()) {
      if (this.#found !== undefined) break
      if (i === 0 && namesStart) continue
      const outcomes = outcomesOf(this.#runner, this.#choices)
      outcome = outcomes.find((one) => one.choice === choice)
      if (outcome === undefined && ifImpossible === 'stop') break
      if (outcome === undefined) throw impossible(this.#tables.model.name, choice, i, outcomes)
      this.#steps.push(this.#take(outcome, i + 1))
    }
    const next = this.#found === undefined ? outcomesOf(this.#runner, this.#choices).map(({ choice }) => choice) : []
    if (this.#found === undefined && next.length === 0) this.#found = broken(() => this.#checkEnd())
    const found = this.#found
    const taken = [...(namesStart ? [start] : []), ...this.#steps].map(({ choice }) => choice)
    return {
      system: this.#tables.model.name,
      start,
      steps: this.#steps,
      actors: this.#actors(),
      next,
      violation: found && { property: found.property, message: found.message, path: taken },
    }
  }

  #take(outcome: Outcome, depth: number): ReplayStep {
    const { actors, channels } = this.#tables
    const { row } = this.#runner
    row.set(outcome.row)
    this.#found = outcome.found ?? broken(() => this.#properties.check(row, depth, undefined))
    const { choice, index, input, kind, trail } = outcome
    const channel = kind === 'deliver' || kind === 'repeat' || kind === 'lose' ? channels[index] : undefined
    const facts = trail.flatMap((one) => (one.type === 'facts' ? this.#tables.facts.lists[one.list]! : []))
    const filled = channels.filter(({ column }) => row[column] !== 0)
    return {
      choice,
      kind,
      ...(channel === undefined
        ? {}
        : {
            delivery: {
              from: actors[channel.from]!.name,
              to: actors[channel.to]!.name,
              message: actors[channel.to]!.inputs[input]!.message,
            },
          }),
      moves: trail.flatMap((one, i) => this.#move(one, one.type !== 'begin' && (i > 0 || kind === 'fault'))),
      facts: facts.map((fact) => this.#tables.facts.facts.values[fact]!),
      channels: Object.fromEntries(filled.map(({ column, lengths, name }) => [name, lengths[row[column]!]!])),
    }
  }

  #move(footprint: Footprint, immediate: boolean): Move[] {
    if (footprint.type === 'facts') return []
    const isTurn = footprint.type === 'turn'
    const actor = this.#tables.actors[isTurn ? footprint.turn.actor : footprint.actor]!
    const turn = isTurn ? footprint.turn.turn : actor.model.start
    const from = footprint.type === 'begin' ? actor.name : 'fault'
    const taken = isTurn ? actor.inputs[footprint.input]! : { message: { type: 'start' }, from }
    return [
      {
        actor: actor.name,
        message: taken.message,
        from: taken.from,
        immediate,
        ...(turn.label === undefined ? {} : { label: turn.label }),
        before: actor.state(footprint.before),
        after: footprint.type === 'begin' ? actor.state(footprint.before) : turn.state,
        outputs: turn.outputs,
      },
    ]
  }

  #checkEnd(): void {
    const { row } = this.#runner
    this.#properties.checkEnd(row)
    this.#tables.checkOwed(row)
  }

  #actors(): Replay['actors'] {
    const { row } = this.#runner
    return Object.fromEntries(
      this.#tables.actors.map((actor) => {
        const situation = row[actor.index]!
        return [actor.name, { state: actor.state(situation), timers: actor.timers(situation) }]
      }),
    )
  }
}

function broken(check: () => void): Found | undefined {
  try {
    check()
    return undefined
  } catch (thrown) {
    if (thrown instanceof Found) return thrown
    throw thrown
  }
}

function impossible(system: string, choice: Choice, index: number, outcomes: readonly Outcome[]): StreamError {
  const possible = outcomes.map((outcome) => `"${outcome.choice}"`)
  return new StreamError(
    'ARGUMENT_INVALID',
    `Choice ${index + 1} of the path, "${choice}", cannot be taken in system "${system}" there; ` +
      (possible.length === 0 ? 'nothing can.' : `these can: ${possible.join(', ')}.`),
    { details: { system, choice, index } },
  )
}
