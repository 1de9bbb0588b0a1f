/**
 * How far the sources of each group have come, and which of them is last. Pure.
 *
 * A source takes part in its group from when it is first heard of. One that has no watermark yet, is idle or has ended has no
 * say. What was heard in an earlier attempt of the job is forgotten with the first word of a later one.
 */
import type { SubtaskId } from '../core/ids.ts'

export interface WatermarkReport {
  readonly group: string
  readonly subtask: SubtaskId
  readonly attempt: number
  /** Undefined: no say. */
  readonly watermark: number | undefined
}

export class WatermarkGroups {
  #attempt = -1
  #groups = new Map<string, Map<SubtaskId, number | undefined>>()

  get attempt(): number {
    return this.#attempt
  }

  /** Of an earlier attempt: `late`, and not heard. Else: is it the first that its subtask, or its attempt, has said? */
  report({ group, subtask, attempt, watermark }: WatermarkReport): 'late' | 'first-of-attempt' | 'first' | 'known' {
    if (attempt < this.#attempt) return 'late'
    const begins = attempt > this.#attempt
    if (begins) this.#groups = new Map()
    this.#attempt = attempt
    const members = this.#groups.get(group) ?? new Map<SubtaskId, number | undefined>()
    this.#groups.set(group, members)
    const known = members.has(subtask)
    members.set(subtask, watermark)
    return begins ? 'first-of-attempt' : known ? 'known' : 'first'
  }

  members(group: string): readonly SubtaskId[] {
    return [...(this.#groups.get(group)?.keys() ?? [])]
  }

  /** The lowest of those that have a say; undefined when nobody has. */
  lowest(group: string): number | undefined {
    let lowest: number | undefined
    for (const watermark of this.#groups.get(group)?.values() ?? []) {
      if (watermark !== undefined && (lowest === undefined || watermark < lowest)) lowest = watermark
    }
    return lowest
  }
}
