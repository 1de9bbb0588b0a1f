/**
 * The actor through which the sources of a job wait for each other: hears how far each has come, and tells all of a group how
 * far the last of them is.
 *
 * Decides nothing about who waits: a source that is too far ahead of what it was told stops by itself. A group is told at
 * once, but no more often than its sources want to hear; when nothing changes nothing is sent.
 */
import { type JobId, subtaskAddress } from '../core/ids.ts'
import type { Actor, Self } from './kernel.ts'
import { WatermarkGroups, type WatermarkReport } from './watermark-groups.ts'

export type WatermarkAlignmentMessage =
  | ({ readonly type: 'watermark.reported'; readonly updateIntervalMs: number } & WatermarkReport)
  /** The name of a timer is that of a group. */
  | { readonly type: 'timer.fired'; readonly name: string }

/** To the sources of a group. */
export interface GroupWatermark {
  readonly type: 'watermark.combined'
  readonly attempt: number
  /** The lowest of the group; undefined when none of it has a say. */
  readonly watermark: number | undefined
}

export class WatermarkAlignmentActor implements Actor<WatermarkAlignmentMessage> {
  readonly #self: Self
  readonly #jobId: JobId
  readonly #groups = new WatermarkGroups()
  /** What each group was told last. */
  readonly #told = new Map<string, number | undefined>()
  /** How long those groups are not told again that have just been. */
  readonly #resting = new Map<string, number>()

  constructor(self: Self, jobId: JobId) {
    this.#self = self
    this.#jobId = jobId
  }

  receive(message: WatermarkAlignmentMessage): void {
    if (message.type === 'timer.fired') {
      const intervalMs = this.#resting.get(message.name)
      this.#resting.delete(message.name)
      if (intervalMs !== undefined) this.#tell(message.name, intervalMs)
      return
    }
    const { group, subtask, updateIntervalMs } = message
    const heard = this.#groups.report(message)
    if (heard === 'late') return
    if (heard === 'first-of-attempt') this.#beginAttempt()
    if (heard === 'first') this.#send([subtask], this.#told.get(group))
    this.#tell(group, updateIntervalMs)
  }

  #beginAttempt(): void {
    this.#told.clear()
    for (const group of this.#resting.keys()) this.#self.clearTimer(group)
    this.#resting.clear()
  }

  #tell(group: string, intervalMs: number): void {
    const lowest = this.#groups.lowest(group)
    if (this.#resting.has(group) || lowest === this.#told.get(group)) return
    this.#told.set(group, lowest)
    this.#resting.set(group, intervalMs)
    this.#self.setTimer(group, intervalMs)
    this.#send(this.#groups.members(group), lowest)
  }

  #send(subtasks: ReturnType<WatermarkGroups['members']>, watermark: number | undefined): void {
    const message: GroupWatermark = { type: 'watermark.combined', attempt: this.#groups.attempt, watermark }
    for (const subtask of subtasks) this.#self.send(subtaskAddress(this.#jobId, subtask), message)
  }
}
