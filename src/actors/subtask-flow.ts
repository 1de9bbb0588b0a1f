/**
 * The data plane of one subtask: one element of one channel, one poll or the timers that are due, at a time, through the
 * operator chain.
 *
 * Owns whether anything may be taken now. Does not own what barriers and ends mean: those become events for the
 * subtask's machine, through `feed`. No record passes through the machine.
 *
 * INV-SF-1 no element is taken while consuming is paused, from a blocked channel, or while an output lacks credit; but a
 *   barrier that was put ahead does not wait for credit.
 * INV-SF-2 timers emit records, so they wait as elements do, and are over when the data ends.
 * INV-SF-4 while an operator is busy with what a watermark or a time has made due, nothing is taken but barriers put ahead,
 *   and what came behind that watermark in its element is told only then.
 * INV-SF-3 a record waits in a partial batch only while there is more input, and for `limits.inputsPerFlush` batches at most.
 * INV-SF-5 while an operator has as much under way outside as it may, and while the last input has ended and anything is
 *   under way outside, only barriers and what takes them back are taken; the machine hears of that end afterwards, so that
 *   checkpoints go on meanwhile.
 */
import { type Barrier, endOfData, maxWatermark, type StreamElement } from '../core/elements.ts'
import { assertNever } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { SubtaskCounts } from '../core/metrics.ts'
import { PausableClock } from '../core/pausable-clock.ts'
import { WatermarkValve } from '../core/watermark-valve.ts'
import type { BarrierFacts, SubtaskEvent } from '../machines/subtask/protocol.ts'
import type { OperatorChain } from '../operators/chain.ts'
import type { Channel, OutputGate } from './channel.ts'
import type { Host } from './host.ts'
import type { SubtaskDescriptor } from './subtask-descriptor.ts'
import { SubtaskInputs } from './subtask-inputs.ts'
import { SubtaskOutputs } from './subtask-outputs.ts'

export interface SubtaskFlowOptions {
  readonly descriptor: SubtaskDescriptor
  readonly channelOf: (id: string) => Channel
  readonly gate: OutputGate
  readonly host: Pick<Host, 'now' | 'monotonicMs' | 'random'>
  readonly feed: (event: SubtaskEvent) => void
  /** Told of every barrier before the machine is: for the timings of a snapshot. */
  readonly barrierSeen: (checkpointId: CheckpointId) => void
  /** Told of barriers when they are queued in an input. */
  readonly barrierQueued: (barrier: BarrierFacts) => void
}

export class SubtaskFlow {
  readonly #options: SubtaskFlowOptions
  readonly inputs: SubtaskInputs
  readonly outputs: SubtaskOutputs
  readonly #valve: WatermarkValve
  /** Stands still while this subtask may take nothing. */
  readonly #clock: PausableClock
  /** To be told when the operators are done with the watermark before it. */
  #afterwards: SubtaskEvent | undefined
  #chain: OperatorChain | undefined
  #consuming = false
  /** The chain takes no records for now. */
  #full = false
  #timerDue = false
  /** Operators are due that were not woken, because the chain took nothing. */
  #timersHeld = false
  #timersOver = false
  /** Inputs that have delivered their last record. */
  #ended = 0
  /** Called when the operator that is next to hear of the end has nothing under way outside. */
  #drained: (() => void) | undefined
  #recordsTaken = 0
  /** Batches taken or polled since partial batches were handed on. */
  #unflushed = 0
  #barrier: Barrier | undefined

  constructor(options: SubtaskFlowOptions) {
    const { descriptor, channelOf, host, gate } = options
    this.#options = options
    this.#clock = new PausableClock(() => host.monotonicMs())
    this.#clock.pause()
    gate.holdBack(this.#clock)
    this.inputs = new SubtaskInputs(
      descriptor.inputs.map(({ channel }) => channelOf(channel)),
      descriptor.inputs.map(({ input }) => input),
      options.barrierQueued,
      this.#clock,
    )
    this.outputs = new SubtaskOutputs(descriptor, channelOf, () => host.random.next())
    this.#valve = new WatermarkValve(this.inputs.count, {
      watermark: (timestamp) => this.#chain?.watermark(timestamp),
      watermarkStatus: (idle) => this.#chain?.watermarkStatus(idle),
    })
  }

  /** The lowest watermark of all inputs; minus infinity before there was one. */
  get watermark(): number {
    return this.#valve.current
  }

  /** Milliseconds in which something could be taken. */
  consumingMs(): number {
    return this.#clock.now()
  }

  /** Taken from channels; of a source, polled. */
  get recordsIn(): number {
    return this.#recordsTaken + (this.#chain?.recordsRead ?? 0)
  }

  counts(): SubtaskCounts {
    const { recordsIn, watermark: currentInputWatermark } = this
    const lateRecordsDropped = this.#chain?.lateRecordsDropped ?? 0
    return { recordsIn, recordsOut: this.outputs.recordsOut, currentInputWatermark, lateRecordsDropped }
  }

  /** Begins, with a chain that is open. */
  begin(chain: OperatorChain): void {
    this.#chain = chain
    this.resume()
  }

  pause(): void {
    if (this.#consuming) this.#clock.pause()
    this.#consuming = false
  }

  resume(): void {
    if (!this.#consuming) this.#clock.resume()
    this.#consuming = true
  }

  timerFired(): void {
    this.#timerDue = true
  }

  /** The data is being ended: no timer calls an operator any more, but for those with work outside while they are drained. */
  endTimers(): void {
    this.#timersOver = true
  }

  /** Takes in what comes from outside, also while paused, until the chain is no longer draining; then calls `drained`. */
  drain(drained: () => void): void {
    this.#drained = drained
  }

  announceEnd(): void {
    this.outputs.broadcast(endOfData)
  }

  /** Keeps what the barrier that is being processed has overtaken. */
  recordOvertaken(): void {
    if (this.#barrier !== undefined) this.inputs.recordOvertaken(this.#barrier)
  }

  /** One unit of work. Returns false when there is none now; what changes that wakes the actor. */
  move(): boolean {
    const chain = this.#chain
    if (chain === undefined) return false
    if (this.#drained !== undefined) return this.#drain(chain, this.#drained)
    if (!this.#consuming) return false
    if (this.#options.gate.full > 0) return this.#takeAhead(chain)
    if (chain.collect()) return this.#moved()
    this.#noteFull(chain.full)
    if (this.#timersDue(chain)) return this.#fireTimers(chain)
    if (chain.unfinished) return this.#takeAhead(chain) || (!this.#full && this.#proceed(chain))
    if (this.#full || this.#afterwards !== undefined) return this.#tellAfterwards(chain) || this.#takeControl(chain)
    if (chain.isSource) return this.#poll(chain)
    const element = this.inputs.take()
    if (element === undefined) {
      this.#flush()
      return false
    }
    this.#process(chain, element)
    return this.#moved()
  }

  #noteFull(full: boolean): void {
    if (full === this.#full) return
    this.#full = full
    if (full) this.#clock.pause()
    else this.#clock.resume()
  }

  /** Full load must not keep the few records of a quiet target for ever. */
  #moved(): true {
    if (++this.#unflushed >= limits.inputsPerFlush) this.#flush()
    return true
  }

  #flush(): void {
    this.#unflushed = 0
    this.outputs.flush()
  }

  #takeAhead(chain: OperatorChain): boolean {
    const barrier = this.inputs.takeAhead()
    if (barrier === undefined) return false
    this.#process(chain, barrier)
    return true
  }

  /**
   * Of the channels that are not blocked; when there is nothing, what is in partial batches goes on. The savepoint of a drain is
   * taken behind the end, not while the machine has not heard of it.
   */
  #takeControl(chain: OperatorChain): boolean {
    const element = this.inputs.takeControl(({ kind }) => kind !== 'stop-drain' || this.#afterwards === undefined)
    if (element === undefined) this.#flush()
    else this.#process(chain, element)
    return element !== undefined
  }

  #proceed(chain: OperatorChain): boolean {
    chain.proceed()
    this.#tellAfterwards(chain)
    return this.#moved()
  }

  #drain(chain: OperatorChain, drained: () => void): boolean {
    if (this.#options.gate.full > 0) return false
    if (chain.collect()) return this.#moved()
    if (this.#timerDue) return this.#fireTimers(chain)
    this.#flush()
    if (chain.draining) return false
    this.#drained = undefined
    drained()
    return true
  }

  /** Tells the machine what had to wait, if it need not any more. */
  #tellAfterwards(chain: OperatorChain): boolean {
    const event = this.#afterwards
    if (event === undefined || chain.unfinished) return false
    if (this.#ended === this.inputs.count && chain.pending) return false
    // A barrier has come behind the end, and the machine hears nothing of its channel until all have delivered theirs.
    if (event.type === 'input.ended' && this.inputs.isBlocked(event.channel)) return false
    this.#afterwards = undefined
    this.#options.feed(event)
    return true
  }

  #timersDue(chain: OperatorChain): boolean {
    if (this.#timersOver) return false
    return this.#timerDue || (this.#timersHeld && !chain.unfinished && !this.#full)
  }

  #fireTimers(chain: OperatorChain): boolean {
    this.#timerDue = false
    this.#timersHeld = chain.unfinished || chain.full
    chain.processingTime(this.#options.host.now())
    this.#flush()
    return true
  }

  #poll(chain: OperatorChain): boolean {
    const found = chain.poll(this.#options.descriptor.batchRecords)
    if (found === 'records') return this.#moved()
    this.#flush()
    if (found === 'waiting') return false
    this.#afterwards = { type: 'source.exhausted' }
    this.#tellAfterwards(chain)
    return false
  }

  #process(chain: OperatorChain, element: StreamElement): void {
    const { feed, barrierSeen } = this.#options
    const { channel } = this.inputs
    switch (element.type) {
      case 'batch':
        this.#recordsTaken += element.values.length
        this.inputs.consumed(element)
        chain.batch(this.inputs.inputOf(channel), element)
        return
      case 'watermark':
        this.#valve.watermark(channel, element.timestamp)
        return
      case 'watermark-status':
        this.#valve.status(channel, element.idle)
        return
      case 'barrier': {
        const { checkpointId, timestamp, kind, alignment } = element
        this.#barrier = element
        barrierSeen(checkpointId)
        feed({ type: 'barrier.received', channel, checkpointId, timestamp, kind, alignment })
        return
      }
      case 'cancel-checkpoint':
        feed({ type: 'cancel.received', channel, checkpointId: element.checkpointId })
        return
      case 'end-of-data':
        this.#ended++
        this.#valve.status(channel, false)
        this.#valve.watermark(channel, maxWatermark.timestamp)
        this.#afterwards = { type: 'input.ended', channel }
        this.#tellAfterwards(chain)
        return
      case 'end-of-partition':
        feed({ type: 'input.closed', channel })
        return
      default:
        assertNever(element, 'stream element')
    }
  }
}
