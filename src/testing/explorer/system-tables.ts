/**
 * A system as tables of numbers. A state of it is a row of columns: the situation of each actor, the condition of each
 * group of observers, the budgets, then the content of each channel, in the order in which channels were first used. A
 * channel that is not known yet is empty in every state, and empty is 0.
 */
import { StreamError } from '../../core/errors.ts'
import { ActorTable } from './actor-table.ts'
import { BudgetTable } from './budget-table.ts'
import { ChannelTable } from './channel-table.ts'
import { FactLists } from './fact-lists.ts'
import { Interner } from './interner.ts'
import type { Linker } from './linker.ts'
import { ObserverTable } from './observer-table.ts'
import { code, type Operations, outputOperations, unknownActor } from './operations.ts'
import { rowLength } from './state-table.ts'
import type { Fault, Message, SystemModel } from './system.ts'

export interface LinkedFault {
  readonly fault: Fault
  /** A budget. */
  readonly spends: number
  readonly operations: Operations
  /** The channels that lose what is in them, of those known so far. */
  readonly loses: ChannelTable[]
  /** By actor: it begins again, or is told something. */
  readonly touches: ReadonlySet<number>
}

export class SystemTables implements Linker {
  readonly model: SystemModel
  readonly facts = new FactLists()
  readonly actors: readonly ActorTable[]
  readonly observers: ObserverTable
  readonly budgets: BudgetTable
  readonly faults: readonly LinkedFault[]
  readonly channels: ChannelTable[] = []
  /** Every actor's start, in order. */
  readonly starts: Operations
  readonly budgetColumn: number
  /** Told how many columns there are when a channel is first used. */
  widened: (columns: number) => void = () => {}
  readonly #messages = new Interner<Message>('A message')
  readonly #actors = new Map<string, ActorTable>()
  /** By sender, then by receiver. */
  readonly #channels: (ChannelTable | undefined)[][]

  constructor(model: SystemModel) {
    this.model = model
    this.budgets = new BudgetTable(model.budgets ?? {})
    this.actors = Object.entries(model.actors).map(([name, actor], i) => {
      if (name.includes(' → ')) throw badName(name)
      return new ActorTable(name, i, actor, this.#messages, this)
    })
    for (const actor of this.actors) this.#actors.set(actor.name, actor)
    this.observers = new ObserverTable(model.observers ?? [], this.facts)
    this.budgetColumn = this.actors.length + this.observers.groups.length
    this.#channels = this.actors.map(() => [])
    const faults: LinkedFault[] = []
    this.faults = faults
    // All actors are there before the first message is linked.
    this.starts = this.actors.flatMap((actor) => [
      ...[code.begin, actor.index, 0],
      ...outputOperations(actor, actor.model.start.outputs, this, true),
    ])
    for (const fault of model.faults ?? []) faults.push(this.#linkFault(fault, faults.length))
  }

  /** As many columns as there can ever be. */
  get columnsMax(): number {
    return this.budgetColumn + 1 + this.actors.length ** 2
  }

  /** As many as there are now. */
  get columns(): number {
    return this.budgetColumn + 1 + this.channels.length
  }

  /** The row before any start is carried out. */
  initial(): Int32Array {
    const row = new Int32Array(rowLength(this.columnsMax))
    for (const actor of this.actors) row[actor.index] = actor.start
    this.observers.groups.forEach((group, i) => {
      row[this.actors.length + i] = group.initial
    })
    return row
  }

  actor(name: string, why: string): ActorTable {
    const actor = this.#actors.get(name)
    if (actor === undefined) throw unknownActor(name, why, [...this.#actors.keys()])
    return actor
  }

  channel(from: number, to: number): ChannelTable {
    const known = this.#channels[from]![to]
    if (known !== undefined) return known
    const { length } = this.channels
    const [sender, receiver] = [this.actors[from]!.name, this.actors[to]!.name]
    const channel = new ChannelTable(length, `${sender} → ${receiver}`, from, to, this.budgetColumn + 1 + length)
    this.#channels[from]![to] = channel
    this.channels.push(channel)
    this.widened(this.columns)
    for (const { fault, loses } of this.faults) if (fault.loses?.(sender, receiver)) loses.push(channel)
    return channel
  }

  /** Throws `Found` when an observer is still owed something at the end that `row` is. */
  checkOwed(row: Int32Array): void {
    for (const [i, group] of this.observers.groups.entries()) {
      const owed = group.owed(row[this.actors.length + i]!)
      if (owed !== undefined) throw owed
    }
  }

  #linkFault(fault: Fault, index: number): LinkedFault {
    const operations: number[] = [code.lose, index, 0]
    const touches = new Set<number>()
    if (fault.facts !== undefined) operations.push(code.facts, this.facts.id(fault.facts), 0)
    for (const name of fault.restarts ?? []) {
      const actor = this.actor(name, `Fault "${fault.name}" restarts "${name}"`)
      touches.add(actor.index)
      operations.push(code.restart, actor.index, actor.start)
      operations.push(...outputOperations(actor, actor.model.start.outputs, this, true))
    }
    for (const { to, message } of fault.tells ?? []) {
      const actor = this.actor(to, `Fault "${fault.name}" tells "${to}"`)
      touches.add(actor.index)
      operations.push(code.call, actor.index, actor.input(message, 'fault'))
    }
    const loses = this.channels.filter(({ from, to }) => fault.loses?.(this.actors[from]!.name, this.actors[to]!.name))
    return {
      fault,
      spends: this.budgets.index(fault.spends),
      operations,
      loses,
      touches,
    }
  }
}

const badName = (name: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `An actor cannot be named "${name}": " → " stands between two names.`, {
    details: { name },
  })
