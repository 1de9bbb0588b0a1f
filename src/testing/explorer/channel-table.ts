/**
 * The contents that one channel ever has, as numbers: 0 is empty. A content is its beginning and its last message, so
 * each is named by one push, and no text is made. Messages are inputs of the receiver (see `actor-table.ts`).
 */
import { limits } from '../../core/limits.ts'
import { Found } from './found.ts'

export class ChannelTable {
  readonly index: number
  readonly name: string
  /** Index of the sender and the receiver. */
  readonly from: number
  readonly to: number
  /** Where its content stands in the state of a system. */
  readonly column: number
  /** By content: the input at its head, what follows the head, and how many messages it has. */
  readonly heads: number[] = [-1]
  readonly tails: number[] = [0]
  readonly lengths: number[] = [0]
  readonly #lasts: number[] = [-1]
  readonly #beginnings: number[] = [0]
  /** By content and pushed input: the content then. */
  readonly #pushed: (number | undefined)[][] = [[]]

  constructor(index: number, name: string, from: number, to: number, column: number) {
    this.index = index
    this.name = name
    this.from = from
    this.to = to
    this.column = column
  }

  push(content: number, input: number): number {
    return this.#pushed[content]![input] ?? this.#add(content, input)
  }

  /** The inputs in a content, the head first. */
  inputs(content: number): number[] {
    const inputs: number[] = []
    for (let at = content; at !== 0; at = this.#beginnings[at]!) inputs.unshift(this.#lasts[at]!)
    return inputs
  }

  #add(content: number, input: number): number {
    const length = this.lengths[content]! + 1
    if (length > limits.exploredChannelMax) {
      throw new Found('channels are bounded', `${this.name} holds more than ${limits.exploredChannelMax} messages`)
    }
    const tail = content === 0 ? 0 : this.push(this.tails[content]!, input)
    const id = this.heads.length
    this.heads.push(content === 0 ? input : this.heads[content]!)
    this.tails.push(tail)
    this.lengths.push(length)
    this.#lasts.push(input)
    this.#beginnings.push(content)
    this.#pushed.push([])
    this.#pushed[content]![input] = id
    return id
  }
}
