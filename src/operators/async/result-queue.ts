/**
 * The records of an asynchronous operator in the order in which they came, and when their results may be emitted.
 *
 * Ordered: in the order of their records. Unordered: as they come, but none passes a watermark, in either direction: the
 * records between two watermarks are a section, and sections leave one after the other.
 *
 * INV-RQ-1 a watermark leaves when every record before it has left, and before every record behind it. INV-RQ-2 `entries` are
 * those that have not left, in the order in which they came. Tests: test/operators/async/result-queue.test.ts.
 */
import { AsyncEntry, type Mark, type Section } from './async-entry.ts'

export interface ResultTarget {
  result(value: unknown, timestamp: number | undefined): void
  mark(mark: Mark): void
}

export class ResultQueue {
  readonly #ordered: boolean
  readonly #target: ResultTarget
  readonly #entries = new Set<AsyncEntry>()
  /** The last one takes what comes; all but the last have a mark. */
  readonly #sections: Section[] = [newSection()]

  constructor(ordered: boolean, target: ResultTarget) {
    this.#ordered = ordered
    this.#target = target
  }

  get size(): number {
    return this.#entries.size
  }

  get entries(): Iterable<AsyncEntry> {
    return this.#entries
  }

  add(value: unknown, timestamp: number | undefined): AsyncEntry {
    const section = this.#sections.at(-1)!
    const entry = new AsyncEntry(value, timestamp, section)
    section.left++
    this.#entries.add(entry)
    return entry
  }

  /** Its result is known, and leaves with one of the next calls of `release`. */
  finish(entry: AsyncEntry, result: unknown): void {
    entry.finished = true
    entry.result = result
    if (!this.#ordered) entry.section.finished.push(entry)
  }

  /** A watermark, or that the input is idle or active again. */
  mark(mark: Mark): void {
    const last = this.#sections.at(-1)!
    const before = this.#sections.at(-2)
    if (last.left > 0) {
      last.mark = mark
      this.#sections.push(newSection())
    } else if (before === undefined) this.#target.mark(mark)
    else before.mark = { ...before.mark, ...mark }
  }

  /** Lets go what may go. */
  release(): void {
    for (;;) {
      const section = this.#sections[0]!
      if (this.#ordered) this.#releaseInOrder(section)
      else this.#releaseFinished(section)
      if (section.left > 0 || section.mark === undefined) return
      this.#target.mark(section.mark)
      this.#sections.shift()
    }
  }

  #releaseInOrder(section: Section): void {
    for (const entry of this.#entries) {
      if (!entry.finished || entry.section !== section) return
      this.#let(entry)
    }
  }

  #releaseFinished(section: Section): void {
    for (const entry of section.finished) this.#let(entry)
    section.finished.length = 0
  }

  #let(entry: AsyncEntry): void {
    this.#entries.delete(entry)
    entry.section.left--
    this.#target.result(entry.result, entry.timestamp)
  }
}

const newSection = (): Section => ({ left: 0, finished: [], mark: undefined })
