/**
 * A choice that is enough alone, where the author has said that a message commutes with everything: the device of
 * persistent sets, for a set of one. What the author has not vouched for is looked at here: a loss, a repetition or a
 * fault that could still hit the message or its receiver.
 */
import type { ChannelTable } from './channel-table.ts'
import type { SystemTables } from './system-tables.ts'

export type CommutingChoice =
  | { readonly channel: ChannelTable; readonly actor?: undefined; readonly input?: undefined }
  | { readonly channel?: undefined; readonly actor: number; readonly input: number }

/** The first such choice of the state in `row`, if it has one that can be taken. */
export function commutingChoice(tables: SystemTables, row: Int32Array): CommutingChoice | undefined {
  const { actors, channels } = tables
  for (const channel of channels) {
    const content = row[channel.column]!
    if (content === 0) continue
    const input = channel.heads[content]!
    const { commutes, loses, repeats } = actors[channel.to]!.inputs[input]!
    if (!commutes || canSpend(tables, row, loses) || canSpend(tables, row, repeats)) continue
    if (canTake(tables, row, channel.to, input) && !isInDanger(tables, row, channel.to, channel)) return { channel }
  }
  for (const { index, inputs, timerInputs } of actors) {
    for (const input of timerInputs[row[index]!]!) {
      if (!inputs[input]!.commutes || !canTake(tables, row, index, input)) continue
      if (!isInDanger(tables, row, index, undefined)) return { actor: index, input }
    }
  }
  return undefined
}

/** A turn that spends competes with others for the budget, so it does not commute. */
function canTake(tables: SystemTables, row: Int32Array, actor: number, input: number): boolean {
  const turns = tables.actors[actor]!.step(row[actor]!, input)
  return turns.length > 0 && turns.every(({ spends }) => spends < 0)
}

const canSpend = ({ budgetColumn, budgets }: SystemTables, row: Int32Array, budget: number): boolean =>
  budget >= 0 && budgets.left(row[budgetColumn]!, budget) > 0

/** Is there a fault that may still happen and that loses the channel, or changes the receiver? */
const isInDanger = (tables: SystemTables, row: Int32Array, to: number, channel: ChannelTable | undefined): boolean =>
  tables.faults.some(
    ({ loses, spends, touches }) =>
      canSpend(tables, row, spends) && (touches.has(to) || (channel !== undefined && loses.includes(channel))),
  )
