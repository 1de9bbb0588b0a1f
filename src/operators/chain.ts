/**
 * The operators of one subtask that call each other directly: a tree whose head is fed by channels, or polled.
 *
 * Owns the instances, their wiring, the order of their life (opened from the leaves to the head, so that everyone can
 * emit at once; ended from the head to the leaves; closed in reverse), who is woken for processing time, and whose name
 * an error carries. Does not own channels, state backends (whoever made one disposes of it), clocks or barriers.
 *
 * Calls in: the subtask's actor. Calls out: `tails` and `ChainRuntime`, both of that actor.
 */
import type { RecordBatch, SnapshotKind } from '../core/elements.ts'
import { assert, messageOf } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { ChainLink } from './chain-link.ts'
import type { ChainOptions, OperatorSnapshotPart } from './chain-options.ts'
import { OperatorOutputs } from './chain-outputs.ts'
import { ChainOutside } from './chain-outside.ts'
import { isSourceOperator } from './endpoint-operators.ts'
import type { OperatorContext, Output } from './operator.ts'
import { WakeUps } from './wake-ups.ts'

export class OperatorChain {
  readonly #options: ChainOptions
  readonly #links: readonly ChainLink[]
  readonly #head: ChainLink
  readonly #wakeUps: WakeUps
  readonly #turns: WakeUps
  readonly #outside: ChainOutside
  /** How many have heard of the end of the data; undefined before it. */
  #ended: number | undefined
  /** Operators that have been opened, or tried to. */
  readonly #opened = new Set<number>()
  #closed = false

  constructor(options: ChainOptions) {
    const { operators, runtime } = options
    assert(operators.length > 0, 'a chain has an operator')
    for (const [position, { parent }] of operators.entries()) {
      assert(position === 0 ? parent === undefined : parent! < position, 'operators follow their parents in a chain')
    }
    this.#options = options
    this.#links = operators.map(({ factory, operatorName, uid }) => new ChainLink(factory.create(), operatorName, uid))
    this.#head = this.#links[0]!
    this.#outside = new ChainOutside(this.#links)
    this.#wakeUps = new WakeUps(operators.length, (atMs) => {
      if (!this.#closed) runtime.requestProcessingTime(atMs)
    })
    this.#turns = new WakeUps(operators.length, (atMs) => {
      if (!this.#closed) runtime.requestTurn(atMs)
    })
  }

  get isSource(): boolean {
    return isSourceOperator(this.#head.operator)
  }

  /** `restored` has the `state` of each operator's snapshot by position; keyed state is in its backend already. */
  open(restored: readonly unknown[]): void {
    for (let position = this.#links.length - 1; position >= 0; position--) this.#open(position, restored[position])
  }

  /**
   * Opens the sinks only, of a chain that had ended before its snapshot and has nothing more to do: they make visible
   * what the snapshot covers and nobody may have told them to.
   */
  openSinks(restored: readonly unknown[]): void {
    for (const [position, { factory }] of this.#options.operators.entries()) {
      if (factory.kind === 'sink') this.#open(position, restored[position])
    }
  }

  #open(position: number, restored: unknown): void {
    const context = this.#contextOf(position)
    this.#opened.add(position)
    this.#links[position]!.open(context, restored)
  }

  batch(input: 0 | 1, batch: RecordBatch): void {
    this.#head.input(input, batch)
  }

  watermark(timestamp: number): void {
    this.#head.watermark(timestamp)
  }

  watermarkStatus(idle: boolean): void {
    this.#head.watermarkStatus(idle)
  }

  /** The head has more to do before it can take anything: `proceed`. */
  get unfinished(): boolean {
    return this.#head.operator.unfinished === true
  }

  proceed(): void {
    this.#head.call((operator) => operator.proceed?.())
  }

  /** An operator has as much under way outside as it may: nothing should be taken, nor `proceed` be called. */
  get full(): boolean {
    return this.#outside.full
  }

  /** An operator has something under way outside. */
  get pending(): boolean {
    return this.#outside.pending
  }

  /** Takes in some of what has come from outside. False when there is nothing, or nobody could take what it emits. */
  collect(): boolean {
    return this.#outside.collect()
  }

  /** Emits at most `max` records of the source at the head. */
  poll(max: number): 'records' | 'waiting' | 'end' {
    return this.#head.call((operator) => {
      assert(isSourceOperator(operator), 'only a chain with a source at its head is polled')
      return operator.poll(max)
    })
  }

  /** The lowest watermark of the group that the source at the head is in. */
  groupWatermark(timestamp: number | undefined): void {
    this.#head.call((operator) => operator.groupWatermark?.(timestamp))
  }

  /** Records read by the source at the head; 0 when the head is no source. */
  get recordsRead(): number {
    const { operator } = this.#head
    return isSourceOperator(operator) ? operator.recordsRead : 0
  }

  /** By the head: operators with windows or joins are heads. */
  get lateRecordsDropped(): number {
    return this.#head.operator.lateRecordsDropped ?? 0
  }

  /**
   * Wakes the operators whose time, or turn, has come, then asks the runtime for the next time. While the chain takes nothing, those
   * with work outside only: what others would emit has nowhere to go.
   */
  processingTime(now: number): void {
    const all = this.#ended === undefined && !this.full && !this.unfinished
    const may = all ? undefined : (position: number) => this.#links[position]!.operator.outside !== undefined
    const wake = (position: number) => this.#links[position]!.call((operator) => operator.processingTime?.(now))
    this.#wakeUps.fire(now, wake, may)
    const monotonicMs = this.#options.runtime.monotonicMs()
    this.#turns.fire(
      monotonicMs,
      (position) => this.#links[position]!.call((operator) => operator.turn?.(monotonicMs)),
      may,
    )
  }

  /**
   * Flushes from the head on; an operator hears of the end only when its parent is done. Stops before one that has something
   * under way outside: then the chain is `draining`, and this is called again when it no longer is.
   */
  endOfData(): void | Promise<void> {
    this.#ended ??= 0
    while (this.#ended < this.#links.length && !this.draining) {
      const pending = this.#links[this.#ended++]!.call((operator) => operator.endOfData())
      if (pending !== undefined) return pending.then(() => this.endOfData())
    }
  }

  /** The end has come, and the operator that is next to hear of it has something under way outside. */
  get draining(): boolean {
    return this.#ended !== undefined && this.#links[this.#ended]?.operator.outside?.pending === true
  }

  /** The synchronous part of a snapshot. The keyed snapshots must be released by the caller. */
  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): OperatorSnapshotPart[] {
    const parts: OperatorSnapshotPart[] = []
    try {
      for (const [position, link] of this.#links.entries()) {
        const { state, keyed, durable } = link.call((operator) => operator.snapshot(checkpoint, kind))
        parts.push({ operatorId: this.#options.operators[position]!.operatorId, state, keyed, durable })
      }
    } catch (thrown) {
      for (const { keyed } of parts) keyed?.release()
      throw thrown
    }
    return parts
  }

  notifyCompleted(checkpoint: CheckpointId): void | Promise<void> {
    const pending: Promise<void>[] = []
    for (const link of this.#links) {
      const settling = link.call((operator) => operator.notifyCompleted?.(checkpoint))
      if (settling !== undefined) pending.push(settling)
    }
    if (pending.length > 0) return Promise.all(pending).then(() => undefined)
  }

  notifyAborted(checkpoint: CheckpointId): void {
    for (const link of this.#links) link.call((operator) => operator.notifyAborted?.(checkpoint))
  }

  /** Closes what was opened, leaves first. Never throws: what goes wrong is logged. May be called twice. */
  close(): void | Promise<void> {
    if (this.#closed) return
    this.#closed = true
    return this.#closeDownTo(this.#links.length - 1)
  }

  #closeDownTo(start: number): void | Promise<void> {
    for (let position = start; position >= 0; position--) {
      if (!this.#opened.has(position)) continue
      try {
        const pending = this.#links[position]!.operator.close()
        if (pending instanceof Promise) {
          const next = () => this.#closeDownTo(position - 1)
          return pending.catch((thrown: unknown) => this.#logClose(position, thrown)).then(next)
        }
      } catch (thrown) {
        this.#logClose(position, thrown)
      }
    }
  }

  #logClose(position: number, thrown: unknown): void {
    const { operatorName } = this.#options.operators[position]!
    this.#options.runtime.log('warn', `Operator "${operatorName}" failed to close: ${messageOf(thrown)}`)
  }

  #outputsOf(position: number): OperatorOutputs {
    const { operators, tails } = this.#options
    const readers = new Map<string | undefined, Output[]>()
    const add = (tag: string | undefined, outputs: readonly Output[]) =>
      readers.set(tag, [...(readers.get(tag) ?? []), ...outputs])
    for (const [child, { parent, sideOutput }] of operators.entries()) {
      if (parent === position) add(sideOutput, [this.#links[child]!])
    }
    // A set, since several channels of one tag may name it several times and `tails` answers with all of them at once.
    for (const tag of new Set([undefined, ...operators[position]!.channelTags])) {
      const outputs = tails.call(this.#options, position, tag)
      if (outputs !== undefined) add(tag, 'emit' in outputs ? [outputs] : outputs)
    }
    return new OperatorOutputs(readers)
  }

  #contextOf(position: number): OperatorContext {
    const { operators, runtime } = this.#options
    const { operatorId, operatorName, uid, state, factory } = operators[position]!
    const outputs = this.#outputsOf(position)
    return {
      jobId: runtime.jobId,
      jobName: runtime.jobName,
      subtaskIndex: runtime.subtaskIndex,
      parallelism: runtime.parallelism,
      maxParallelism: runtime.maxParallelism,
      epoch: runtime.epoch,
      attempt: runtime.attempt,
      batchRecords: runtime.batchRecords,
      autoWatermarkIntervalMs: runtime.autoWatermarkIntervalMs,
      checkpointing: runtime.checkpointing,
      freezeState: runtime.freezeState,
      operatorId,
      operatorName,
      uid,
      state: factory.keyed ? state : undefined,
      output: outputs.main,
      sideOutput: (tag) => outputs.side(tag),
      now: () => runtime.now(),
      monotonicMs: () => runtime.monotonicMs(),
      consumingMs: () => runtime.consumingMs(),
      random: () => runtime.random(),
      runOutside: (task, done, failed) => runtime.runOutside(task, done, failed),
      requestProcessingTime: (atMs) => this.#wakeUps.request(position, atMs),
      requestTurn: (atMs) => this.#turns.request(position, atMs),
      wake: () => {
        if (!this.#closed) runtime.wake()
      },
      wakeAfter: (delayMs) => {
        if (!this.#closed) runtime.wakeAfter(delayMs)
      },
      reportWatermark: (report) => {
        if (!this.#closed) runtime.reportWatermark(report)
      },
      log: (level, message) => runtime.log(level, message),
    }
  }
}
