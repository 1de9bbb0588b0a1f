/**
 * Windows as a plain model: every window has its elements, timers and state, and everything due is looked for among all of
 * them. It is told of triggers, assigners and evictors as the operator is, and shares nothing else with it.
 */
import type { StateDeclarations, StateHandles } from '../../../src/operators/state-descriptors.ts'
import type {
  Evictor,
  Trigger,
  TriggerMergeContext,
  TriggerResult,
  Window,
  WindowAssigner,
  WindowElement,
} from '../../../src/operators/windows/window.ts'
import type { Item } from './window-cases.ts'

interface Open extends Window {
  readonly key: string
  elements: readonly WindowElement<Item>[]
  readonly values: Map<string, unknown>
  readonly eventTimers: Set<number>
  readonly clockTimers: Set<number>
}

export interface ModelOptions {
  readonly assigner: WindowAssigner<Item>
  readonly trigger: Trigger<Item>
  readonly evictor: Evictor<Item> | undefined
  readonly latenessMs: number
}

const last = Number.MAX_SAFE_INTEGER
const endOf = ({ end }: Window) => Math.min(end - 1, last)

export class WindowModel {
  readonly results: string[] = []
  readonly late: number[] = []
  readonly #options: ModelOptions
  readonly #byEvents: boolean
  #open: Open[] = []
  #watermark = Number.NEGATIVE_INFINITY
  #now = 0

  constructor(options: ModelOptions) {
    this.#options = options
    this.#byEvents = options.assigner.timeDomain === 'event-time'
  }

  element(value: Item, timestamp: number): void {
    const { assigner, latenessMs } = this.#options
    const at = this.#byEvents ? timestamp : this.#now
    let taken = false
    for (const window of assigner.assign(value, at, { processingTime: this.#now })) {
      const open = assigner.merging ? this.#mergedWith(value.k, window) : this.#found(value.k, window)
      if (this.#byEvents && this.#forgottenAt(open ?? window) <= this.#watermark) continue
      taken = true
      const one = open ?? this.#begun(value.k, window)
      one.elements = [...one.elements, { value, timestamp }]
      this.#act(this.#options.trigger.onElement(value, timestamp, one, this.#context(one)), one)
    }
    if (!taken && this.#byEvents && timestamp + latenessMs <= this.#watermark) this.late.push(value.n)
  }

  watermark(timestamp: number): void {
    this.#watermark = timestamp
    for (;;) {
      const due = this.#open.flatMap((one) => [...one.eventTimers].map((at) => ({ one, at })))
      if (this.#byEvents) due.push(...this.#open.map((one) => ({ one, at: this.#forgottenAt(one) })))
      const next = due
        .filter(({ at }) => at <= timestamp && at < Number.POSITIVE_INFINITY)
        .sort((a, b) => a.at - b.at)[0]
      if (next === undefined) return
      const { one, at } = next
      one.eventTimers.delete(at)
      this.#act(this.#options.trigger.onEventTime(at, one, this.#context(one)), one)
      if (this.#byEvents && this.#forgottenAt(one) <= at) this.#forget(one)
    }
  }

  clock(now: number): void {
    for (;;) {
      const due = this.#open.flatMap((one) => [...one.clockTimers].map((at) => ({ one, at })))
      if (!this.#byEvents) due.push(...this.#open.map((one) => ({ one, at: this.#forgottenAt(one) })))
      const next = due.filter(({ at }) => at < now && at < last).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      const { one, at } = next
      this.#now = Math.max(this.#now, at + 1)
      one.clockTimers.delete(at)
      this.#act(this.#options.trigger.onProcessingTime(at, one, this.#context(one)), one)
      if (!this.#byEvents && this.#forgottenAt(one) <= at) this.#forget(one)
    }
    this.#now = now
  }

  #forgottenAt(window: Window): number {
    if (window.end === Number.POSITIVE_INFINITY) return window.end
    return endOf(window) + (this.#byEvents ? this.#options.latenessMs : 0)
  }

  #found(key: string, { start, end }: Window): Open | undefined {
    return this.#open.find((one) => one.key === key && one.start === start && one.end === end)
  }

  #begun(key: string, { start, end }: Window): Open {
    const one: Open = {
      key,
      start,
      end,
      elements: [],
      values: new Map(),
      eventTimers: new Set(),
      clockTimers: new Set(),
    }
    this.#open.push(one)
    return one
  }

  /** The open window that it has become part of; undefined when it touches none. */
  #mergedWith(key: string, window: Window): Open | undefined {
    const touching = this.#open
      .filter((one) => one.key === key && one.start <= window.end && one.end >= window.start)
      .sort((a, b) => a.start - b.start)
    if (touching.length === 0) return undefined
    const start = Math.min(window.start, ...touching.map((one) => one.start))
    const end = Math.max(window.end, ...touching.map((one) => one.end))
    const [only] = touching
    if (touching.length === 1 && only!.start === start && only!.end === end) return only
    const merged = this.#begun(key, { start, end })
    merged.elements = touching.flatMap(({ elements }) => elements)
    this.#options.trigger.onMerge!(merged, touching, this.#context(merged))
    for (const one of touching) this.#forget(one)
    return merged
  }

  #forget(one: Open): void {
    this.#options.trigger.clear(one, this.#context(one))
    this.#open = this.#open.filter((other) => other !== one)
  }

  #act(result: TriggerResult, one: Open): void {
    if (result.startsWith('fire') && one.elements.length > 0) this.#fire(one)
    if (result.endsWith('purge')) one.elements = []
  }

  #fire(one: Open): void {
    const { evictor } = this.#options
    const times = { processingTime: this.#now, currentWatermark: this.#watermark }
    const given = evictor?.before?.(one.elements, one, times) ?? one.elements
    this.results.push(`${one.key} ${one.start}..${one.end} ${given.map(({ value }) => value.n).join(',')}`)
    one.elements = evictor?.after?.(given, one, times) ?? given
  }

  #context(one: Open): TriggerMergeContext {
    return {
      processingTime: this.#now,
      currentWatermark: this.#watermark,
      state: this.#stateOf(one),
      stateOf: (merged) => this.#stateOf(this.#found(one.key, merged)!),
      registerEventTime: (at) => void one.eventTimers.add(at),
      deleteEventTime: (at) => void one.eventTimers.delete(at),
      registerProcessingTime: (at) => void one.clockTimers.add(at),
      deleteProcessingTime: (at) => void one.clockTimers.delete(at),
    }
  }

  /** Of the kind `value` only. */
  #stateOf({ values }: Open): StateHandles<StateDeclarations> {
    const { state = {} } = this.#options.trigger
    const handles = Object.entries(state).map(([name, { descriptor }]) => [
      name,
      {
        value: () => values.get(name) ?? (descriptor.kind === 'value' ? descriptor.initial : undefined),
        update: (value: unknown) => void values.set(name, value),
        clear: () => void values.delete(name),
      },
    ])
    return Object.fromEntries(handles) as StateHandles<StateDeclarations>
  }
}
