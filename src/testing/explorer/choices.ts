/** Every choice that a state of the system has, tried one after the other on the row of a `StepRunner`. */
import type { ChannelTable } from './channel-table.ts'
import type { CommutingChoice } from './commuting-choice.ts'
import type { StepRunner } from './step-runner.ts'

export type ChoiceKind = 'deliver' | 'repeat' | 'lose' | 'timer' | 'fault' | 'start'

export class Choices {
  /** What is being tried: its kind, the channel, actor or fault, and the input, if there is one. */
  kind: ChoiceKind = 'start'
  index = 0
  input = -1
  readonly #runner: StepRunner

  constructor(runner: StepRunner) {
    this.#runner = runner
  }

  /** Tries all, but for one that was tried before. The row is the same afterwards. */
  tryAll(without?: CommutingChoice): void {
    const runner = this.#runner
    const { row, tables } = runner
    const { actors, channels, faults } = tables
    for (let i = 0; i < channels.length; i++) {
      const channel = channels[i]!
      if (row[channel.column] === 0) continue
      if (i !== without?.channel?.index) this.tryDelivery(channel)
      this.index = i
      this.input = channel.heads[row[channel.column]!]!
      const { loses, repeats } = actors[channel.to]!.inputs[this.input]!
      if (repeats >= 0) this.#tryRepeat(channel, repeats)
      if (loses >= 0) this.#tryLoss(channel, loses)
    }
    this.kind = 'timer'
    for (let i = 0; i < actors.length; i++) {
      const timers = actors[i]!.timerInputs[row[i]!]!
      this.index = i
      for (let k = 0; k < timers.length; k++) {
        this.input = timers[k]!
        if (i !== without?.actor || this.input !== without.input) runner.take(i, this.input)
      }
    }
    this.kind = 'fault'
    this.input = -1
    for (let i = 0; i < faults.length; i++) {
      this.index = i
      if (runner.spend(faults[i]!.spends)) runner.run(faults[i]!.operations)
      runner.undo(0)
    }
  }

  /** Tries to deliver the head of a channel that is not empty. */
  tryDelivery(channel: ChannelTable): void {
    const runner = this.#runner
    const content = runner.row[channel.column]!
    this.kind = 'deliver'
    this.index = channel.index
    this.input = channel.heads[content]!
    runner.set(channel.column, channel.tails[content]!)
    runner.take(channel.to, this.input)
    runner.undo(0)
  }

  tryTimer(actor: number, input: number): void {
    this.kind = 'timer'
    this.index = actor
    this.input = input
    this.#runner.take(actor, input)
  }

  tryStart(): void {
    this.kind = 'start'
    this.#runner.run(this.#runner.tables.starts)
    this.#runner.undo(0)
  }

  #tryRepeat(channel: ChannelTable, budget: number): void {
    const runner = this.#runner
    this.kind = 'repeat'
    if (runner.spend(budget)) runner.take(channel.to, this.input)
    runner.undo(0)
  }

  #tryLoss(channel: ChannelTable, budget: number): void {
    const runner = this.#runner
    this.kind = 'lose'
    runner.set(channel.column, channel.tails[runner.row[channel.column]!]!)
    if (runner.spend(budget)) runner.done()
    runner.undo(0)
  }
}
