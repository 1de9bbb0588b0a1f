/** What an actor's table needs of the whole system, to turn outputs into operations on columns. */
import type { ActorTable } from './actor-table.ts'
import type { BudgetTable } from './budget-table.ts'
import type { ChannelTable } from './channel-table.ts'
import type { FactLists } from './fact-lists.ts'
import type { SystemModel } from './system.ts'

export interface Linker {
  readonly model: SystemModel
  readonly budgets: BudgetTable
  readonly facts: FactLists
  /** Throws `ARGUMENT_INVALID` when there is no such actor; `why` says who wants it. */
  actor(name: string, why: string): ActorTable
  /** The channel between two actors, which is made when it is first used. */
  channel(from: number, to: number): ChannelTable
}
