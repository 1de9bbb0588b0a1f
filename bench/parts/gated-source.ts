/** A source that gives records up to a limit that is raised from outside, and then waits: a job that stands still on purpose. */
import type { Source } from 'tidemark'

export class GatedSource<T> implements Source<T> {
  readonly kind = 'gated'
  readonly bounded = true
  readonly replayable = true
  readonly parallelism = 1
  /** Records given so far, those before a restore included. */
  position = 0
  readonly #at: (index: number) => T
  #limit = 0
  #ending = false
  #wake: () => void = () => {}

  constructor(at: (index: number) => T) {
    this.#at = at
  }

  /** Lets records pass until so many are given in all. */
  open(limit = Number.POSITIVE_INFINITY): void {
    this.#limit = limit
    this.#wake()
  }

  /** Nothing more for now. */
  close(): void {
    this.#limit = this.position
  }

  /** Nothing more for ever, once the limit is reached. */
  end(): void {
    this.#ending = true
    this.#wake()
  }

  createReader(context: { wake(): void }, restored: unknown) {
    this.#wake = () => context.wake()
    this.position = (restored as number | undefined) ?? 0
    return {
      poll: (max: number) => this.#poll(max),
      snapshot: () => this.position,
      close() {},
    }
  }

  #poll(max: number) {
    const size = Math.min(max, this.#limit - this.position)
    if (size <= 0) return { type: this.#ending ? 'end' : 'waiting' } as const
    const values: T[] = []
    for (let i = 0; i < size; i++) values.push(this.#at(this.position + i))
    this.position += size
    return { type: 'records', values } as const
  }
}
