/**
 * Chooses what a list says. A choice that cannot be made is skipped; when the list is at its end, whoever can do something
 * does it in turn, and no fault strikes any more. So every list is a run, and a shorter one may fail as well.
 *
 * Two more words make lists short: `wait 40` leaves the next 40 choices to that rule, and `until <choice>` leaves as many
 * to it as it takes until that choice can be made.
 */
import type { Chooser, Interruptions } from './chooser.ts'
import type { FaultName } from './fault-kinds.ts'

const until = 'until '
/** Choices after which something awaited is given up. */
const patience = 400

export class ReplayChooser implements Chooser {
  readonly #choices: readonly string[]
  #next = 0
  /** Choices made since the head of the list was waited for. */
  #waited = 0
  /** Round robin over what can happen: nobody starves. */
  #turn = 0

  constructor(choices: readonly string[]) {
    this.#choices = choices
  }

  choose(texts: readonly string[]): number {
    if (texts.length === 1) {
      // There is no choice: it is in the list only so that what comes of itself comes at the same moment.
      if (this.#choices[this.#next] === texts[0]) this.#advance()
      return 0
    }
    for (let head = this.#choices[this.#next]; head !== undefined; head = this.#choices[this.#next]) {
      if (this.#waits(head, texts)) break
      const index = texts.indexOf(plain(head))
      this.#advance()
      if (index !== -1) return index
    }
    return this.#turn++ % (texts.at(-1) === 'time' ? texts.length - 1 : texts.length)
  }

  interrupt(offers: Interruptions): string | undefined {
    const head = this.#choices[this.#next]
    if (head === undefined) return undefined
    const text = plain(head)
    if (!offered(text, offers).includes(text)) return undefined
    this.#advance()
    return text
  }

  befalls(_fault: FaultName, text: string): boolean {
    const head = this.#choices[this.#next]
    if (head === undefined || plain(head) !== text) return false
    this.#advance()
    return true
  }

  /** Is this choice left to the rule, because of what the list says? */
  #waits(head: string, texts: readonly string[]): boolean {
    if (head.startsWith('wait ')) {
      // Over with its last choice, so that what follows may come before the next one.
      if (++this.#waited >= Number(head.slice('wait '.length))) this.#advance()
      return true
    }
    if (!head.startsWith(until) || this.#waited >= patience || texts.includes(plain(head))) return false
    this.#waited++
    return true
  }

  #advance(): void {
    this.#next++
    this.#waited = 0
  }
}

const plain = (choice: string): string => (choice.startsWith(until) ? choice.slice(until.length) : choice)

function offered(text: string, offers: Interruptions): readonly string[] {
  if (text.startsWith('act ')) return offers.actions()
  return text.startsWith('fault ') ? offers.faults(text.split(' ')[1] as FaultName) : []
}
