/**
 * The operators of one subtask that call each other directly: a tree whose head is fed by channels, or polled.
 *
 * Owns the instances, their wiring, the order of their life (opened from the leaves to the head, so that everyone can
 * emit at once; ended from the head to the leaves; closed in reverse), who is woken for processing time, and whose name
 * an error carries. Does not own channels, state backends (whoever made one disposes of it), clocks or barriers.
 *
 * Calls in: the subtask's actor. Calls out: `tails` and `ChainRuntime`, both of that actor.
 */
import type { KeyedSnapshot, KeyedStateBackend } from '../backends/state-backend.ts'
import type { RecordBatch, SnapshotKind } from '../core/elements.ts'
import { assert, messageOf } from '../core/errors.ts'
import type { CheckpointId, JobId, OperatorId } from '../core/ids.ts'
import { ChainLink } from './chain-link.ts'
import { OperatorOutputs } from './chain-outputs.ts'
import { isSourceOperator } from './endpoint-operators.ts'
import type { OperatorContext, OperatorFactory, Output } from './operator.ts'
import { WakeUps } from './wake-ups.ts'

/** One operator: how to make it, what is its own in its context, and where it hangs. */
export interface ChainMember {
  readonly factory: OperatorFactory
  readonly operatorId: OperatorId
  readonly operatorName: string
  readonly uid: string | undefined
  /** Restored already; required when the factory is keyed. */
  readonly state: KeyedStateBackend | undefined
  /** Position of the operator that feeds it, which is lower than its own; undefined for the head, at position 0. */
  readonly parent: number | undefined
  /** The side output of the parent that feeds it; undefined for the main output. */
  readonly sideOutput: string | undefined
  /** Tags of its side outputs that channels read: `tails` is asked for each. */
  readonly channelTags: readonly string[]
}

/** What all operators of the subtask share. */
export interface ChainRuntime {
  readonly jobId: JobId
  readonly jobName: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly epoch: number
  readonly attempt: number
  readonly batchRecords: number
  readonly autoWatermarkIntervalMs: number
  readonly checkpointing: boolean
  readonly freezeState: boolean
  now(): number
  monotonicMs(): number
  consumingMs(): number
  random(): number
  /** The head, a source, is worth polling. May come at any time until `close`. */
  wake(): void
  /** The same after so many milliseconds, in place of an earlier request. */
  wakeAfter(delayMs: number): void
  /** Call `processingTime` at this time: the earliest that any operator waits for. A later call may name an earlier time. */
  requestProcessingTime(atMs: number): void
  log(level: 'info' | 'warn', message: string): void
}

export interface ChainOptions {
  readonly operators: readonly ChainMember[]
  readonly runtime: ChainRuntime
  /** The channels that read this output (undefined: the main one): none, one or several. */
  tails(position: number, sideOutput: string | undefined): Output | readonly Output[] | undefined
}

export interface OperatorSnapshotPart {
  readonly operatorId: OperatorId
  readonly state: unknown
  readonly keyed: KeyedSnapshot | undefined
  readonly durable: (() => Promise<void>) | undefined
}

export class OperatorChain {
  readonly #options: ChainOptions
  readonly #links: readonly ChainLink[]
  readonly #head: ChainLink
  readonly #wakeUps: WakeUps
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
    this.#wakeUps = new WakeUps(operators.length, (atMs) => {
      if (!this.#closed) runtime.requestProcessingTime(atMs)
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

  /** Emits at most `max` records of the source at the head. */
  poll(max: number): 'records' | 'waiting' | 'end' {
    return this.#head.call((operator) => {
      assert(isSourceOperator(operator), 'only a chain with a source at its head is polled')
      return operator.poll(max)
    })
  }

  /** Records read by the source at the head; 0 when the head is no source. */
  get recordsRead(): number {
    const { operator } = this.#head
    return isSourceOperator(operator) ? operator.recordsRead : 0
  }

  /** Wakes the operators whose time has come, then asks the runtime for the next time. */
  processingTime(now: number): void {
    this.#wakeUps.fire(now, (position) => this.#links[position]!.call((operator) => operator.processingTime?.(now)))
  }

  /** Flushes from the head on; an operator hears of the end only when its parent is done. */
  endOfData(): void | Promise<void> {
    return this.#endFrom(0)
  }

  #endFrom(start: number): void | Promise<void> {
    for (let position = start; position < this.#links.length; position++) {
      const pending = this.#links[position]!.call((operator) => operator.endOfData())
      if (pending !== undefined) return pending.then(() => this.#endFrom(position + 1))
    }
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
      requestProcessingTime: (atMs) => this.#wakeUps.request(position, atMs),
      wake: () => {
        if (!this.#closed) runtime.wake()
      },
      wakeAfter: (delayMs) => {
        if (!this.#closed) runtime.wakeAfter(delayMs)
      },
      log: (level, message) => runtime.log(level, message),
    }
  }
}
