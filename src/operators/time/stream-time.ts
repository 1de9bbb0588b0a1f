/**
 * The event time of one subtask's part of a stream: timestamps for its records, and one watermark out of those of its
 * splits, told every so often.
 *
 * A stream that is not read in splits, or has none at present, is one split without a name. Of several, the lowest watermark counts; those that are
 * idle do not. A split that is new, or active again, holds the watermark where it is until it has caught up. It never falls.
 *
 * A split is idle when it has brought no record for as long as the strategy says, by a clock that stands still while the
 * subtask is held back: whoever could not read has not heard that there is nothing. For the same reason what has come while
 * the thread was busy elsewhere is taken first: a split is found silent twice before it is idle.
 */
import { maxWatermark } from '../../core/elements.ts'
import type { OperatorContext } from '../operator.ts'
import { AssignedTimestamps } from './assigned-timestamps.ts'
import { SplitTime } from './split-time.ts'
import { needsTimestamps, type StrategySettings } from './watermark-strategy.ts'

const never = Number.POSITIVE_INFINITY

/** Between two looks for silent splits, unless their idleness is short. */
const leastLookMs = 100

export class StreamTime {
  readonly #settings: StrategySettings<unknown>
  readonly #context: OperatorContext
  readonly #clock: () => number
  readonly #timestamps: AssignedTimestamps
  readonly #splits = new Map<string | undefined, SplitTime>()
  #watermark = Number.NEGATIVE_INFINITY
  #idle = false
  /** When watermarks are told next. */
  #tellAt = never
  /** When splits are looked at next: are they silent? */
  #lookAt = never
  /** Some were, the last time. */
  #suspicious = false

  /** `clock` is that of idleness. */
  constructor(
    settings: StrategySettings<unknown>,
    context: OperatorContext,
    clock: () => number = () => context.consumingMs(),
  ) {
    this.#settings = settings
    this.#context = context
    this.#clock = clock
    const owner = `${context.jobId} ${context.operatorId} timestamps`
    this.#timestamps = new AssignedTimestamps(settings.assigner, owner, context)
    this.#add(undefined)
    this.#arrange()
  }

  /** How far it has come; undefined before the first watermark, while it is idle, and at its end. */
  get progress(): number | undefined {
    const some = this.#watermark > Number.NEGATIVE_INFINITY && this.#watermark < maxWatermark.timestamp
    return some && !this.#idle ? this.#watermark : undefined
  }

  /** The splits whose own watermarks are beyond this. */
  splitsBeyond(limit: number): readonly string[] {
    const beyond: string[] = []
    for (const [name, { watermark, idle }] of this.#splits) {
      if (name !== undefined && !idle && watermark > limit) beyond.push(name)
    }
    return beyond
  }

  /** These are not read for now: that they bring nothing says nothing. */
  pauseSplits(names: readonly string[]): void {
    for (const [name, split] of this.#splits) {
      const paused = name !== undefined && names.includes(name)
      if (split.paused && !paused) split.heardMs = this.#clock()
      split.paused = paused
    }
    this.#arrange()
  }

  /** Hands on records, all of one split. Fails with `TIMESTAMP_MISSING` for a record that gets no time, but needs one. */
  batch(split: string | undefined, values: readonly unknown[], timestamps: readonly number[] | undefined): void {
    const time = this.#splits.get(split) ?? this.#add(split)
    const untimed = timestamps === undefined && !needsTimestamps(this.#settings)
    const assigned = untimed ? undefined : this.#timestamps.of(values, timestamps)
    if (this.#settings.idlenessMs !== undefined) time.heardMs = this.#clock()
    if (assigned === undefined) time.untimed(values)
    else time.batch(values, assigned.times, assigned.latest)
    if (this.#context.autoWatermarkIntervalMs === 0) time.periodic()
    this.#arrange()
  }

  /** These are read from now on, and no others. */
  setSplits(splits: readonly string[]): void {
    const read = new Set<string | undefined>(splits.length === 0 ? [undefined] : splits)
    for (const split of read) if (!this.#splits.has(split)) this.#add(split)
    for (const split of this.#splits.keys()) if (!read.has(split)) this.#splits.delete(split)
    this.#combine()
    this.#arrange()
  }

  turn(now: number): void {
    if (now >= this.#tellAt) {
      this.#tellAt = never
      for (const split of this.#splits.values()) split.periodic()
    }
    if (now >= this.#lookAt) {
      this.#lookAt = never
      this.#look(now)
    }
    this.#arrange()
    // Of several requests the earliest alone is kept, and it has come.
    this.#request()
  }

  /** Nothing follows. */
  end(): void {
    this.#tell(maxWatermark.timestamp, false)
  }

  #add(name: string | undefined): SplitTime {
    const split = new SplitTime(this.#settings.rule, this.#context, () => this.#combine(), this.#clock())
    this.#splits.set(name, split)
    if (name !== undefined) this.#splits.delete(undefined)
    return split
  }

  #combine(): void {
    let lowest = never
    let highest = Number.NEGATIVE_INFINITY
    for (const { watermark, idle } of this.#splits.values()) {
      if (!idle && watermark < lowest) lowest = watermark
      if (watermark > highest) highest = watermark
    }
    const idle = lowest === never
    // The last to go idle may have held back the others, which said more before they went idle.
    this.#tell(idle ? highest : lowest, idle)
  }

  #tell(watermark: number, idle: boolean): void {
    const { output } = this.#context
    if (this.#idle && !idle) output.watermarkStatus(false)
    if (watermark > this.#watermark) {
      this.#watermark = watermark
      output.watermark(watermark)
    }
    if (idle && !this.#idle) output.watermarkStatus(true)
    this.#idle = idle
  }

  #look(now: number): void {
    const timeoutMs = this.#settings.idlenessMs!
    const heardLeast = this.#clock() - timeoutMs
    const silent = [...this.#splits.values()].filter(({ waiting, heardMs }) => waiting && heardMs <= heardLeast)
    if (silent.length > 0 && !this.#suspicious) {
      this.#suspicious = true
      this.#lookAt = now + 1
      return
    }
    this.#suspicious = false
    for (const split of silent) split.fallSilent()
  }

  /** Asks for the next turns, when there is something to do in them. */
  #arrange(): void {
    const { autoWatermarkIntervalMs: intervalMs } = this.#context
    if (this.#tellAt === never && intervalMs > 0 && this.#some(({ pending }) => pending)) {
      this.#tellAt = this.#context.monotonicMs() + intervalMs
      this.#request()
    }
    const { idlenessMs } = this.#settings
    if (this.#lookAt === never && idlenessMs !== undefined && this.#some(({ waiting }) => waiting)) {
      let earliest = never
      for (const { waiting, heardMs } of this.#splits.values()) if (waiting && heardMs < earliest) earliest = heardMs
      const leftMs = Math.ceil(earliest + idlenessMs - this.#clock())
      // What is left of a time that stands still should not be waited for again and again.
      const leastMs = Math.max(1, Math.min(leastLookMs, Math.floor(idlenessMs / 16)))
      this.#lookAt = this.#context.monotonicMs() + Math.max(leastMs, leftMs)
      this.#request()
    }
  }

  #request(): void {
    const next = Math.min(this.#tellAt, this.#lookAt)
    if (next !== never) this.#context.requestTurn(next)
  }

  #some(holds: (split: SplitTime) => boolean): boolean {
    for (const split of this.#splits.values()) if (holds(split)) return true
    return false
  }
}
