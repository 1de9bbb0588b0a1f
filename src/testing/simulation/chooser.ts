/**
 * The one place where a simulated run is undetermined: whoever chooses decides what happens next, which action a person
 * takes and which fault strikes. Everything else follows, so a run is the list of its choices.
 *
 * A choice is a text: `run <actor>`, `io <actor> <operation>`, `deliver <message>`, `time`, `act <action>`,
 * `fault <kind> <target>`.
 */
import type { FaultName } from './fault-kinds.ts'

export interface Chooser {
  /** One of the things that can happen now, by its index; perhaps there is only one. `time` comes last, if it can move. */
  choose(texts: readonly string[]): number
  /** Something that comes of itself, between two steps: one of the texts of the kind it likes, or nothing. */
  interrupt(offers: Interruptions): string | undefined
  /** Does this fault befall what is happening? */
  befalls(fault: FaultName, text: string): boolean
}

/** What may come between two steps. */
export interface Interruptions {
  /** The texts of a spontaneous fault that could strike now. */
  faults(fault: FaultName): readonly string[]
  /** The texts of the actions that a person could take now. */
  actions(): readonly string[]
}

/** Chooses like another, bounds how often each fault strikes, counts, and writes down what was chosen. */
export class RecordingChooser implements Chooser {
  readonly #inner: Chooser
  readonly #left: Map<FaultName, number>
  readonly choices: string[] = []
  readonly struck = new Map<FaultName, number>()

  constructor(inner: Chooser, most: (fault: FaultName) => number, faults: readonly FaultName[]) {
    this.#inner = inner
    this.#left = new Map(faults.map((fault) => [fault, most(fault)]))
  }

  choose(texts: readonly string[]): number {
    const index = this.#inner.choose(texts)
    this.choices.push(texts[index]!)
    return index
  }

  interrupt(offers: Interruptions): string | undefined {
    const text = this.#inner.interrupt({
      faults: (fault) => ((this.#left.get(fault) ?? 0) > 0 ? offers.faults(fault) : []),
      actions: offers.actions,
    })
    if (text === undefined) return undefined
    this.choices.push(text)
    if (text.startsWith('fault ')) this.#strike(text.split(' ')[1] as FaultName)
    return text
  }

  befalls(fault: FaultName, text: string): boolean {
    if ((this.#left.get(fault) ?? 0) === 0 || !this.#inner.befalls(fault, text)) return false
    this.choices.push(text)
    this.#strike(fault)
    return true
  }

  #strike(fault: FaultName): void {
    this.#left.set(fault, this.#left.get(fault)! - 1)
    this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1)
  }
}
