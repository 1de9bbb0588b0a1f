/**
 * The operator of aligned windows that fire once, when their time has come, and keep one accumulator: tumbling and sliding, by event
 * time and by the clock.
 *
 * Owns which pane a record is in, and timers. Does not own what is kept per key: `KeyedPanes`. It gives the same results as
 * the general operator, for less. Tests: test/operators/windows/aligned-operator.test.ts.
 */
import type { KeyedStateBackend } from '../../backends/state-backend.ts'
import type { RecordBatch } from '../../core/elements.ts'
import { assert } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import type { OperatorFactory } from '../operator.ts'
import { requireTimestamps } from '../require-timestamps.ts'
import type { TimeDomain } from '../timer-service.ts'
import { type WindowDefinition, windowName } from './definition.ts'
import type { KeyedPanes } from './keyed-panes.ts'
import { PaneGrid } from './pane-grid.ts'
import { SeparateWindows, separateState } from './separate-windows.ts'
import { SlidingPanes, slidingStates } from './sliding-panes.ts'
import { WindowTimeOperator } from './time-operator.ts'
import { triggeringOf, triggerOf } from './triggering.ts'
import { firesAtEnd } from './triggers.ts'
import { TumblingPanes } from './tumbling-panes.ts'
import { globalWindow, type Window } from './window.ts'
import { contentsOf, type WindowContents } from './window-contents.ts'
import { windowFactory } from './window-factory.ts'
import { type Fire, firingOf } from './window-firing.ts'
import { askedFor, setTimer, windowTimerDescriptors } from './window-timers.ts'

/** Can these windows do without the general operator? */
export function isAligned(definition: WindowDefinition): boolean {
  const { assigner, evictor, allowedLatenessMs, computation, inputs } = definition
  const { aligned, timeDomain } = assigner
  if (aligned === undefined || aligned.slide > aligned.size || !firesAtEnd(triggerOf(definition), timeDomain))
    return false
  if (evictor !== undefined || allowedLatenessMs > 0 || inputs !== 1 || computation.type === 'elements') return false
  return aligned.slide === aligned.size || computation.type === 'reduce' || computation.aggregate.merge !== undefined
}

/** Only for a definition that `isAligned`. */
export const alignedWindowOperator = (definition: WindowDefinition): OperatorFactory =>
  windowFactory(
    definition,
    [separateState(definition), ...(isTumbling(definition) ? [] : Object.values(slidingStates(definition)))],
    () => new AlignedWindowOperator(definition),
  )

const isTumbling = ({ assigner }: WindowDefinition): boolean => assigner.aligned!.size === assigner.aligned!.slide

const hasWindows = (backend: KeyedStateBackend, states: readonly string[]): boolean =>
  states.some((name) => backend.entryCountOf(name) > 0)

class AlignedWindowOperator extends WindowTimeOperator {
  readonly #grid: PaneGrid
  /** The states of windows that wait for a time, and of those that are not in panes. */
  readonly #othersIn: readonly string[]
  #panes!: KeyedPanes
  #fire!: Fire
  #contents!: WindowContents
  /** Windows of an earlier program, which had others, another trigger, or allowed for late records. */
  #before: SeparateWindows | undefined
  /** The last window that the watermark has let fire. */
  #fired = Number.NEGATIVE_INFINITY
  /** The pane of the record before: from `#start` to `#next`. */
  #pane = 0
  #start = Number.POSITIVE_INFINITY
  #next = Number.NEGATIVE_INFINITY
  /** The window that fired last, and its name: mostly other keys have the same one. */
  #window: Window = globalWindow
  #name = ''

  constructor(definition: WindowDefinition) {
    super(definition)
    this.#grid = new PaneGrid(definition.assigner.aligned!)
    const waiting = Object.keys(windowTimerDescriptors)
    this.#othersIn = isTumbling(definition) ? waiting : [separateState(definition).name, ...waiting]
  }

  protected openWindows(): void {
    const { definition, state: backend, timers, calls } = this
    const contents = contentsOf(definition.computation, false)
    const fire = firingOf(definition, calls)
    this.#contents = contents
    this.#fire = fire
    this.#panes = isTumbling(definition)
      ? new TumblingPanes(this.#grid, contents, backend, separateState(definition))
      : new SlidingPanes(this.#grid, contents, backend, slidingStates(definition), this.eventTime)
    if (backend.entryCount > 0) {
      const triggering = triggeringOf({ definition, timers, backend, owner: this.context })
      this.#before = new SeparateWindows(backend, { definition, contents, triggering, calls, fire, time: timers })
      if (triggering.adopts) this.#before.adopt()
      this.#forgetBefore()
    }
    this.#heard(timers.watermark)
  }

  batch(_input: 0 | 1, batch: RecordBatch): void {
    const { values, keys, keyGroups } = batch
    if (values.length === 0) return
    assert(keys !== undefined, `a batch for ${this.context.operatorName} carries its keys`)
    const timestamps = this.eventTime ? requireTimestamps(batch, this.context) : undefined
    const now = timestamps === undefined ? this.context.now() : 0
    const state = this.state
    const panes = this.#panes
    for (let i = 0; i < values.length; i++) {
      const time = timestamps === undefined ? now : timestamps[i]!
      if (!(time >= this.#start && time < this.#next)) this.#findPane(time)
      state.setCurrentKey(keys[i] as Key, keyGroups === undefined ? undefined : keyGroups[i])
      const window = panes.add(this.#pane, values[i], this.#fired)
      if (window === undefined) continue
      if (window === 'late') this.tooLate(values[i], time)
      else this.#wake(window)
    }
    this.calls.flush()
  }

  override watermark(timestamp: number): void {
    if (timestamp > this.timers.watermark) this.#heard(timestamp)
    super.watermark(timestamp)
  }

  timer(timer: number, domain: TimeDomain): void {
    const end = askedFor(timer, domain) + 1
    const window = this.#grid.lastEnded(end)
    const before = this.#before
    if (before === undefined || this.#grid.endOf(window) === end) this.#over(window, end)
    before?.timer(timer, domain)
  }

  override flush(): void {
    this.#forgetBefore()
    super.flush()
  }

  /** When none is left. */
  #forgetBefore(): void {
    const before = this.#before
    if (before !== undefined && !before.hasForeign && !hasWindows(this.state, this.#othersIn)) this.#before = undefined
  }

  /** A window has ended. */
  #over(window: number, end: number): void {
    if (end !== this.#window.end) {
      this.#window = { start: end - this.#grid.size, end }
      this.#name = windowName(this.#window)
    }
    const contents = this.#withBefore(this.#panes.fire(window, this.#name))
    if (this.#panes.goesOn) this.#wake(window + 1)
    if (contents === undefined) return
    this.#fire(contents, this.#window, this.#name)
    this.calls.clear(this.#window, this.#name)
  }

  #withBefore(contents: unknown): unknown {
    const before = this.#before?.take(this.#name)
    if (before === undefined) return contents
    return contents === undefined ? before : this.#contents.merge(before, contents)
  }

  #heard(watermark: number): void {
    if (!this.eventTime || watermark === Number.NEGATIVE_INFINITY) return
    this.#fired = this.#grid.lastEnded(watermark + 1)
  }

  #findPane(time: number): void {
    this.#pane = this.#grid.paneOf(time)
    this.#start = this.#grid.startOf(this.#pane)
    this.#next = this.#grid.startOf(this.#pane + 1)
  }

  /** Sets a timer of the current key for the end of a window. */
  #wake(window: number): void {
    setTimer(this.timers, this.definition.assigner.timeDomain, this.#grid.endOf(window) - 1)
  }
}
